# shellcheck shell=bash
# What the scripts that compare two commands share; to be sourced.

seconds() {  # COMMAND...: its wall time in microseconds
  local begun ended
  begun=$(date +%s%N)
  "$@" >/dev/null
  ended=$(date +%s%N)
  echo $(((ended - begun) / 1000))
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
