#!/usr/bin/env bash
# What `make install` puts in place works from there, agrees with --help in the manual and in three
# shells' completion, and `make uninstall` takes all of it away. Shells and checkers that are not here
# are passed over.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
to=$dir/installed
share=$to/usr/share
export LC_ALL=C # for sort

# The programs as they are, whichever build they are from.
make_target() {
  make --silent -C "$root" -o all BIN="$bin" "$1" DESTDIR="$to" PREFIX=/usr
}

# here PROGRAM: whether there is one.
here() {
  command -v "$1" >/dev/null || {
    echo "there is no $1 here"
    return 1
  }
}

options_of() {
  "$to/usr/bin/$1" --help | grep -oE '^ +--[a-z-]+' | tr -d ' ' | sort
}

# Each completes a word that is the last of a command line, one suggestion a line.
complete_bash() {
  (
    # shellcheck source=/dev/null
    source "$share/bash-completion/completions/$1"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _chatroom "$1"
    ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
  )
}

complete_fish() {
  fish --no-config -c \
    "set -p fish_complete_path $share/fish/vendor_completions.d; complete -C '$*'" | cut -f 1
}

# The functions of zsh's completion system that are called are these.
complete_zsh() {
  # shellcheck disable=SC2016
  zsh -f -c '
    compadd() { print -l -- ${(M)@:#$PREFIX*} }
    compset() { PREFIX=${PREFIX#*=} }
    _describe() { print -l -- ${(M)${${(P)3}%%:*}:#$PREFIX*} }
    _files() { print -l -- $PREFIX*(N) }
    _hosts() { print localhost }
    _call_program() { shift; "$@" }
    file=$1; shift
    words=("$@") CURRENT=$# PREFIX=${@[$#]} service=$1
    complete() { source $file }
    complete' zsh "$share/zsh/site-functions/_chatroom" "$@"
}

completes() {
  local shell=$1 expected=$2 suggested
  shift 2
  suggested=$("complete_$shell" "$@" | sort | paste -sd ' ')
  [[ $suggested == "$expected" ]] || fail "$shell completes \"$*\" with \"$suggested\", not \"$expected\""
}

step "the programs say which version they are"
make_target install
version=$(sed -n 's/.*kVersion = "\(.*\)".*/\1/p' "$root/chat/base/version.hpp")
PATH=$to/usr/bin:$PATH
[[ $(chatroom-server --version) == "chatroom-server $version" ]] || fail "the server does not"
[[ $(chatroom --version) == "chatroom $version" ]] || fail "the client does not"

step "and go by the names that they have here"
says() {
  local expected=$1 said
  shift
  said=$("$@" 2>&1) || true
  [[ ${said%%$'\n'*} == "$expected"* ]] || fail "\"$*\" says \"$said\""
}
for program in chatroom-server chatroom; do
  says "usage: $program " "$program" --help
  says "$program: " "$program" --nonsense
done
says "chatroom: " chatroom unix:"$dir/nobody"

step "the manual has the options of --help, and no others"
for page in man8/chatroom-server.8 man1/chatroom.1; do
  program=$(basename "${page%.*}")
  diff <(options_of "$program") \
    <(sed -n 's/^\.It Fl -\([a-z\\-]*\).*/--\1/p' "$share/man/$page" | sed 's/\\//g' | sort) ||
    fail "$page differs"
done

step "its pages are well made"
if here mandoc; then
  said=$(mandoc -T lint "$share"/man/man*/*) || true
  [[ -z $said ]] || fail "$said"
  for page in "$share"/man/man*/*; do
    while read -r name section; do
      [[ $name == crypt || -e $share/man/man$section/$name.$section ]] || fail "$page: no $name($section)"
    done < <(sed -nE 's/^\.(Pq )?Sy ([a-z-]+) Ns \(([0-9])\).*/\2 \3/p' "$page")
  done
fi

step "the shells complete options, what they take, and files"
: >"$dir/a_file"
cd "$dir"
for shell in bash fish zsh; do
  here "$shell" || continue
  for program in chatroom-server chatroom; do
    completes "$shell" "$(options_of "$program" | paste -sd ' ')" "$program" --
  done
  completes "$shell" "always auto" chatroom --color a
  completes "$shell" "json" chatroom-server --log j
  completes "$shell" "a_file" chatroom --log a_
  completes "$shell" "a_file" chatroom-server --accounts a_
  completes "$shell" "" chatroom-server --add-account a_
  completes "$shell" "" chatroom --login a_
done

step "the unit has the path of the server"
unit=$to/usr/lib/systemd/system/chatroom.service
grep -q "^ExecStart=/usr/bin/chatroom-server " "$unit" || fail "it has not"
if here systemd-analyze; then
  exposure=$(systemd-analyze security --offline=true "$unit" 2>/dev/null |
    sed -n 's/.*exposure level.*: \([0-9.]*\).*/\1/p')
  echo "exposure $exposure"
  [[ $exposure == [01].? ]] || fail "the unit lets the server do too much"
fi

step "nothing stays"
make_target uninstall
left=$(find "$to" -type f)
[[ -z $left ]] || fail "left: $left"
