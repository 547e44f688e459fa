#!/usr/bin/env bash
# pack.sh BUILD RUNNABLE [MB]: times `envlock pack` and `envlock unpack` of the runnable environment padded to 2 GB (or MB)
# with copies of its own files, in one run, alternating, everything in the page cache:
# - pack against decoding the packages once and `zstd -T0` at the same level over the same tar; the file of both is synced. Of both the processor's seconds are
#   told, too: they say more where the machine does something else meanwhile;
# - unpack, which checks and relocates, against `tar --zstd -x` of the same file;
# - pack, also of the installed prefix (verified first), against conda-pack of that prefix, where CONDA_PACK names its program (of a venv of your
#   own: it is no part of envlock): at the same zstd level, and with conda-pack's defaults. conda-pack is timed once.
# Byte code is left out on all sides. Exit 1 where a target is missed.
set -euo pipefail
# shellcheck source=bench/timing.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/timing.sh"
usage='usage: pack.sh BUILD RUNNABLE [MB]'
build=$(realpath "${1:?$usage}")
runnable=$(realpath "${2:?$usage}")
megabytes=${3:-2000}
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
export ENVLOCK_CACHE_DIR=$work/cache
cd "$work"
missed=0

cpu_seconds() {  # COMMAND...: of the processor, of it and of the processes that it waited for
  times >before  # not in a pipe, which is a shell of its own
  "$@" >/dev/null
  times >after
  awk 'FNR == 2 {
    for (i = 1; i <= 2; ++i) { split($i, parts, /[ms]/); sum[FILENAME] += parts[1] * 60 + parts[2] }
  }
  END { printf "%.1f\n", sum["after"] - sum["before"] }' before after
}
peak_mb() { { /usr/bin/time -f %M "$@" >/dev/null; } 2>&1 | tail -n 1 | awk '{printf "%.0f", $1 / 1024}'; }

cat >environment.yml <<END
channels: ["$runnable"]
platforms: [linux-64]
dependencies: [python, numpy, pip, greeter, relocated]
END
"$build/envlock" --quiet solve --virtual-package __glibc=2.36 >/dev/null
"$build/envlock" --quiet install --prefix seed --no-byte-code >/dev/null 2>&1

# Packages of about 80 MB each that hold the environment's files once more, below share/padN.
mkdir -p padding/linux-64 padding/noarch
echo '{"packages": {}, "packages.conda": {}}' >padding/noarch/repodata.json
count=$((megabytes / 80))
python3 - seed padding/linux-64 "$count" <<'END'
import hashlib, io, json, os, subprocess, sys, tarfile, zipfile
seed, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
files = []
for top, _, names in os.walk(seed):
    if 'conda-meta' in top:
        continue
    for name in names:
        path = os.path.join(top, name)
        if not os.path.islink(path):
            files.append((os.path.relpath(path, seed), open(path, 'rb').read()))
records = {}
def zstd(data):
    return subprocess.run(['zstd', '-q', '-3', '-T2', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout
def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.GNU_FORMAT) as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
for n in range(count):
    mark = b'%06d' % n  # no two packages have equal files
    members = [('share/pad%d/%s' % (n, path), mark + data) for path, data in files]
    paths = [{'_path': p, 'path_type': 'hardlink', 'sha256': hashlib.sha256(d).hexdigest(), 'size_in_bytes': len(d)}
             for p, d in members]
    index = {'name': 'pad%d' % n, 'version': '1', 'build': '0', 'build_number': 0, 'depends': [], 'subdir': 'linux-64',
             'timestamp': 1700000000000}
    info = tar_of([('info/index.json', json.dumps(index).encode()),
                   ('info/paths.json', json.dumps({'paths': paths, 'paths_version': 1}).encode())])
    stem = 'pad%d-1-0' % n
    file = os.path.join(folder, stem + '.conda')
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_STORED) as out:
        out.writestr('metadata.json', '{"conda_pkg_format_version": 2}')
        out.writestr('info-%s.tar.zst' % stem, zstd(info))
        out.writestr('pkg-%s.tar.zst' % stem, zstd(tar_of(members)))
    data = open(file, 'rb').read()
    records[stem + '.conda'] = dict(index, size=len(data), sha256=hashlib.sha256(data).hexdigest(),
                                    md5=hashlib.md5(data).hexdigest())
json.dump({'info': {'subdir': 'linux-64'}, 'packages': {}, 'packages.conda': records},
          open(os.path.join(folder, 'repodata.json'), 'w'))
END
rm -rf seed
{
  echo "channels: [\"$runnable\", ./padding]"
  echo 'platforms: [linux-64]'
  echo 'dependencies:'
  for name in python numpy pip greeter relocated; do echo "  - $name"; done
  for ((n = 0; n < count; ++n)); do echo "  - pad$n"; done
} >environment.yml
"$build/envlock" --quiet solve --update-all --virtual-package __glibc=2.36 >/dev/null
"$build/envlock" --quiet fetch >/dev/null 2>&1
"$build/envlock" export --format explicit | sed -n 's|^file://\([^#]*\).*|\1|p' >packages

decode() {  # every package once, by two processes
  # shellcheck disable=SC2016
  xargs -P2 -n1 sh -c 'case $1 in
    *.conda) unzip -p "$1" "pkg-*" | zstd -qdc ;;
    *) bzip2 -dc "$1" ;;
  esac >/dev/null' decode <packages
}
compress() { zstd -q -3 -T0 -f tree.tar -o tree.tar.zst; }
yardstick() { decode && compress && sync tree.tar.zst; }
pack_it() { "$build/envlock" --quiet pack --force -o env.tar.zst; }
untar() {
  rm -rf untarred
  mkdir untarred
  tar --zstd --no-same-owner -C untarred -xf env.tar.zst
  sync -f untarred
}
unpack_it() {
  rm -rf env
  "$build/envlock" --quiet unpack env.tar.zst --prefix env --no-byte-code
}

pack_it >/dev/null
zstd -qdc env.tar.zst >tree.tar
bytes=$(stat -c %s tree.tar)
for ((n = 0; n < 3; ++n)); do
  seconds yardstick >>yardstick.us
  seconds pack_it >>pack.us
done
cpu_seconds yardstick >yardstick.cpu
cpu_seconds pack_it >pack.cpu
rm tree.tar tree.tar.zst
for ((n = 0; n < 3; ++n)); do
  seconds untar >>untar.us
  seconds unpack_it >>unpack.us
done
rm -rf untarred
report() {  # WHAT YARDSTICK TARGET A B PEAK
  awk -v what="$1" -v yard="$2" -v target="$3" -v a="$4" -v b="$5" -v peak="$6" -v bytes="$bytes" 'BEGIN {
    printf "%s, %.0f MB: %.1f s (%.0f MB/s); %s: %.1f s; ratio %.2f, target %.2f; peak %d MB, target 512\n",
      what, bytes / 1e6, a / 1e6, bytes / a, yard, b / 1e6, a / b, target, peak
    exit !(a <= target * b && peak <= 512)
  }' || missed=1
}
pack_peak=$(peak_mb "$build/envlock" --quiet pack --force -o env.tar.zst)
rm -rf env
unpack_peak=$(peak_mb "$build/envlock" --quiet unpack env.tar.zst --prefix env --no-byte-code)
packs() {  # WHAT OTHER A B TARGET: how many times as fast
  awk -v what="$1" -v other="$2" -v a="$3" -v b="$4" -v target="$5" 'BEGIN {
    printf "%s: %.1f s; %s: %.1f s; %.1f times as fast, target %.1f\n", what, a / 1e6, other, b / 1e6, b / a, target
    exit !(b >= target * a)
  }' || missed=1
}
if [ -n "${CONDA_PACK:-}" ]; then
  rm -rf env
  "$build/envlock" --quiet install --prefix env --no-byte-code >/dev/null 2>&1
  pack_prefix() { "$build/envlock" --quiet pack --prefix env --force -o prefix.tar.zst; }
  by_zstd() { "$CONDA_PACK" -q -p env -f -o conda.tar.zst -j 2 --compress-level 3 2>/dev/null; }
  by_default() { "$CONDA_PACK" -q -p env -f -o conda.tar.gz 2>/dev/null; }
  for ((n = 0; n < 3; ++n)); do seconds pack_prefix >>prefix.us; done
  seconds by_zstd >zstd.us
  seconds by_default >default.us
  packs pack 'conda-pack .tar.zst' "$(median <pack.us)" "$(cat zstd.us)" 3
  packs pack 'conda-pack .tar.gz' "$(median <pack.us)" "$(cat default.us)" 3
  # Verified, and its packages read twice, and faster all the same.
  packs 'pack --prefix' 'conda-pack .tar.zst' "$(median <prefix.us)" "$(cat zstd.us)" 1
  packs 'pack --prefix' 'conda-pack .tar.gz' "$(median <prefix.us)" "$(cat default.us)" 1
else
  echo 'conda-pack: skipped, CONDA_PACK names no program'
fi
echo "of the processor: pack $(cat pack.cpu) s; decoding + zstd -T0 + sync: $(cat yardstick.cpu) s"
report pack 'decoding + zstd -T0 + sync' 1.15 "$(median <pack.us)" "$(median <yardstick.us)" "$pack_peak"
report unpack 'tar --zstd -x' 1.20 "$(median <unpack.us)" "$(median <untar.us)" "$unpack_peak"
exit "$missed"
