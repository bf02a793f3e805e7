#!/bin/sh
# Puts SwiftShader, the Vulkan device in software that Debian ships with chromium, and a Vulkan loader into a folder:
#
#     scripts/install-swiftshader.sh .work/swiftshader
#
# The packages are downloaded and unpacked, not installed: 32 MB instead of a browser and its hundred dependencies, and
# nothing outside the folder changes except apt's package lists, where they are missing or too old (this needs root).
# Exit code 0: FOLDER/vk_swiftshader_icd.json, libvk_swiftshader.so and libvulkan.so.1 are there.
set -eu

folder=${1:?usage: scripts/install-swiftshader.sh FOLDER}
limit=240 # seconds for each use of the network
apt="timeout $limit apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=2"

complete() {
  [ -f "$1/vk_swiftshader_icd.json" ] && [ -f "$1/libvk_swiftshader.so" ] && [ -f "$1/libvulkan.so.1" ]
}

if complete "$folder"; then exit 0; fi
# One at a time: apt locks its lists, and the second finds what the first has put there.
mkdir -p "$(dirname "$folder")"
if command -v flock >/dev/null; then
  exec 9>"$folder.lock"
  flock 9
  if complete "$folder"; then exit 0; fi
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "no apt-get here: SwiftShader comes from Debian's chromium package" >&2
  exit 1
fi

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# Lists may be absent (container images) or name a version that the mirror has replaced.
download() {
  (cd "$temporary" && $apt download "$1") && return 0
  [ "$(id -u)" = 0 ] || { echo "cannot download $1; run apt-get update as root first" >&2; return 1; }
  $apt update && (cd "$temporary" && $apt download "$1")
}

# Which of the two holds the driver depends on the Debian release; the loader comes with it or from its own package.
mkdir "$temporary/found"
for package in chromium-common chromium libvulkan1; do
  if complete "$temporary/found"; then break; fi
  download "$package" || continue
  dpkg-deb -x "$temporary/$package"_*.deb "$temporary/$package"
  find "$temporary/$package" \( -name vk_swiftshader_icd.json -o -name libvk_swiftshader.so -o -name 'libvulkan.so.1' \) \
    -exec cp -L {} "$temporary/found/" \;
done
if ! complete "$temporary/found"; then
  echo "the chromium packages of this Debian release hold no SwiftShader, or could not be downloaded" >&2
  exit 1
fi
# Whole or not at all.
ready=$(mktemp -d "$folder.XXXXXX")
cp "$temporary/found/"* "$ready/"
chmod 755 "$ready"
mv -T "$ready" "$folder" 2>/dev/null || { rm -rf "$ready"; complete "$folder"; }
