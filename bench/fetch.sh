#!/usr/bin/env bash
# fetch.sh BUILD: times `envlock fetch` from nginx on loopback against curl --parallel plus parallel openssl dgst for the same
# URLs, in one run, alternating. Exit 1 where a target is missed.
set -euo pipefail
build=$(realpath "${1:?usage: fetch.sh BUILD}")
work=$(mktemp -d)
chmod 755 "$work"  # nginx serves it under a user of its own
trap '[[ -f $work/nginx.pid ]] && kill "$(cat "$work/nginx.pid")" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
export ENVLOCK_CACHE_DIR=$work/cache
port=18437
url=http://127.0.0.1:$port
missed=0

# Mean sizes of the twentieths of 18,428 packages of conda-forge's linux-64 and noarch, in bytes.
sizes=(10339 18969 27343 38434 57427 88686 126887 182012 255909 370471 484344 618596 838296 1208782 1896588 3201633 5395351 9176542
  17099824 42964111)

# make_channel NAME COUNT SIZE...: packages of random bytes, their listing, a lock and a list of URLs for curl.
make_channel() {
  local name=$1 count=$2
  shift 2
  local given=("$@") folder=$work/www/$1/linux-64 i size separator=
  folder=$work/www/$name
  mkdir -p "$folder/linux-64" "$folder/noarch" "$work/$name"
  printf '{"info": {"subdir": "noarch"}, "packages": {}}' >"$folder/noarch/repodata.json"
  printf 'channels: [%s/%s]\nplatforms: [linux-64]\ndependencies:\n' "$url" "$name" >"$work/$name/environment.yml"
  {
    printf '{"info": {"subdir": "linux-64"}, "packages": {}, "packages.conda": {'
    for ((i = 0; i < count; ++i)); do
      size=${given[i % ${#given[@]}]}
      head -c "$size" /dev/urandom >"$folder/linux-64/p$i-1.0-0.conda"
      printf '%s\n"p%d-1.0-0.conda": {"name": "p%d", "version": "1.0", "build": "0", "build_number": 0, "depends": [], "size": %d, ' \
        "$separator" "$i" "$i" "$size"
      printf '"sha256": "%s"}' "$(openssl dgst -sha256 -r "$folder/linux-64/p$i-1.0-0.conda" | cut -d' ' -f1)"
      separator=,
      echo "  - p$i" >>"$work/$name/environment.yml"
      printf 'url = "%s/%s/linux-64/p%d-1.0-0.conda"\noutput = "p%d"\n' "$url" "$name" "$i" "$i" >>"$work/$name/urls"
    done
    printf '}}'
  } >"$folder/linux-64/repodata.json"
  (cd "$work/$name" && "$build/envlock" solve >/dev/null 2>&1)
}

cat >"$work/nginx.conf" <<END
pid $work/nginx.pid;
error_log $work/error.log;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server { listen 127.0.0.1:$port; root $work/www; }
}
END
mkdir -p "$work/www"
nginx -c "$work/nginx.conf"

seconds() { # COMMAND...: of the whole process, children included
  local begin end
  begin=$(date +%s.%N)
  "$@"
  end=$(date +%s.%N)
  awk "BEGIN {print $end - $begin}"
}
fetch() {
  rm -rf --one-file-system "$work/cache/packages"
  (cd "$work/$1" && seconds "$build/envlock" fetch -q)
}
fetch_memory() {
  rm -rf --one-file-system "$work/cache/packages"
  (cd "$work/$1" && /usr/bin/time -f '%M' -o "$work/memory" "$build/envlock" fetch -q >/dev/null && cat "$work/memory")
}
download() { (cd "$work/out" && curl --parallel --silent --no-progress-meter --config "$work/$1/urls" && find . -type f -print0 | xargs -0 -P "$(nproc)" -n 16 openssl dgst -sha256 >/dev/null) 2>/dev/null; }
curl_and_hash() {
  rm -rf --one-file-system "$work/out"
  mkdir "$work/out"
  seconds download "$1"
}
median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# compare NAME WHAT TARGET: five times each, in turn.
compare() {
  local ours=() theirs=() i a b ratio verdict=ok
  for i in 1 2 3 4 5; do
    ours+=("$(fetch "$1" | tail -1)")
    theirs+=("$(curl_and_hash "$1" | tail -1)")
  done
  a=$(printf '%s\n' "${ours[@]}" | median)
  b=$(printf '%s\n' "${theirs[@]}" | median)
  ratio=$(awk "BEGIN {printf \"%.2f\", $a / $b}")
  if awk "BEGIN {exit !($ratio > $3)}"; then
    verdict=MISSED
    missed=1
  fi
  printf '%-44s envlock %6.2f s, curl + openssl dgst %6.2f s: %sx  target %sx  %s; peak %s KiB\n' "$2" "$a" "$b" "$ratio" "$3" "$verdict" \
    "$(fetch_memory "$1" | tail -1)"
}

make_channel sized 300 "${sizes[@]}"
compare sized "300 packages of conda-forge's sizes" 1.15
# mean_ms COMMAND...: of the whole process.
mean_ms() {
  hyperfine --shell=none --warmup 3 --runs 20 --export-csv "$work/times.csv" "$(printf '%q ' "$@")" >/dev/null 2>&1
  awk -F, 'NR == 2 {printf "%.1f", $2 * 1000}' "$work/times.csv"
}
cd "$work/sized"
cached=$(mean_ms "$build/envlock" fetch -q)
cd "$work"
over=$(awk "BEGIN {print $cached - $(mean_ms "$build/bench/empty_program")}")
verdict=ok
if awk "BEGIN {exit !($over > 30)}"; then
  verdict=MISSED
  missed=1
fi
printf '%-44s %s ms over an empty program  target 30 ms  %s\n' 'the same, all in the cache' "$over" "$verdict"
make_channel tiny 3000 2000
compare tiny '3,000 packages of 2 kB' 1.3
exit "$missed"
