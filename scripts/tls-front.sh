#!/usr/bin/env bash
# usage: scripts/tls-front.sh [--service] CERTIFICATE KEY [TLS-PORT [PORT]]
# Runs stunnel in front of the server on this machine, until it is interrupted: TLS on TLS-PORT (6697),
# the server on PORT (3490). With --service, as root, systemd does so from now on, as stunnel@chatroom;
# `systemctl restart stunnel@chatroom` takes a certificate that was renewed. Where the server trusts the
# address that stunnel comes from,
#
#   ./server --bind 127.0.0.1 --trust-proxy 127.0.0.2
#
# it sees where everyone really comes from. Clients come in by
#
#   ./client --proxy-command 'openssl s_client -quiet -verify_return_error -verify_hostname HOST -connect HOST:6697'
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/lib/setup.sh"
service=false
if [[ ${1-} == --service ]]; then
  service=true
  shift
fi
(($# >= 2 && $# <= 4)) || {
  echo "usage: scripts/tls-front.sh [--service] CERTIFICATE KEY [TLS-PORT [PORT]]" >&2
  exit 2
}
for file in "$1" "$2"; do
  [[ -r $file ]] || {
    echo "tls-front.sh: cannot read $file" >&2
    exit 1
  }
done

# Links stay as they are: after a renewal they lead to another file.
configuration() {
  cat <<CONFIG
foreground = quiet
pid =
debug = warning
[chatroom]
accept = :::${3:-6697}
connect = 127.0.0.1:${4:-3490}
local = 127.0.0.2
cert = $(realpath -s "$1")
key = $(realpath -s "$2")
protocol = proxy
CONFIG
}

install_missing stunnel4
if $service; then
  configuration "$@" >/etc/stunnel/chatroom.conf
  systemctl enable stunnel@chatroom
  exec systemctl restart stunnel@chatroom
fi
echo "TLS on port ${3:-6697}, for the server on port ${4:-3490}; Ctrl+C ends it" >&2
exec stunnel -fd 0 <<<"$(configuration "$@")"
