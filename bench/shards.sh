#!/usr/bin/env bash
# shards.sh BUILD [CHANNEL]: a cold solve by shards (CEP 16) against one by the whole repodata, from nginx on loopback, alternating, and
# the warm solves that follow: bytes moved and wall time. CHANNEL is a folder with linux-64/ and noarch/repodata.json.zst, to which the
# shards are added where it has none (in a copy of links); without it the look-alike channel is made, which is small.
set -euo pipefail
build=$(realpath "${1:?usage: shards.sh BUILD [CHANNEL]}")
# shellcheck source=bench/timing.sh
. "$(dirname "$0")/timing.sh"
work=$(mktemp -d)
chmod 755 "$work"  # nginx serves it under a user of its own
trap '[[ -f $work/nginx.pid ]] && kill "$(cat "$work/nginx.pid")" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
port=18438
url=http://127.0.0.1:$port

mkdir -p "$work/www/parts" "$work/www/whole"
if [[ -n ${2:-} ]]; then
  for subdir in linux-64 noarch; do
    mkdir "$work/www/whole/$subdir"
    cp "$2/$subdir"/repodata.json.zst "$work/www/whole/$subdir/"
  done
else
  "$build/fixtures/make_channel" "$work/www/whole" >/dev/null
  echo 'No channel was named: measuring on the look-alike channel, where the whole is small'
fi
for subdir in linux-64 noarch; do
  mkdir -p "$work/www/parts/$subdir"
  if [[ -n ${2:-} && -f $2/$subdir/repodata_shards.msgpack.zst ]]; then
    cp -r "$2/$subdir"/. "$work/www/parts/$subdir/"
  else
    cp "$work/www/whole/$subdir/repodata.json.zst" "$work/www/parts/$subdir/"
  fi
done
[[ -f $work/www/parts/linux-64/repodata_shards.msgpack.zst ]] || "$build/fixtures/make_shards" "$work/www/parts"
find "$work/www" -name repodata.json -delete

cat >"$work/nginx.conf" <<END
pid $work/nginx.pid;
error_log $work/error.log;
worker_processes 1;
events { worker_connections 512; }
http {
  log_format bytes '\$bytes_sent \$uri';
  access_log $work/access.log bytes;
  sendfile on;
  keepalive_requests 100000;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server { listen 127.0.0.1:$port; root $work/www; add_header Cache-Control max-age=3600; }
}
END
nginx -c "$work/nginx.conf"

for kind in parts whole; do
  mkdir "$work/$kind"
  printf 'channels: [%s/%s]\nplatforms: [linux-64]\ndependencies: [python, numpy, pandas, jupyterlab]\n' "$url" "$kind" >"$work/$kind/environment.yml"
done
solve() { (cd "$work/$1" && "$build/envlock" solve --cache-dir "$work/cache-$1" >/dev/null 2>&1); }
cold() {
  rm -rf --one-file-system "$work/cache-$1"
  solve "$1"
}
moved() {  # KIND: bytes of a cold solve, and requests
  : >"$work/access.log"
  cold "$1"
  sleep 0.2  # nginx writes its log behind the answer
  awk '{bytes += $1} END {print bytes, NR}' "$work/access.log"
}

read -r parts_bytes parts_requests < <(moved parts)
read -r whole_bytes whole_requests < <(moved whole)
declare -A times=([parts]= [whole]= [parts-warm]= [whole-warm]=)
for _ in 1 2 3 4 5; do
  for kind in parts whole; do
    times[$kind]+="$(seconds cold "$kind")"$'\n'
    times[$kind-warm]+="$(seconds solve "$kind")"$'\n'
  done
done
ms() { printf '%s' "${times[$1]}" | median | awk '{printf "%.1f", $1 / 1000}'; }
printf '%-8s %12s %9s %14s %14s\n' '' 'bytes moved' requests 'cold solve' 'warm solve'
printf '%-8s %12d %9d %11s ms %11s ms\n' shards "$parts_bytes" "$parts_requests" "$(ms parts)" "$(ms parts-warm)"
printf '%-8s %12d %9d %11s ms %11s ms\n' whole "$whole_bytes" "$whole_requests" "$(ms whole)" "$(ms whole-warm)"
printf 'lock of %s packages; at 20 MB/s the bytes alone take %s s against %s s\n' "$(grep -c '"fn"' "$work/parts/envlock.lock")" \
  "$(awk "BEGIN {printf \"%.2f\", $parts_bytes / 2e7}")" "$(awk "BEGIN {printf \"%.2f\", $whole_bytes / 2e7}")"
if ! diff <(grep '"sha256"' "$work/parts/envlock.lock") <(grep '"sha256"' "$work/whole/envlock.lock") >/dev/null; then
  echo 'DIFFERENT: the two locks name other packages'
  exit 1
fi
if [[ -n ${2:-} ]] && ((parts_bytes * 5 > whole_bytes)); then
  echo 'MISSED: shards move more than a fifth'
  exit 1
fi
