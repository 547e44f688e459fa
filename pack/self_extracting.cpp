#include "pack/self_extracting.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "model/error.hpp"

namespace envlock {
namespace {

/// The places of the numbers are as long as what is put there, so that the script's length
/// does not depend on them.
constexpr std::string_view script = R"SH(#!/bin/sh
{ # envlock pack, archive at byte @ARCHIVE_AT@
# All of it is read before any of it runs, so that a file that was cut does nothing, and fails.
# Extracts itself: sh FILE.sh [OPTIONS] DIR. Without envlock, network, conda or Python.
set -eu
usage() {
  echo "usage: sh $0 [OPTIONS] DIR
       sh $0 --rollback DIR

Brings this environment into the folder DIR, which is absent or empty. --rollback puts the one back
that --replace replaced. Whether this file came whole is said by: sha256sum -c $0.sha256
options:
  --replace       take the place of the environment in DIR, which is kept for --rollback
  --host FILE     hold it against this host.json, not this machine (a login node has no GPU)
  --force CLASS   go on though it does not fit: platform, glibc, cuda, disk, inodes, path, noexec,
                  case, permission
  --key KEY       it must be signed by this minisign key: a .pub file or its line
  --private       only you may enter DIR
  --shared        everybody may enter DIR
  --no-byte-code  do not compile Python's byte code
  --threads N     how many threads work; as many as there are processors
  --help          show this and extract nothing
  --              what follows is DIR, also where it begins with '-'
exit: 0 done, 2 wrong command line, 6 damaged, changed or not signed, 7 input or output failed,
      8 the host or the folder does not fit, 130 interrupted"
}
self=$0
# fail EXIT WHAT NEXT_STEP
fail() {
  echo "$self: $2" >&2
  echo "  hint: $3" >&2
  exit "$1"
}
dir=
rollback=
takes_value=
may_be_option=yes
for word in "$@"; do
  if [ -n "$takes_value" ]; then takes_value=; continue; fi
  if [ -n "$may_be_option" ]; then
    case $word in
      --) may_be_option=; continue ;;
      -h | --help) usage; exit 0 ;;
      --host | --force | --key | --threads) takes_value=yes; continue ;;
      --rollback) rollback=yes; continue ;;
      -*) continue ;;
    esac
  fi
  if [ -n "$dir" ]; then usage >&2; exit 2; fi
  dir=$word
done
if [ -z "$dir" ]; then usage >&2; exit 2; fi
case $self in /*) ;; *) self=$PWD/$self ;; esac
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
while [ "$dir" != "${dir%//*}" ]; do dir=${dir%//*}/${dir##*//}; done
dir=${dir%/}
if ! [ -f "$self" ] || ! [ -r "$self" ]; then
  fail 7 "it cannot be read" "name the file: sh FILE.sh DIR; a pack cannot come through a pipe"
fi
above=${dir%/*}
top=$above  # the lowest folder that is there
until [ -d "${top:-/}" ]; do top=${top%/*}; done
if [ -n "$rollback" ] && [ "$top" != "$above" ]; then
  fail 8 "there is no folder '$above', and nothing to put back in it" "name the environment's folder"
fi
program=  # its file, as long as that has a name
run=      # by what it is run
made=$top
clean_up() {
  if [ -n "$program" ]; then rm -f "$program"; fi
  # Folders that this script made go again where nothing came into them.
  while [ "$made" != "$top" ] && rmdir "$made" 2>/dev/null; do made=${made%/*}; done
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM
rest=${above#"$top"}
while [ -n "$rest" ]; do
  rest=${rest#/}
  next=$made/${rest%%/*}
  case $rest in */*) rest=/${rest#*/} ;; *) rest= ;; esac
  if why=$(mkdir "$next" 2>&1); then
    made=$next
  elif [ -d "$next" ]; then  # somebody else was faster, and it is theirs
    made=$next
    top=$next
  else
    fail 8 "cannot make the folder '$next': ${why##*: }" "name another folder for the environment"
  fi
done
# Puts the program into folder $1 and tries whether it runs there; $why says why it does not. With
# $2 it must do without a name.
place() {
  program=$1/.envlock-env.$$
  # Nothing that lies there already is written to or run.
  if ! why=$( (umask 077 && set -C && : >"$program") 2>&1); then
    program=
    why="cannot write in '${1:-/}': ${why##*: }"
    return 1
  fi
  if ! why=$( (tail -c +@PROGRAM_AT@ "$self" | head -c @SIZE_BYTES@ >>"$program") 2>&1); then
    fail 7 "cannot write '$program': ${why##*: }" "make room there, or name another folder"
  fi
  # A program that was cut or damaged on the way is not run. (Against who does it on purpose, only
  # FILE.sha256 and FILE.minisig help.)
  if command -v cksum >/dev/null; then
    sum=$(cksum <"$program")
    if ! [ "${sum%% *}" -eq @CHECK_SUMS@ ]; then
      fail 6 "it was cut or damaged on its way: nothing was unpacked" \
        "carry it over again, and compare it with its .sha256"
    fi
  fi
  chmod 700 "$program" 2>/dev/null || :  # some file systems know no modes
  if "$program" --help >/dev/null 2>&1; then
    # Its name goes before it works, so that no kill leaves it there.
    exec 9<"$program"
    if /proc/self/fd/9 --help >/dev/null 2>&1; then
      rm -f "$program"
      program=
      run=/proc/self/fd/9
      return 0
    fi
    exec 9<&-
    run=$program
    if [ -z "${2:-}" ]; then return 0; fi
  fi
  rm -f "$program"
  program=
  why="no program can be run in '${1:-/}': it is mounted noexec, or this is another kind of machine"
  return 1
}
# The program runs where the environment will: a /tmp may be mounted noexec.
if ! place "$above"; then
  first=$why
  # An empty target is of use, too: the program has no name there when it looks whether it is empty.
  if [ -d "$dir" ] && [ -z "$rollback" ] && [ -z "$(ls -A "$dir" 2>&1)" ] && place "$dir" nameless
  then
    :
  elif [ -z "${TMPDIR:-}" ] || ! place "$TMPDIR"; then
    fail 8 "$first" "name another folder for the environment, or set TMPDIR to one where programs run"
  fi
fi
ended=0  # zsh keeps the name "status" for itself
if [ -z "$rollback" ]; then set -- "$self" "$@"; fi
"$run" unpack "$@" || ended=$?
exit "$ended"
}
)SH";

constexpr std::size_t place_bytes = 12;

/// The checksum of POSIX' cksum, which every system's shell has: CRC-32 with the polynomial
/// 0x04C11DB7, the length behind the bytes, complemented.
std::uint32_t posix_cksum(std::string_view bytes) {
  constexpr std::uint32_t polynomial = 0x04C11DB7;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i << 24U;
    for (int bit = 0; bit < 8; ++bit)
      value = (value << 1U) ^ ((value & 0x80000000U) != 0 ? polynomial : 0U);
    table.at(i) = value;
  }
  std::uint32_t sum = 0;
  const auto add = [&](std::uint8_t byte) {
    sum = (sum << 8U) ^ table.at(((sum >> 24U) ^ byte) & 0xFFU);
  };
  for (const char c : bytes) add(static_cast<std::uint8_t>(c));
  for (std::size_t length = bytes.size(); length > 0; length >>= 8U)
    add(static_cast<std::uint8_t>(length & 0xFFU));
  return ~sum;
}

void fill(std::string& text, std::string_view place, std::string value) {
  const std::size_t at = text.find(place);
  if (at == std::string::npos || place.size() != place_bytes || value.size() > place_bytes)
    throw InternalError("the script of a self-extracting pack lacks a place");
  value.resize(place_bytes, ' ');
  text.replace(at, place.size(), value);
}

}  // namespace

std::string self_extracting_head(std::string_view program) {
  std::string head(script);
  std::string archive_at = std::to_string(head.size() + program.size());
  archive_at.insert(0, place_bytes - std::min(place_bytes, archive_at.size()), '0');
  fill(head, "@ARCHIVE_AT@", std::move(archive_at));
  fill(head, "@PROGRAM_AT@", std::to_string(head.size() + 1));  // tail counts from 1
  fill(head, "@CHECK_SUMS@", std::to_string(posix_cksum(program)));
  fill(head, "@SIZE_BYTES@", std::to_string(program.size()));
  return head + std::string(program);
}

}  // namespace envlock
