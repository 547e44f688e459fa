#!/usr/bin/env bash
# conda_forge.sh BUILD [CHANNEL]: envlock on a channel of the size of conda-forge, against its targets. CHANNEL is what
# make_conda_forge wrote, or an empty folder to write it to; without it one is made and removed again (250 MB, two minutes).
# With GROWTH=1 the channel is made twice as large as well, to show what grows. Exit 1 where a target is missed.
set -euo pipefail
build=$(realpath "${1:?usage: conda_forge.sh BUILD [CHANNEL]}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
channel=$(realpath -m "${2:-$work/channel}")
[[ -e $channel/noarch/repodata.json.zst ]] || "$build/bench/make_conda_forge" "$channel"
mkdir "$work/project"
cd "$work/project"
export ENVLOCK_CACHE_DIR=$work/cache

# Requests, by the number of packages that they come to. With another channel than seed 1's they have no solution.
p40=(python numpy pandas scipy macrogate3)
p80=(python numpy pandas scipy pydeltalist-client quantface-base multivault-common fluidlist-base openhub4 jsonschema)
p360=(python numpy pandas scipy matplotlib-base scikit-learn jupyterlab pytorch macrogate3 metalock-extra
  pydeltalist-client quantface-base multivault-common pymeshplot-utils glyphchain-sdk
  pyfielddict-core flexscope-parser r-flexlockx r-agromorph-core r-biocraft-io r-signalspec-plugin fastshell-common
  imagelink-lite cybercheck-utils pydeepfeed2 pymultidrive-types eventfit-viz astropipe-lite cachefile-extra
  pyfluidhub-lite pymacrochain-base photochain-parser pynanomorph-types clusterscan-server clusterfile-base
  monobase4 pyflexlink3 agroflow-cli meshlink-extra)
shallow=(python=3.9 'numpy>=2.3')
deep=(strata-app basalt-app)
search=(karst-app schist-app)

ask() {  # CHANNEL SPEC...: environment.yml
  printf 'channels:\n  - %s\ndependencies:\n' "$1"
  shift
  printf '  - "%s"\n' "$@"
}
median_ms() {  # RUNS COMMAND...
  local runs=$1 failure=()
  shift
  [[ -z ${may_fail:-} ]] || failure=(--ignore-failure)
  hyperfine --shell=none "${failure[@]}" --warmup 2 --runs "$runs" --export-csv "$work/times.csv" \
    "$(printf '%q ' "$@")" >/dev/null 2>&1
  awk -F, 'NR == 2 {printf "%.1f", $4 * 1000}' "$work/times.csv"
}
peak_mib() { /usr/bin/time -f '%M' -o "$work/peak" "$@" >/dev/null 2>&1; awk 'END {printf "%.0f", $1 / 1024}' "$work/peak"; }
size_of() { stat -c %s "$@" | awk '{s += $1} END {printf "%d", s}'; }
minus() { awk "BEGIN {printf \"%.1f\", $1 - $2}"; }
over() { awk "BEGIN {printf \"%.2f\", $1 / $2}"; }

missed=0
row() {  # WHAT FIGURE UNIT TARGET
  local verdict=ok
  if awk "BEGIN {exit !($2 > $4)}"; then
    verdict=MISSED
    missed=1
  fi
  printf '%-62s %9s %-3s  target %6s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

empty=$(median_ms 40 "$build/bench/empty_program")
solve=("$build/envlock" solve --platform linux-64)
printf 'empty C++ program: %s ms\n\n' "$empty"

# Cold: everything from repodata.json.zst, with the best of three for both sides.
ask "$channel" "${p40[@]}" >environment.yml
cold='' yard=''
for _ in 1 2 3; do
  rm -rf "$work/cache" envlock.lock
  begun=$(date +%s%N)
  "${solve[@]}" >/dev/null
  took=$((($(date +%s%N) - begun) / 1000000))
  [[ -n $cold ]] && ((cold <= took)) || cold=$took
  for subdir in linux-64 noarch; do
    once=$("$build/bench/index_bench" yardstick "$channel/$subdir/repodata.json.zst" |
      sed -n 's/.*together \([0-9]*\)[0-9.]* ms.*/\1/p')
    [[ $subdir == linux-64 ]] || continue
    [[ -n $yard ]] && ((yard <= once)) || yard=$once
  done
done
row "cold solve of 40 ($cold ms) : zstd + DOM of linux-64 ($yard ms)" "$(over "$cold" "$yard")" x 1.5
rm -rf "$work/cache" envlock.lock
peak=$(peak_mib "${solve[@]}")
index=$(size_of "$work"/cache/repodata/*.index)
json=0
for subdir in linux-64 noarch; do
  json=$((json + $(zstd -dcq "$channel/$subdir/repodata.json.zst" | wc -c)))
done
row 'its peak memory, beyond the indexes' "$(minus "$peak" "$(over "$index" 1048576)")" MiB 100
row "indexes ($((index / 1048576)) MiB) : JSON ($((json / 1048576)) MiB)" "$(over "$index" "$json")" x 0.25

warm() {  # WHAT TARGET SPEC...
  local what=$1 target=$2 count
  shift 2
  ask "$channel" "$@" >environment.yml
  rm -f envlock.lock
  "${solve[@]}" >/dev/null
  count=$(grep -c '"fn"' envlock.lock)
  row "warm solve, $what ($count packages)" \
    "$(minus "$(median_ms 15 "${solve[@]}" --update-all)" "$empty")" ms "$target"
}
warm 'about 40' 60 "${p40[@]}"
row 'solve --check of that' "$(minus "$(median_ms 20 "${solve[@]}" --check)" "$empty")" ms 10
warm 'about 80' 100 "${p80[@]}"
warm 'about 360' 250 "${p360[@]}"
row 'peak memory of that' "$(peak_mib "${solve[@]}" --update-all)" MiB 150
four=("$build/envlock" solve --platform linux-64 --platform linux-aarch64 --platform osx-arm64 --platform win-64)
rm -f envlock.lock
ask "$channel" "${p80[@]}" >environment.yml
"${four[@]}" >/dev/null
row "four platforms at once ($(grep -c '"fn"' envlock.lock) packages)" \
  "$(minus "$(median_ms 10 "${four[@]}" --update-all)" "$empty")" ms 700

unsolvable() {  # WHAT SPEC...
  local what=$1
  shift
  ask "$channel" "$@" >environment.yml
  rm -f envlock.lock
  local status=0
  "${solve[@]}" >/dev/null 2>"$work/why" || status=$?
  if ((status != 4)); then
    printf '%s: exit %s, not 4\n' "$what" "$status"
    missed=1
  fi
  row "no solution, $what" "$(minus "$(may_fail=1 median_ms 5 "${solve[@]}")" "$empty")" ms 2000
  head -n 1 "$work/why"
}
unsolvable shallow "${shallow[@]}"
unsolvable 'deep, by reasoning' "${deep[@]}"
unsolvable 'deep, by search' "${search[@]}"

if [[ -n ${GROWTH:-} ]]; then
  printf '\nTwice the names:\n'
  "$build/bench/make_conda_forge" "$work/double" --scale 2 --subdir linux-64 --subdir noarch
  ask "$work/double" "${p40[@]}" >environment.yml
  rm -rf "$work/cache" envlock.lock
  begun=$(date +%s%N)
  "${solve[@]}" >/dev/null
  printf 'cold solve of 40: %s ms, before %s ms\n' $((($(date +%s%N) - begun) / 1000000)) "$cold"
  printf 'warm solve of 40: %s ms over an empty program\n' \
    "$(minus "$(median_ms 15 "${solve[@]}" --update-all)" "$empty")"
  ask "$work/double" "${p80[@]}" >environment.yml
  printf 'warm solve of 80: %s ms\n' "$(minus "$(median_ms 15 "${solve[@]}" --update-all)" "$empty")"
fi
exit "$missed"
