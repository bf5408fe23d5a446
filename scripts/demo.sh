#!/usr/bin/env bash
# Shows the room at work in ten seconds, in one terminal: three real clients come in, talk, are
# refused and leave. What somebody types is shown with >, what their client prints with <.
# Ends with status 0 only if all of it happened.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/lib/room.sh"

if [[ ! -x $bin/server || ! -x $bin/client ]]; then
  source "$root/scripts/lib/setup.sh"
  (cd "$root" && build_programs server client)
fi

# Each scene begins with a headline; on a terminal there is a moment to read the one before.
scene() {
  [[ ! -t 1 ]] || sleep 1
  printf '\n== %s\n' "$*"
}

scene "A room for three, one of them with an account: zoe"
add_account zoe "her secret"
start_room --max-users 3

scene "ann and ben register: that fills the two seats that are not zoe's"
client ann
comes_in ann register secret
client ben
comes_in ben register hunter2
hears ann "* ben has entered the chat"

scene "They talk; everyone sees the same lines in the same order"
says ann "hello ben"
hears ben "ann: hello ben"
says ben "hello ann"
hears ann "ann: hello ben" "ben: hello ann"
hears ben "ben: hello ann"

scene "A third client is refused: no free seat, a name in use, a wrong password"
client cid
is_refused cid register "cid,secret" "max chat users"
client cid
is_refused cid register "ANN,secret" "username is already used"
client cid
is_refused cid login "zoe,guess" "wrong username or password"

scene "zoe's own seat is free"
client zoe
comes_in zoe login "her secret"
hears ann "* zoe has entered the chat"
hears ben "* zoe has entered the chat"
says zoe "/who"
hears zoe "* online (3): ann, ben, zoe"

scene "They leave: ann with /quit, ben with the end of his input, zoe's client is killed"
says ann "/quit"
ends ann 0
hears ben "* ann has left the chat"
hears zoe "* ann has left the chat"
kill_hard "${process[zoe]}"
ends zoe 137
hears ben "* zoe has left the chat"
leaves ben
ends ben 0

scene "The room closes"
stop_room
for name in ann ben zoe; do
  never_heard "$name" cid
done
echo "All of it happened."
