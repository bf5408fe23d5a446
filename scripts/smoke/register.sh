#!/usr/bin/env bash
# Two people register, see each other, talk and leave; the name of who left is free again.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

start_room --max-users 10

step "ann comes in with the client, ben with a bare connection"
client ann
comes_in ann register secret
connect ben
comes_in ben register hunter2
hears ann "* ben has entered the chat"

step "both hear what either says, the one who says it included"
says ann "good morning"
hears ann "ann: good morning"
hears ben "ann: good morning"
says ben "//etc/hosts"
hears ben "ben: /etc/hosts"
hears ann "ben: /etc/hosts"

step "commands are answered to the one who asks"
says ann "/who"
hears ann "* online (2): ann, ben"
says ann "/frobnicate"
hears ann "! "
says ann "/help" "still here"
hears ann "ann: still here"
hears ben "ann: still here"
never_heard ben "frobnicate"
never_heard ben "* online (2): ann, ben"$'\n'"* online"

step "ben leaves, and everyone hears it"
leaves ben
hears ann "* ben has left the chat"

step "his name is free again, also for somebody else, in any case"
connect BEN
comes_in BEN register another
hears ann "* BEN has entered the chat"

step "ann leaves with /quit; her client ends by itself"
says ann "/quit"
hears BEN "* ann has left the chat"
ends ann 0
leaves BEN

stop_room
