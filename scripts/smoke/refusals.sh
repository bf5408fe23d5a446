#!/usr/bin/env bash
# Whoever does not come in as the protocol says is told why, and has to start again.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

add_account zoe secret
start_room --max-users 10 --login-timeout 2
connect ann
comes_in ann register secret

step "a name that is online, in any case"
client ben
is_refused ben register "Ann,other" "username is already used"

step "the name of an account, online or not"
connect ben
is_refused ben register "zoe,other" "username is already used"

step "no login, register or resume"
connect ben
hears ben "* Welcome to the chatroom."
says ben "open sesame"
hears ben "! expected login, register or resume"
ends ben

step "no user,password"
for line in "no comma" ",no name" "no_password," "a b,a space in the name"; do
  connect ben
  is_refused ben register "$line" "wrong format"
done

step "somebody who says nothing"
connect ben
hears ben "! login timed out"
ends ben

step "the room heard nothing of it all"
says ann "hello?"
hears ann "ann: hello?"
never_heard ann "ben"

stop_room
