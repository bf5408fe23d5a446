#!/usr/bin/env bash
# Half-close: a client whose input ends has finished talking, but still listens. Nothing that it
# said is lost, not even a last line without an end.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

start_room --max-users 10 --rate 0
connect ann
comes_in ann register secret

step "ben says 200 lines and one without a line end, and his input ends"
{
  printf '%s\n' register ben,secret
  for ((i = 1; i <= 200; i++)); do
    echo "line $i"
  done
  printf 'the last words'
} | "$bin/client" 127.0.0.1 --port "$port" >"$dir/output" || fail "the client ended with status $?"

step "ann hears all of it, then that he left"
hears ann "* ben has entered the chat" "ben: line 1" "ben: line 100" "ben: line 200" \
  "ben: the last words" "* ben has left the chat"
for ((i = 1; i <= 200; i++)); do
  [[ ${heard[ann]} == *"ben: line $i"$'\n'* ]] || fail "ann did not hear line $i"
done

step "and he himself was told everything that he said"
for ((i = 1; i <= 200; i++)); do
  grep -q -x "ben: line $i" "$dir/output" || fail "ben did not hear line $i"
done
grep -x "ben: the last words" "$dir/output" || fail "ben did not hear his last words"

stop_room
