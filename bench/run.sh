#!/usr/bin/env bash
# run.sh BUILD [CHANNEL]: times envlock against its targets (issue texts and docs/architecture.md), each figure beside its
# yardstick in the same run. CHANNEL is a folder with linux-64/ and noarch/repodata.json.zst, for example a copy of conda-forge's;
# without it the look-alike channel is made, which is smaller, so that its figures say less. Exit 1 where a target is missed.
set -euo pipefail
build=$(realpath "${1:?usage: run.sh BUILD [CHANNEL]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -n ${2:-} ]]; then
  channel=$(realpath "$2")
else
  channel=$work/channel
  "$build/fixtures/make_channel" "$channel" >/dev/null
  echo 'No channel was named: timing on the look-alike channel. For real figures: ./dev bench PATH/TO/conda-forge'
fi
export ENVLOCK_CACHE_DIR=$work/cache
mkdir "$work/project"
cd "$work/project"
cat >environment.yml <<END
channels:
  - $channel
dependencies:
  - python
  - numpy
  - pandas
  - jupyterlab
END

# median_ms RUNS COMMAND...: of the whole process.
median_ms() {
  local runs=$1
  shift
  hyperfine --shell=none --warmup 3 --runs "$runs" --export-csv "$work/times.csv" "$(printf '%q ' "$@")" >/dev/null 2>&1
  awk -F, 'NR == 2 {printf "%.1f", $4 * 1000}' "$work/times.csv"
}

missed=0
# row WHAT FIGURE UNIT TARGET: prints a line; TARGET is the most that FIGURE may be.
row() {
  local verdict=ok
  if awk "BEGIN {exit !($2 > $4)}"; then
    verdict=MISSED
    missed=1
  fi
  printf '%-58s %9s %-3s  target %7s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}
minus() { awk "BEGIN {printf \"%.1f\", $1 - $2}"; }

"$build/envlock" solve >/dev/null 2>&1
empty=$(median_ms 40 "$build/bench/empty_program")
printf 'empty C++ program: %s ms; lock of %s packages\n\n' "$empty" "$(grep -c '"fn"' envlock.lock)"
row 'start-up (--version), over an empty program' "$(minus "$(median_ms 40 "$build/envlock" --version)" "$empty")" ms 10
row 'warm solve of the demo environment, over it' "$(minus "$(median_ms 40 "$build/envlock" solve)" "$empty")" ms 60
row 'solve --check, over it' "$(minus "$(median_ms 40 "$build/envlock" solve --check)" "$empty")" ms 10

# Indexing: processor time of one thread; the yardstick decompresses the same file and parses it whole with simdjson's DOM.
# The best of several, since the yardstick has no warm-up of its own.
best() {
  local figure least=
  for _ in 1 2 3 4 5; do
    figure=$("$build/bench/index_bench" "$1" "$2" | sed -n "$3")
    least=$(awk "BEGIN {print (\"$least\" == \"\" || $figure < \"$least\" + 0) ? $figure : \"$least\"}")
  done
  echo "$least"
}
for subdir in linux-64 noarch; do
  file=$channel/$subdir/repodata.json.zst
  yardstick=$(best yardstick "$file" 's/.*together \([0-9.]*\) ms.*/\1/p')
  index=$(best index "$file" 's/^index: \([0-9.]*\) ms.*/\1/p')
  beyond=$(best index "$file" 's/.*peak \([0-9]*\) KiB.*/\1/p')
  row "indexing $subdir ($index ms) : decompress + simdjson DOM ($yardstick ms)" "$(awk "BEGIN {printf \"%.2f\", $index / $yardstick}")" x 2
  row "indexing $subdir, memory beyond the index" "$(awk "BEGIN {printf \"%.1f\", $beyond / 1024}")" MiB 64
done
exit "$missed"
