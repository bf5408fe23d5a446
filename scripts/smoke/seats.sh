#!/usr/bin/env bash
# Seats: the maximum is login users + registered users. Every account keeps its seat free.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

for name in ann ben cid; do
  add_account "$name" "password of $name"
done

step "a maximum of 4 and 3 accounts leave one seat to register for"
start_room --max-users 4
connect dan
comes_in dan register secret

step "so the next one who registers finds no seat"
client eve
is_refused eve register "eve,secret" "max chat users"

step "but every account finds its own"
for name in ann ben cid; do
  connect "$name"
  comes_in "$name" login "password of $name"
done
says ann "/who"
hears ann "* online (4): "

step "an account that leaves keeps its seat"
leaves cid
hears dan "* cid has left the chat"
connect eve
is_refused eve register "eve,secret" "max chat users"

step "when dan leaves, his seat is free"
leaves dan
hears ann "* dan has left the chat"
connect eve
comes_in eve register secret
stop_room

step "a room smaller than its accounts does not start"
gives_status 1 "$bin/server" --bind 127.0.0.1 --port 0 --accounts "$dir/password_storage" \
  --max-users 2 </dev/null
