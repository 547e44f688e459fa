#!/usr/bin/env bash
# install.sh BUILD RUNNABLE: times `envlock install` of the runnable environment, byte code apart, against two `tar -x` at a
# time of the same packages, decompressed before, in one run, alternating. Exit 1 where the target is missed.
set -euo pipefail
# shellcheck source=bench/timing.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/timing.sh"
usage='usage: install.sh BUILD RUNNABLE'
build=$(realpath "${1:?$usage}")
runnable=$(realpath "${2:?$usage}")
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
export ENVLOCK_CACHE_DIR=$work/cache
cd "$work"

cat >environment.yml <<END
channels: ["$runnable"]
platforms: [linux-64]
dependencies: [python, numpy, pip, greeter, relocated]
END
"$build/envlock" --quiet solve --virtual-package __glibc=2.36 >/dev/null
"$build/envlock" --quiet fetch >/dev/null 2>&1

mkdir tars
"$build/envlock" export --format explicit | sed -n 's|^file://\([^#]*\).*|\1|p' >packages
while read -r package; do
  name=$(basename "$package")
  case $name in
    *.conda)
      unzip -p "$package" 'pkg-*' | zstd -qdc >"tars/$name.pkg.tar"
      unzip -p "$package" 'info-*' | zstd -qdc >"tars/$name.info.tar"
      ;;
    *) bzip2 -dc "$package" >"tars/$name.tar" ;;
  esac
done <packages
bytes=$(cat tars/* | wc -c)

untar() {  # as a user of two processors would, and on the disk at its end, as install is
  rm -rf tree
  mkdir tree
  find tars -name '*.tar' -print0 | xargs -0 -P2 -n1 tar --no-same-owner -C tree -xf
  sync -f tree
}
install_it() {
  rm -rf env
  "$build/envlock" --quiet install --prefix env --no-byte-code
}

for ((n = 0; n < 7; ++n)); do
  seconds untar >>untar.us
  seconds install_it >>install.us
done
a=$(median <install.us)
b=$(median <untar.us)
awk -v a="$a" -v b="$b" -v bytes="$bytes" 'BEGIN {
  printf "install, %.0f MB of real packages: %.0f ms; tar -x of the decompressed: %.0f ms; ratio %.2f, target 1.50\n",
    bytes / 1e6, a / 1e3, b / 1e3, a / b
  exit !(a <= 1.5 * b)
}'
