#!/usr/bin/env bash
# What `make install` puts in place works from there, and `make uninstall` takes all of it away.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
to=$dir/installed

step "the programs say which version they are"
make --silent -C "$root" BIN="$bin" install DESTDIR="$to" PREFIX=/usr
"$to/usr/bin/chatroom-server" --version
"$to/usr/bin/chatroom" --version

step "every option has its place in the manual, and completes"
# shellcheck source=/dev/null
source "$to/usr/share/bash-completion/completions/chatroom"
for program in chatroom-server:8 chatroom:1; do
  name=${program%:*}
  manual=$to/usr/share/man/man${program#*:}/$name.${program#*:}
  COMP_WORDS=("$to/usr/bin/$name" -) COMP_CWORD=1
  _chatroom "$to/usr/bin/$name"
  ((${#COMPREPLY[@]} > 10)) || fail "$name completes ${COMPREPLY[*]}"
  for option in "${COMPREPLY[@]}"; do
    grep -qF -- "Fl -$(sed 's/^--//; s/-/\\-/g' <<<"$option")" "$manual" || fail "$manual lacks $option"
  done
done

step "nothing stays"
make --silent -C "$root" BIN="$bin" uninstall DESTDIR="$to" PREFIX=/usr
left=$(find "$to" -type f)
[[ -z $left ]] || fail "left: $left"
