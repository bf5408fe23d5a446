#!/usr/bin/env bash
# The client that chat/wire/PROTOCOL.md shows: the server is killed while it talks, and it comes back with
# nothing lost and nothing doubled.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if ! command -v python3 >/dev/null; then
  echo "left out: there is no python3"
  exit
fi
awk '/^```/ { inside = $0 == "```python"; next } inside' "$root/chat/wire/PROTOCOL.md" >"$dir/client.py"

# own_client NAME: a user with that client.
own_client() {
  user "$1" python3 "$dir/client.py" 127.0.0.1 "$port" "$1" secret
}

# What they say, in the order in which NAME has heard it.
said_to() {
  grep -E '^(ann|ben) [0-9]+$' <<<"${heard[$1]}" || true
}

restart() {
  kill_hard "$server"
  exec {server_output}<&-
  start_room --max-users 10 --rate 0 --transcript "$dir/transcript"
}

start_room --max-users 10 --rate 0 --transcript "$dir/transcript"

step "two talk, and the server is killed in between, five times"
own_client ann
hears ann "ann has entered the chat"
own_client ben
hears ann "ben has entered the chat"
for round in {0..4}; do
  for i in {0..19}; do
    for name in ann ben; do
      echo "$((20 * round + i))" >&"${input[$name]}"
    done
  done
  restart
done
says ann "the end"
hears ann "ann the end"
hears ben "ann the end"
says ben "the end"
hears ann "ben the end"
hears ben "ben the end"

step "each has heard each line once, and both in one order"
for name in ann ben; do
  [[ $(said_to ann | grep "^$name") == "$(printf "$name %s\n" {0..99})" ]] ||
    fail "ann has heard of $name: $(said_to ann | grep "^$name" | tr '\n' ' ')"
done
[[ $(said_to ann) == "$(said_to ben)" ]] || fail "ben has heard: $(said_to ben | tr '\n' ' ')"

step "at the end of what they say, they end"
leaves ann
ends ann 0
leaves ben
ends ben 0
stop_room
