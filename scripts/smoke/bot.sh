#!/usr/bin/env bash
# The bot of README is in the room: it greets, and says the time.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

start_room --max-users 10
bot=$(sed -n '/^# Greets/,/^done$/p' "$(dirname "${BASH_SOURCE[0]}")/../../README.md")
[[ $bot ]] || fail "README has no bot"

# A clock that stands still.
mkdir "$dir/bin"
printf '#!/bin/sh\necho 12:34\n' >"$dir/bin/date"
chmod +x "$dir/bin/date"

step "ann comes in; then the bot does"
connect ann
comes_in ann register secret
alone env PATH="$dir/bin:$PATH" CLIENT="$bin/client" bash -c "$bot" bot --port "$port" &
process[robot]=$!
hears ann "* robot has entered the chat"

step "it greets ben, and not itself"
connect ben
comes_in ben register secret
hears ann "* ben has entered the chat" "robot: welcome, ben"

step "it says the time"
says ann "what time is it?"
hears ann "ann: what time is it?" "robot: it is 12:34"

step "and it leaves when it is ended"
kill -TERM "${process[robot]}"
wait "${process[robot]}" 2>/dev/null || true
unset "process[robot]"
hears ann "* robot has left the chat"

stop_room
