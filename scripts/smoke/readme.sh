#!/usr/bin/env bash
# What README.md says to type works as it stands there: what can run here is run, on a free port; of the
# rest, which needs another machine or root, each option is tried.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=$(cd "$bin" && pwd)
cd "$dir" # as in a clone, but without password_storage

# The lines of all code blocks; one that goes on in the next is one with it.
mapfile -t lines < <(awk '/^```/ { inside = !inside; next } inside' "$root/README.md" |
  sed -e :a -e '/\\$/N; s/\\\n *//; ta')

# the_line BEGINNING: the first of them that begins so.
the_line() {
  local line
  for line in "${lines[@]}"; do
    [[ $line != "$1"* ]] || { echo "$line" && return; }
  done
  fail "README has no line \"$1\""
}

# program NAME TEXT: a command of that name for README's lines.
program() {
  mkdir -p "$(dirname "$1")"
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}

step "each option of its commands is one"
program scripts/run.sh "exec '$bin/server' \"\$@\" --check"
program scripts/join.sh "exec '$bin/client' \"\$@\" --version"
program bin/chatroom "exec '$bin/client' \"\$@\" --version"
program bin/chatroom-server "exec '$bin/server' \"\$@\" --help"
cp scripts/join.sh client
tried=0
for line in "${lines[@]}"; do
  line=${line#sudo }
  [[ ! $line =~ ^ssh\ -t\ [^\ ]+\ (.*) ]] || line=${BASH_REMATCH[1]}
  case $line in
    "echo 'OPTIONS="*) line="chatroom-server $(sed "s/.*OPTIONS=\"//; s/\"'.*//" <<<"$line")" ;;
    scripts/run.sh* | scripts/join.sh* | ./client* | chatroom*) ;;
    *) continue ;;
  esac
  echo "$line"
  PATH=$dir/bin:$PATH gives_status 0 bash -c "$line" </dev/null >/dev/null
  ((++tried))
done
((tried >= 10)) || fail "only $tried of README's lines were tried"

step "its scripts and folders are there"
while read -r path; do
  [[ -e $root/${path%.} ]] || fail "there is no $path"
done < <(grep -o -E '\b(scripts|tests|chat)/[A-Za-z0-9_./-]*' "$root/README.md")

step "the server starts, and says what README shows"
# As start_room, but with nothing besides README's options.
starts() {
  local words
  read -r -a words < <(the_line "scripts/run.sh --max-users")
  mkfifo room
  alone "$bin/server" --port "$port" "${words[@]:1}" </dev/null >room &
  server=$!
  exec {server_output}<room
  rm room
  read -r -t "$patience" -u "$server_output" started || fail "the server did not start"
  echo "$started"
  [[ $started =~ port\ ([0-9]+): ]] || fail "the server's line names no port"
  port=${BASH_REMATCH[1]}
}
starts
shown=$(the_line "listening on address")
[[ ${started#*port "$port"} == "${shown#*port 3490}" ]] || fail "README says \"$shown\""

step "a pipe says a line"
program client "exec '$bin/client' \"\$@\" --port $port"
said=$(bash -c "$(the_line "printf ")")
[[ $said == *$'\n'"robot: the build is done"$'\n'* ]] || fail "it prints \"$said\""

stop_room

step "a script with an account says a line"
printf '%s\n' secret secret | "$bin/server" --add-account robot
echo secret >secret.txt
starts
connect ann
comes_in ann register secret
bash -c "$(the_line "./client localhost --login robot")"
hears ann "* robot has entered the chat" "robot: the build is done" "* robot has left the chat"
leaves ann
stop_room
