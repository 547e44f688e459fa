#!/usr/bin/env bash
# diff.sh BUILD: times `envlock diff` of two locks for four platforms, 1,500 packages each in all and 1,500 a platform,
# over an empty program, with hyperfine. Exit 1 where the target (for 1,500 in all) is missed.
set -euo pipefail
build=$(realpath "${1:?usage: diff.sh BUILD}")
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
export ENVLOCK_CACHE_DIR=$work/cache
cd "$work"
missed=0

measure() {  # NAME PACKAGES TARGET_MS
  local with without
  "$build/bench/make_locks" "$2" "$work"
  hyperfine --shell=none --warmup 3 --runs 30 --ignore-failure --export-json with.json \
    "$build/envlock --quiet diff old.lock new.lock" >/dev/null 2>&1
  hyperfine --shell=none --warmup 3 --runs 30 --export-json without.json "$build/bench/empty_program" >/dev/null 2>&1
  with=$(sed -n 's/.*"median": \([0-9.e-]*\),.*/\1/p' with.json)
  without=$(sed -n 's/.*"median": \([0-9.e-]*\),.*/\1/p' without.json)
  awk -v name="$1" -v a="$with" -v b="$without" -v target="$3" 'BEGIN {
    ms = (a - b) * 1e3
    printf "diff, %s: %.1f ms over an empty program (%.1f)", name, ms, b * 1e3
    if (target > 0) printf "; target %d", target
    printf "\n"
    exit !(target == 0 || ms <= target)
  }' || missed=1
}

measure '1,500 packages over four platforms' 375 25
measure '1,500 packages on each of four platforms' 1500 0
exit "$missed"
