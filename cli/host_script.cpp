#include "cli/host_script.hpp"

namespace envlock {

std::string_view host_script() noexcept {
  // Nothing beyond POSIX but /proc: RHEL 8's bash, Debian's dash, busybox's ash and mksh run it.
  // The numbers of some shells end at 2^31, so that expr must multiply.
  return R"sh(#!/bin/sh
# Prints what this machine is, as envlock's host.json:  sh host.sh [FOLDER] > host.json
LC_ALL=C; export LC_ALL; m=$(uname -m); k=$(uname -r); case $m in x86_64) p=64 ;; i?86) p=32 ;; *) p=$m ;; esac
put() { [ -z "$2" ] || printf ',\n%s"%s": %s' "$i" "$1" "$2"; }; text() { [ -z "$2" ] || put "$1" "\"$2\""; }
i='  '; printf '{\n  "host_version": 1,\n  "platform": "linux-%s"' "$p"; text kernel "$k"
f=" $(sed -n 's/^flags[^:]*: *//p' /proc/cpuinfo | sed 1q) "; l=; has() { for x; do case $f in *" $x "*) ;; *) return 1 ;; esac; done; }
[ $p != 64 ] || { l=1; has cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 && l=2 && has abm avx avx2 bmi1 bmi2 f16c fma movbe xsave && l=3 && has avx512bw avx512cd avx512dq avx512f avx512vl && l=4; }
put x86_64_level "$l"; g=
for x in /lib64 "/lib/$m-linux-gnu" /usr/lib64 "/usr/lib/$m-linux-gnu" /lib /usr/lib; do [ -n "$g" ] || [ ! -r "$x/libc.so.6" ] || g=$(tr -c '[:print:]' '\n' < "$x/libc.so.6" | sed -n 's/^GNU C Library .* version \([0-9]*\.[0-9]*\(\.[0-9][0-9]*\)\{0,1\}\).*/\1/p' | sed 1q); done
text glibc "$g"; d=$(sed -n '1s/^NVRM version:.* \([1-9][0-9][0-9]\.[0-9.]*\) .*/\1/p' /proc/driver/nvidia/version 2>/dev/null)
[ -n "$d" ] || d=$(for x in /usr/lib/*-linux-gnu /usr/lib64 /usr/lib64/nvidia /usr/lib /usr/lib/nvidia /usr/local/nvidia/lib64 /usr/local/nvidia/lib /.singularity.d/libs /run/opengl-driver/lib /usr/lib/wsl/lib; do ls "$x" 2>/dev/null; done | sed -n 's/^libcuda\.so\.\([1-9][0-9][0-9]\.[0-9.]*\)$/\1/p' | sort -t. -k1,1n -k2,2n -k3,3n | tail -n 1)
text nvidia_driver "$d"; c=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sed -n 's/^ *\([0-9]*\.[0-9]*\) *$/"\1"/p' | sort -u | tr '\n' ,); [ -z "$c" ] || put compute_capabilities "[${c%,}]"
for x in /.dockerenv /run/.containerenv /.singularity.d /run/systemd/container; do [ ! -e "$x" ] || c=+; done; grep -Eq 'docker|kubepods|libpod|lxc|containerd' /proc/1/cgroup 2>/dev/null && c=+; case $c in *+) put container true ;; esac
case $k in *[Mm]icrosoft*) put wsl true ;; esac
[ $# = 0 ] || {
  case $1 in /*) t=$1 ;; *) t=$PWD/$1 ;; esac; n=$t; while [ ! -e "$n" ]; do n=${n%/*}; n=${n:-/}; done
  printf ',\n  "target": {\n    "path": "%s"' "$(printf %s "$t" | sed 's/["\\]/\\&/g')"; i='    '; o=; last() { df "$1" "$n" 2>/dev/null | sed -n '$s/.* \([0-9][0-9]*\)  *[0-9]*% .*/\1/p'; }
  b=$(last -Pk); [ -z "$b" ] || put free_bytes "$(expr "$b" \* 1024)"; put free_inodes "$(last -Pi)"
  v=$(df -Pk "$n" | sed -n '$s/.*[0-9]% *//p'); while read -r _ x y z _; do [ "$x" != "$v" ] || { o=,$z,; s=$y; }; done < /proc/mounts
  case $o in '') ;; *,noexec,*) put noexec true ;; *) put noexec false ;; esac
  if [ -d "$n" ] && [ -w "$n" ] && [ -x "$n" ]; then put writable true; else put writable false; fi; [ -z "$o" ] || text file_system "$s"; printf '\n  }'
}
printf '\n}\n'
)sh";
}

}  // namespace envlock
