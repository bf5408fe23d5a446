#!/usr/bin/env bash
# usage: scripts/packaging/deb.sh VERSION
# Packs build/chatroom_VERSION_ARCHITECTURE.deb with dpkg-deb: what `make install PREFIX=/usr` puts
# there. Installing it makes the system user `chatroom` and starts nothing; removing it keeps what the
# room has written, purging it does not.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
(($# == 1)) || {
  echo "usage: scripts/packaging/deb.sh VERSION" >&2
  exit 2
}
version=$1
architecture=$(dpkg --print-architecture)
maintainer='the chatroom authors <chatroom@example.org>'
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
umask 022

# The packages that the libraries of these programs are from, of at least the version here.
dependencies() {
  local library package
  for library in $(ldd "$@" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u); do
    # Where /usr is merged, the package may know it by the other name.
    package=$(dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "/usr$library" 2>/dev/null ||
      dpkg-query -S "${library#/usr}")
    # shellcheck disable=SC2016
    dpkg-query -W -f '${Package} (>= ${Version})\n' "${package%%: *}"
  done | sed 's/-[^-]*)$/)/' | sort -u | paste -sd , | sed 's/,/, /g'
}

make --silent install PREFIX=/usr DESTDIR="$root"
depends=$(dependencies "$root"/usr/bin/*)
strip "$root"/usr/bin/*
find "$root/usr/share/man" -type f -exec gzip -9n {} +
mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions" # Debian's zsh looks there
install -D -m 644 LICENSE "$root/usr/share/doc/chatroom/copyright"
install -m 644 README.md chat/wire/PROTOCOL.md "$root/usr/share/doc/chatroom"
gzip -9n >"$root/usr/share/doc/chatroom/changelog.gz" <<CHANGELOG
chatroom ($version) unstable; urgency=medium

  * See README.md.

 -- $maintainer  $(date --utc --rfc-email --reference=chat/base/version.hpp)
CHANGELOG
install -D -m 644 /dev/stdin "$root/etc/default/chatroom" <<'DEFAULTS'
# For systemd's chatroom.service; the options are in chatroom-server(8). With more than 1000 users the
# limits of the unit have to grow, too: systemctl edit chatroom

#MAX_USERS=1000
#OPTIONS="--port 3490 --metrics 127.0.0.1:9490"
DEFAULTS

mkdir "$root/DEBIAN"
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<CONTROL
Package: chatroom
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du --apparent-size -sk "$root" | cut -f 1)
Section: net
Priority: optional
Depends: $depends, adduser
Recommends: openssh-client
Description: chat server and client for one room
 A server that holds one room, and a terminal client. Everyone sees the same
 lines in the same order; a slow or hostile user delays nobody; who loses the
 connection misses nothing.
CONTROL
echo /etc/default/chatroom >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
getent passwd chatroom >/dev/null ||
  adduser --system --group --quiet --no-create-home --home /var/lib/chatroom chatroom
install -d -m 700 -o chatroom -g chatroom /var/lib/chatroom
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # A room that is open stays so: the new program takes over, with every connection.
  if [ -n "$2" ] && systemctl --quiet is-active chatroom.service; then
    systemctl kill --kill-whom=main --signal=USR2 chatroom.service
  fi
fi
SCRIPT
cat >"$root/DEBIAN/prerm" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --quiet disable --now chatroom.socket chatroom.service
fi
SCRIPT
cat >"$root/DEBIAN/postrm" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
if [ "$1" = purge ]; then
  rm -rf /var/lib/chatroom
  # Which may have been removed before.
  if command -v deluser >/dev/null; then deluser --system --quiet chatroom >/dev/null 2>&1 || true; fi
fi
SCRIPT
chmod 755 "$root"/DEBIAN/{postinst,prerm,postrm}
dpkg-deb --root-owner-group --build "$root" "build/chatroom_${version}_$architecture.deb"
