#!/usr/bin/env bash
# An account's user logs in; only the right password opens, and only once at a time.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

add_account ann "secret, with a comma"
start_room --max-users 2

step "ann logs in"
client ann
comes_in ann login "secret, with a comma"

step "the same credentials again while she is in"
connect twin
is_refused twin login "ann,secret, with a comma" "password already used"

step "a wrong password and an unknown user get the same answer"
connect eve
is_refused eve login "ann,guess" "wrong username or password"
connect eve
is_refused eve login "nobody,guess" "wrong username or password"

step "nobody in the room noticed any of them"
says ann "all quiet"
hears ann "ann: all quiet"
never_heard ann "twin"
never_heard ann "eve"
never_heard ann "nobody"

step "once she has left she can log in again"
leaves ann
ends ann 0
client ann
comes_in ann login "secret, with a comma"
leaves ann
ends ann 0

stop_room
