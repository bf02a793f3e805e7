#!/bin/sh
# Installs what the tests open the pages with, from Debian's packages (as root): Chromium, and the font of the picture in README.md.
#
#     scripts/install-browser.sh
#
# Exit code 0: Chromium can be run.
set -eu

complete() {
  command -v chromium >/dev/null
}

if complete; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "install Chromium by hand, as 'chromium': this needs root and apt-get (Debian packages chromium, fonts-inter)" >&2
  exit 1
fi
apt="timeout 240 apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=2"
install() {
  DEBIAN_FRONTEND=noninteractive $apt -y --no-install-recommends install chromium fonts-inter >/dev/null
}
# Lists may be absent (container images) or too old.
install || { $apt update && install; }
complete
