#!/usr/bin/env bash
# verify.sh BUILD RUNNABLE: times `envlock verify --baseline` of the runnable environment, and of a package of 200,000 small
# files, against two `openssl dgst -sha256` at a time over the same files, in one run, alternating, everything in the page
# cache. Exit 1 where a target is missed.
set -euo pipefail
# shellcheck source=bench/timing.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/timing.sh"
usage='usage: verify.sh BUILD RUNNABLE'
build=$(realpath "${1:?$usage}")
runnable=$(realpath "${2:?$usage}")
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
export ENVLOCK_CACHE_DIR=$work/cache
cd "$work"
missed=0

hash_them() { find "$1" -type f -print0 | xargs -0 -P2 -n64 openssl dgst -sha256; }
verify_it() { "$build/envlock" --quiet verify "$1" --baseline "$1.baseline"; }

compare() {  # PREFIX TARGET
  local n a b peak
  rm -f hash.us verify.us
  hash_them "$1" >/dev/null
  for ((n = 0; n < 7; ++n)); do
    seconds hash_them "$1" >>hash.us
    seconds verify_it "$1" >>verify.us
  done
  peak=$({ /usr/bin/time -f %M "$build/envlock" --quiet verify "$1" --baseline "$1.baseline" >/dev/null; } 2>&1)
  a=$(median <verify.us)
  b=$(median <hash.us)
  awk -v name="$1" -v a="$a" -v b="$b" -v peak="$peak" -v target="$2" -v files="$(find "$1" -type f | wc -l)" 'BEGIN {
    printf "verify, %s, %d files: %.0f ms; openssl: %.0f ms; ratio %.2f, target %.2f; peak %.0f MB, target 200\n",
      name, files, a / 1e3, b / 1e3, a / b, target, peak / 1024
    exit !(a <= target * b && peak <= 200 * 1024)
  }' || missed=1
}

cat >environment.yml <<END
channels: ["$runnable"]
platforms: [linux-64]
dependencies: [python, numpy, pip, greeter, relocated]
END
"$build/envlock" --quiet solve --virtual-package __glibc=2.36 >/dev/null
"$build/envlock" --quiet install --prefix runnable >/dev/null 2>&1
"$build/envlock" --quiet baseline -o runnable.baseline >/dev/null 2>&1
compare runnable 1.15

# A package of many small files, made here.
mkdir -p small/linux-64 small/noarch tree/info tree/share
(cd tree && for ((i = 0; i < 200; ++i)); do
  mkdir -p "share/$i"
  for ((j = 0; j < 1000; ++j)); do echo "$i $j" >"share/$i/$j"; done
done)
(
  cd tree
  printf '{"name": "small", "version": "1.0", "build": "0", "build_number": 0, "subdir": "linux-64", "depends": []}' >info/index.json
  find share -type f -print0 | sort -z | xargs -0 sha256sum | awk 'BEGIN {printf "{\"paths_version\": 1, \"paths\": ["}
    {printf "%s{\"_path\": \"%s\", \"path_type\": \"hardlink\", \"sha256\": \"%s\", \"size_in_bytes\": %d}", (NR > 1 ? "," : ""), $2, $1, 0}
    END {printf "]}"}' >info/paths.json
  # Sizes: "I J" and a line end.
  python3 - <<'END'
import json, os
d = json.load(open('info/paths.json'))
for p in d['paths']:
    p['size_in_bytes'] = os.path.getsize(p['_path'])
json.dump(d, open('info/paths.json', 'w'))
END
  tar --sort=name --owner=0 --group=0 -cf - info share | bzip2 -1 >../small/linux-64/small-1.0-0.tar.bz2
)
package=small/linux-64/small-1.0-0.tar.bz2
printf '{"info": {"subdir": "noarch"}, "packages": {}}' >small/noarch/repodata.json
printf '{"info": {"subdir": "linux-64"}, "packages": {"small-1.0-0.tar.bz2": {"name": "small", "version": "1.0", "build": "0", "build_number": 0, "depends": [], "size": %d, "sha256": "%s"}}}' \
  "$(wc -c <"$package")" "$(sha256sum <"$package" | cut -d' ' -f1)" >small/linux-64/repodata.json
printf 'channels: [../%s/small]\nplatforms: [linux-64]\ndependencies: [small]\n' "$(basename "$work")" >environment.yml
rm envlock.lock
"$build/envlock" --quiet solve >/dev/null
"$build/envlock" --quiet install --prefix many >/dev/null
"$build/envlock" --quiet baseline -o many.baseline >/dev/null
compare many 1.15
exit "$missed"
