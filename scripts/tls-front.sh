#!/usr/bin/env bash
# usage: scripts/tls-front.sh CERTIFICATE KEY [TLS-PORT [PORT]]
# Runs stunnel in front of the server on this machine, until it is interrupted: TLS on TLS-PORT (6697),
# the server on PORT (3490). Where the server trusts the address that stunnel comes from,
#
#   ./server --bind 127.0.0.1 --trust-proxy 127.0.0.2
#
# it sees where everyone really comes from. Clients come in by
#
#   ./client --proxy-command 'openssl s_client -quiet -verify_return_error -connect HOST:6697'
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/lib/setup.sh"
(($# >= 2 && $# <= 4)) || {
  echo "usage: scripts/tls-front.sh CERTIFICATE KEY [TLS-PORT [PORT]]" >&2
  exit 2
}
install_missing stunnel4
exec stunnel -fd 0 <<CONFIG
foreground = quiet
pid =
debug = warning
[chatroom]
accept = :::${3:-6697}
connect = 127.0.0.1:${4:-3490}
local = 127.0.0.2
cert = $(realpath "$1")
key = $(realpath "$2")
protocol = proxy
CONFIG
