#!/bin/sh
# Installs the compressors that the benchmarks compare with, from Debian's packages (as root):
#
#     scripts/install-peers.sh
#
# gzip and brotli come with Node. Exit code 0: zstd, xz and zpaq can be run.
set -eu

complete() {
  command -v zstd >/dev/null && command -v xz >/dev/null && command -v zpaq >/dev/null
}

if complete; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "install zstd, xz and zpaq by hand: this needs root and apt-get (Debian packages zstd, xz-utils, zpaq)" >&2
  exit 1
fi
install() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install zstd xz-utils zpaq >/dev/null
}
# Lists may be absent (container images) or too old.
install || { apt-get -qq update && install; }
complete
