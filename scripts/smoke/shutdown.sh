#!/usr/bin/env bash
# The server stops: everyone is told and let go, the server ends with status 0, and a new one can
# take its place at once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

start_room --max-users 10

step "ann and ben are in the room, cid is at the door"
client ann
comes_in ann register secret
connect ben
comes_in ben register secret
connect cid
hears cid "* Welcome to the chatroom."

step "the server is asked to stop"
kill -TERM "$server"
hears ann "* the server is shutting down"
hears ben "* the server is shutting down"
for name in ann ben cid; do
  ends "$name"
done
ends_server 0

step "a new one takes the same port at once"
start_room --max-users 10
client dan
comes_in dan register secret

step "one that is killed without warning leaves nothing behind either"
kill_hard "$server"
ends_server 137
start_room --max-users 10
connect eve
comes_in eve register secret

step "a second server on the same port says so, with status 1"
gives_status 1 "$bin/server" --bind 127.0.0.1 --port "$port" --max-users 10 </dev/null

stop_room
