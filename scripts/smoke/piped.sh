#!/usr/bin/env bash
# The client in a pipeline: it takes its input from one pipe, writes to another, and its status
# says how it went.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

start_room --max-users 10
connect ann
comes_in ann register secret

step "a script that says two things"
printf '%s\n' register ben,secret "the build is done" "all tests passed" \
  >"$dir/input"
gives_status 0 "$bin/client" 127.0.0.1 --port "$port" <"$dir/input" >"$dir/output"
cat "$dir/output"
hears ann "* ben has entered the chat" "ben: the build is done" "ben: all tests passed" \
  "* ben has left the chat"

step "its own output holds what it said, in the order that everyone heard"
grep -A 1 -x "ben: the build is done" "$dir/output" | grep -q -x "ben: all tests passed" ||
  fail "its output lacks what it said"

step "a script that is refused ends with status 1"
printf '%s\n' register ann,other >"$dir/input"
gives_status 1 "$bin/client" 127.0.0.1 --port "$port" <"$dir/input" &>"$dir/output"
cat "$dir/output"
grep -q -F "username is already used" "$dir/output" || fail "the reason is missing"

stop_room

step "a long one, of which only a part is under way at a time, is said without a pause"
start_room --max-users 10 --rate 0
{ printf '%s\n' register ben,secret && seq 100000 103999 | sed "s/$/ $(printf '%0100d' 0)/"; } >"$dir/input"
SECONDS=0
gives_status 0 "$bin/client" 127.0.0.1 --port "$port" <"$dir/input" >"$dir/output"
[[ $(grep -c '^ben: 10' "$dir/output") == 4000 ]] || fail "not all of it came back"
((SECONDS < 8)) || fail "it took $SECONDS s"
stop_room

step "a script that finds no room ends with status 1, too"
gives_status 1 "$bin/client" 127.0.0.1 --port "$port" </dev/null

step "and wrong arguments are status 2"
gives_status 2 "$bin/client" </dev/null
