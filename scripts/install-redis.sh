#!/bin/sh
# Installs redis-server from Debian's package (as root), for the tests:
#
#     scripts/install-redis.sh
#
# Exit code 0: redis-server can be run. No service is started.
set -eu

complete() {
  command -v redis-server >/dev/null
}

if complete; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "install redis-server by hand: this needs root and apt-get (Debian package redis-server)" >&2
  exit 1
fi
install() {
  # The package would start a server of its own, which no test uses.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive timeout 240 apt-get -qq -y --no-install-recommends install redis-server >/dev/null
}
# Lists may be absent (container images) or too old.
install || { timeout 240 apt-get -qq update && install; }
complete
