# shellcheck shell=bash
# The words that the smoke scripts and the demonstration are written in: a room on a free port of
# this machine, and people in it who say and hear things. Each of them is either a real ./client on
# pipes (`client ann`) or a bare TCP connection, such as nc would make (`connect ann`). Whatever
# somebody says (>) or hears (<) is printed. A wait is always for a line, and ends after $patience
# seconds: then the script fails.

set -euo pipefail

bin=${BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
patience=15
port=0           # 0: the kernel chooses, when the first room starts; a later one takes the same
dir=$(mktemp -d) # the accounts and the pipes
server=          # its process
server_output=   # a descriptor
declare -A input output process heard # by the name of who is in the room

step() {
  echo "--- $*"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# gives_status STATUS COMMAND...: runs a program of its own, which ends with STATUS.
gives_status() {
  local expected=$1 status=0
  shift
  "$@" || status=$?
  ((status == expected)) || fail "the status is $status instead of $expected"
}

clean_up() {
  local pid
  for pid in $server "${process[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'fail "interrupted"' INT TERM HUP
trap 'fail "wrote to somebody who had gone"' PIPE

# Runs a program in place of this (sub)shell, without the descriptors of the people in the room: a
# copy in another process would keep a connection open that this script has closed.
alone() {
  local fd
  for fd in "${input[@]}" "${output[@]}" $server_output; do
    exec {fd}>&-
  done
  exec "$@"
}

# Starts the server with these options, and waits for the line that says it listens.
start_room() {
  mkfifo "$dir/room"
  alone "$bin/server" --bind 127.0.0.1 --port "$port" --accounts "$dir/password_storage" "$@" \
    </dev/null >"$dir/room" &
  server=$!
  exec {server_output}<"$dir/room"
  rm "$dir/room"
  local line
  read -r -t "$patience" -u "$server_output" line || fail "the server did not start"
  echo "server: $line"
  [[ $line =~ port\ ([0-9]+) ]] || fail "the server's line names no port"
  port=${BASH_REMATCH[1]}
}

# Asks the server to stop as a service manager would; it is to end with status 0.
stop_room() {
  kill -TERM "$server"
  ends_server 0
}

# Waits for the server's end.
ends_server() {
  local line status=0
  while read -r -t "$patience" -u "$server_output" line; do
    echo "server: $line"
  done || (($? <= 128)) || fail "the server did not stop"
  exec {server_output}<&-
  wait "$server" || status=$?
  server=
  server_output=
  ((status == $1)) || fail "the server ended with status $status instead of $1"
}

# A user with the real client, on pipes.
client() {
  user "$1" "$bin/client" 127.0.0.1 --port "$port" --no-reconnect
}

# user NAME COMMAND...: a user with that program, on pipes.
user() {
  local name=$1 fd
  shift
  mkfifo "$dir/in" "$dir/out"
  alone "$@" <"$dir/in" >"$dir/out" 2>&1 &
  process[$name]=$!
  exec {fd}>"$dir/in"
  input[$name]=$fd
  exec {fd}<"$dir/out"
  output[$name]=$fd
  heard[$name]=
  rm "$dir/in" "$dir/out"
}

# A user with nothing but a TCP connection.
connect() {
  local fd
  exec {fd}<>"/dev/tcp/127.0.0.1/$port"
  input[$1]=$fd
  output[$1]=$fd
  heard[$1]=
}

# says NAME LINE...
says() {
  local name=$1 line
  shift
  for line in "$@"; do
    printf '%-4s > %s\n' "$name" "$line"
    printf '%s\n' "$line" >&"${input[$name]}"
  done
}

# Reads one line for NAME into $line. False at the end of what there is to hear.
hear() {
  local status=0
  IFS= read -r -t "$2" -u "${output[$1]}" line || status=$?
  ((status <= 128)) || fail "$1 waited in vain for $3"
  # Also at the end of the connection, for text without a line end.
  if [[ -n $line ]]; then
    printf '%-4s < %s\n' "$1" "$line"
    heard[$1]+=$line$'\n'
  fi
  ((status == 0))
}

# Kills a process without warning, and without a word from bash about it.
kill_hard() {
  { kill -KILL "$1" && wait "$1"; } 2>/dev/null || true
}

# hears NAME BEGINNING...: waits until lines that begin so have come, in this order.
hears() {
  local name=$1 beginning line deadline=$((SECONDS + patience))
  shift
  for beginning in "$@"; do
    line=
    while hear "$name" $((deadline > SECONDS ? deadline - SECONDS : 1)) "\"$beginning\""; do
      [[ $line != "$beginning"* ]] || continue 2
    done
    [[ $line == "$beginning"* ]] || fail "$name's connection ended before \"$beginning\""
  done
}

# never_heard NAME TEXT: nothing of what NAME has heard so far contains it.
never_heard() {
  [[ ${heard[$1]} != *"$2"* ]] || fail "$1 heard \"$2\""
}

# Ends what NAME says: with a client its end of input, with a bare connection the whole of it.
leaves() {
  local fd=${input[$1]}
  echo "$1 leaves"
  exec {fd}>&-
  if [[ ! -v process[$1] ]]; then
    unset "input[$1]" "output[$1]"
  fi
}

# ends NAME [STATUS]: hears the rest, up to the end of the connection; a client ends with STATUS,
# or with any.
ends() {
  local name=$1 fd line deadline=$((SECONDS + patience)) status=0
  while hear "$name" $((deadline > SECONDS ? deadline - SECONDS : 1)) "the end"; do :; done
  for fd in "${input[$name]}" "${output[$name]}"; do
    exec {fd}>&-
  done
  unset "input[$name]" "output[$name]"
  [[ -v process[$name] ]] || return 0
  wait "${process[$name]}" || status=$?
  unset "process[$name]"
  echo "$name's client ends with status $status"
  (($# < 2)) || ((status == $2)) || fail "$name's client should have ended with status $2"
}

# comes_in NAME register|login PASSWORD: and waits until the room has announced it.
comes_in() {
  hears "$1" "* Welcome to the chatroom."
  says "$1" "$2"
  hears "$1" "* user,password?"
  says "$1" "$1,$3"
  hears "$1" "* online (" "* $1 has entered the chat"
}

# is_refused NAME register|login USER,PASSWORD REFUSAL: tries to come in, is told why not, and the
# connection ends (with a client: and the client, with status 1).
is_refused() {
  hears "$1" "* Welcome to the chatroom."
  says "$1" "$2"
  hears "$1" "* user,password?"
  says "$1" "$3"
  hears "$1" "! $4"
  ends "$1" 1
}

# add_account NAME PASSWORD [--operator]: keeps an account in the room's password storage.
add_account() {
  printf '%s\n' "$2" "$2" |
    "$bin/server" --accounts "$dir/password_storage" --add-account "$1" "${@:3}" ||
    fail "the account $1 was not added"
}
