#!/usr/bin/env bash
# usage: scripts/deb.sh VERSION
# Packs build/chatroom_VERSION_ARCHITECTURE.deb with dpkg-deb: what `make install PREFIX=/usr` puts
# there. Installing it makes the system user `chatroom` and starts nothing.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# == 1)) || {
  echo "usage: scripts/deb.sh VERSION" >&2
  exit 2
}
version=$1
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

make --silent install PREFIX=/usr DESTDIR="$root"
strip "$root"/usr/bin/*
find "$root/usr/share/man" -type f -exec gzip -9n {} +
install -D -m 644 LICENSE "$root/usr/share/doc/chatroom/copyright"
install -D -m 644 README.md "$root/usr/share/doc/chatroom/README.md"
install -D -m 644 /dev/null "$root/etc/default/chatroom"
echo "# MAX_USERS=1000, and OPTIONS=... for chatroom-server(8), for systemd's chatroom.service" \
  >"$root/etc/default/chatroom"

mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: chatroom
Version: $version
Architecture: $architecture
Maintainer: the chatroom's maintainers <root@localhost>
Section: net
Priority: optional
Depends: libc6 (>= 2.36), libstdc++6 (>= 12), libgcc-s1, libcrypt1 (>= 1:4.3), adduser
Recommends: openssh-client
Description: chatroom for a team on a small server
 A server that holds one room, and a terminal client. Everyone sees the same
 lines in the same order; a slow or hostile user delays nobody; who loses the
 connection misses nothing.
CONTROL
echo /etc/default/chatroom >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = configure ] && ! getent passwd chatroom >/dev/null; then
  adduser --system --group --quiet --no-create-home --home /var/lib/chatroom chatroom
  install -d -m 700 -o chatroom -g chatroom /var/lib/chatroom
fi
SCRIPT
cat >"$root/DEBIAN/postrm" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = purge ]; then
  rm -rf /var/lib/chatroom
  if getent passwd chatroom >/dev/null; then deluser --system --quiet chatroom >/dev/null || true; fi
fi
SCRIPT
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/postrm"
dpkg-deb --root-owner-group --build "$root" "build/chatroom_${version}_$architecture.deb"
