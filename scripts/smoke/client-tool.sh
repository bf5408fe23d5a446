#!/usr/bin/env bash
# The client as a tool of scripts: --send says something and knows whether it was heard, --json
# prints what was heard for a program to read.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

add_account robot "secret, with a comma"
start_room --max-users 10
connect ann
comes_in ann register secret
printf '%s\n' "secret, with a comma" >"$dir/secret"

tool() {
  "$bin/client" 127.0.0.1 --port "$port" "$@"
}

step "a script says something, with the password from a file"
gives_status 0 tool --login robot --password-file "$dir/secret" --send "the build is done" \
  </dev/null >"$dir/output"
hears ann "* robot has entered the chat" "robot: the build is done" "* robot has left the chat"
[[ ! -s $dir/output ]] || fail "it printed something"

step "and with one from a pipe; a text is a text, no command"
gives_status 0 tool --register other --password-file - --send "/quit is what I say" <<<"secret"
hears ann "* other has entered the chat" "other: /quit is what I say" "* other has left the chat"

step "who is refused says nothing: status 1, and what to do next"
gives_status 1 tool --register ANN --send "hello" <<<"secret" 2>"$dir/errors"
cat "$dir/errors"
grep -q "already used" "$dir/errors" || fail "the reason is missing"
(($(wc -l <"$dir/errors") == 2)) || fail "the advice is missing"
gives_status 1 tool --login robot --send "hello" <<<"wrong" 2>"$dir/errors"
cat "$dir/errors"

step "what is heard, as JSON"
gives_status 0 tool --login robot --json >"$dir/output" < <(cat "$dir/secret" && echo 'say "hi"')
cat "$dir/output"
while IFS= read -r line; do
  [[ $line == '{"time":"2'*'Z",'*'"kind":"'*'","from":"'*'","text":"'*'"}' ]] || fail "no JSON: $line"
done <"$dir/output"
grep -q -F '"kind":"say","from":"robot","text":"say \"hi\""}' "$dir/output" ||
  fail "its own line is missing"

stop_room
