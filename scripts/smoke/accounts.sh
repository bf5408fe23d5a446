#!/usr/bin/env bash
# The accounts: added, listed and removed by the server program; only hashes are kept.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

accounts() {
  "$bin/server" --accounts "$dir/password_storage" "$@"
}

step "two accounts"
add_account ann "correct horse"
add_account ben "battery staple"
accounts --list-accounts </dev/null | tee "$dir/list"
grep -q -w ann "$dir/list" || fail "ann is not listed"
grep -q -w ben "$dir/list" || fail "ben is not listed"

step "the file is for its owner only, and holds yescrypt hashes, no password"
ls -l "$dir/password_storage"
[[ $(stat -c %a "$dir/password_storage") == 600 ]] || fail "others can read it"
(($(grep -c -F "\$y\$" "$dir/password_storage") == 2)) || fail "these are not two yescrypt hashes"
if grep -F -e horse -e staple "$dir/password_storage"; then
  fail "a password stands in the file"
fi

step "a name that exists, in any case, two different passwords, and a name that is none are refused"
gives_status 1 accounts --add-account ANN < <(printf '%s\n' other other)
gives_status 1 accounts --add-account cid < <(printf '%s\n' one another)
gives_status 1 accounts --add-account "c i d" < <(printf '%s\n' secret secret)

step "ann logs in"
start_room --max-users 5
client ann
comes_in ann login "correct horse"
leaves ann
ends ann 0
stop_room

step "once removed, she can not, and her name is free to register"
accounts --remove-account ann </dev/null
start_room --max-users 5
connect ann
is_refused ann login "ann,correct horse" "wrong username or password"
connect ann
comes_in ann register anything
stop_room

step "a damaged file is refused at start, with its name and the line"
echo "no hash at all" >>"$dir/password_storage"
gives_status 1 accounts --bind 127.0.0.1 --port 0 --max-users 5 </dev/null 2>"$dir/errors"
cat "$dir/errors"
grep -q "password_storage.*line 4" "$dir/errors" || fail "the file and line are not named"
