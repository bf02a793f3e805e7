#!/bin/sh
# Installs what the tests of a fleet start besides the service, from Debian's packages (as root): nginx and redis-server.
#
#     scripts/install-fleet.sh
#
# Exit code 0: both can be run. Neither is started: the tests start their own, with their own configuration.
set -eu

PATH="$PATH:/usr/sbin"
complete() {
  command -v nginx >/dev/null && command -v redis-server >/dev/null
}

if complete; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "install nginx and redis-server by hand: this needs root and apt-get (Debian packages nginx, redis-server)" >&2
  exit 1
fi
# One at a time, as apt itself; the second finds what the first has installed.
if command -v flock >/dev/null; then
  exec 9>"${TMPDIR:-/tmp}/ardm-install-fleet.lock"
  flock 9
  if complete; then exit 0; fi
fi
# Packages of servers start them. This is Debian's way to say no, for as long as the installation lasts.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt="timeout 240 apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=2"
install() {
  DEBIAN_FRONTEND=noninteractive $apt -y --no-install-recommends install nginx redis-server >/dev/null
}
# Lists may be absent (container images) or too old.
install || { $apt update && install; }
complete
