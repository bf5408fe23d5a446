#!/usr/bin/env bash
# Behind TLS: stunnel in front of the server, openssl in front of the client; the room still knows
# where everyone comes from.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
start_room --max-users 10 --trust-proxy 127.0.0.2

step "a certificate of our own, and stunnel on a port that is free"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -addext subjectAltName=DNS:localhost \
  -keyout "$dir/key" -out "$dir/certificate" 2>/dev/null
tls_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
"$root/scripts/tls-front.sh" "$dir/certificate" "$dir/key" "$tls_port" "$port" &
process[front]=$!
until (: <"/dev/tcp/127.0.0.1/$tls_port") 2>/dev/null; do
  kill -0 "${process[front]}" || fail "stunnel has ended"
done

step "ann comes in by it"
by="openssl s_client -quiet -verify_return_error -CAfile $dir/certificate -verify_hostname localhost"
printf 'register\nann,secret\nhello\n/whois ann\n/quit\n' |
  timeout "$patience" "$bin/client" --proxy-command "$by -connect localhost:$tls_port" >"$dir/ann"
cat "$dir/ann"
grep -qx 'ann: hello' "$dir/ann" || fail "nothing was said"

step "with a certificate that nobody vouches for she does not"
gives_status 1 "$bin/client" --proxy-command \
  "openssl s_client -quiet -verify_return_error -connect localhost:$tls_port" </dev/null

step "and with one of another host she does not"
gives_status 1 "$bin/client" --proxy-command \
  "openssl s_client -quiet -verify_return_error -CAfile $dir/certificate -verify_hostname other.example \
    -connect localhost:$tls_port" </dev/null

kill "${process[front]}"
stop_room
