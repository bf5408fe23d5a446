#!/usr/bin/env bash
# Keeping order: an operator mutes, kicks, bans and closes the room; nobody else can, and what was
# decided outlives the server.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

add_account ann secret --operator
add_account dan secret
start_room --max-users 6
for name in ann dan; do
  connect "$name"
  comes_in "$name" login secret
done
for name in ben cid; do
  connect "$name"
  comes_in "$name" register secret
done

step "dan has an account, but is no operator"
says dan "/kick ben"
hears dan "! /kick is for operators"

step "ben is muted: nothing of what he says is heard"
says ann "/mute ben 5"
hears ben "* ann has muted ben for 5 min"
says ben "but why"
hears ben "! you are muted until "
says ann "/unmute ben"
hears ben "* ann has unmuted ben"
says ben "thank you"
hears ann "ben: thank you"
never_heard ann "but why"

step "cid is kicked, is told why, and may come again"
says ann "/kick cid mind your words"
hears dan "* ann has kicked cid: mind your words" "* cid has left the chat"
hears cid "! you were kicked by ann: mind your words"
ends cid
connect cid
comes_in cid register secret

step "ben is banned, and so is who looks like him"
says ann "/ban ben spam"
hears ben "! you are banned: spam"
ends ben
connect b3n
is_refused b3n register "BEN,secret" "you are banned: spam"

step "the room is closed: only accounts come in; whoever is there stays"
says ann "/close"
hears cid "* ann has closed the room"
connect eve
is_refused eve register "eve,secret" "only accounts come in now"
says cid "I am still here"
hears ann "cid: I am still here"

step "nobody locks out the last operator"
says ann "/account operator ann"
hears ann "! that is the last operator"

step "ban and closing outlive the server, which an operator stops"
says ann "/shutdown 0 upgrade"
hears cid "* ann stops the server now: upgrade" "* the server is shutting down"
for name in ann dan cid; do
  ends "$name"
done
ends_server 0
start_room --max-users 6
connect ann
comes_in ann login secret
says ann "/bans"
hears ann "* ben by ann: spam"
says ann "/unban ben" "/open"
hears ann "* everyone comes in"
connect ben
comes_in ben register secret
stop_room
