#include "pack/self_extracting.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "model/error.hpp"

namespace envlock {
namespace {

/// The places of the three numbers are as long as what is put there, so that the script's length
/// does not depend on them.
constexpr std::string_view script = R"SH(#!/bin/sh
# envlock pack, archive at byte @ARCHIVE_AT@
# Extracts itself: sh FILE.sh [OPTIONS] DIR. Without envlock, network, conda or Python.
set -eu
usage() {
  echo "usage: sh $0 [OPTIONS] DIR

Brings this environment into the folder DIR, which is absent or empty.
options: --replace, --host FILE, --force CLASS, --key KEY, --shared, --no-byte-code, --threads N
         --help shows this and extracts nothing; DIR/bin/envlock-env --help explains them"
}
self=$0
dir=
takes_value=
for word in "$@"; do
  if [ -n "$takes_value" ]; then takes_value=; continue; fi
  case $word in
    -h | --help) usage; exit 0 ;;
    --host | --force | --key | --threads) takes_value=yes ;;
    -*) ;;
    *) if [ -n "$dir" ]; then usage >&2; exit 2; fi; dir=$word ;;
  esac
done
if [ -z "$dir" ]; then usage >&2; exit 2; fi
case $self in /*) ;; *) self=$PWD/$self ;; esac
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
while [ "$dir" != "${dir%/}" ]; do dir=${dir%/}; done
# The program runs where the environment will: a /tmp may be mounted noexec.
above=${dir%/*}
mkdir -p "${above:-/}"
program=$above/.envlock-env.$$
trap 'rm -f "$program"' EXIT
trap 'exit 130' HUP INT TERM
# Nothing that lies there already is written to or run.
(umask 077 && set -C && tail -c +@PROGRAM_AT@ "$self" | head -c @SIZE_BYTES@ >"$program")
chmod 700 "$program"
ended=0  # zsh keeps the name "status" for itself
"$program" unpack "$self" "$@" || ended=$?
if [ "$ended" = 126 ]; then
  echo "$self: no program can be run in '$above': it is mounted noexec, or this is another kind of machine" >&2
  ended=8
fi
exit "$ended"
)SH";

constexpr std::size_t place_bytes = 12;

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
  fill(head, "@SIZE_BYTES@", std::to_string(program.size()));
  return head + std::string(program);
}

}  // namespace envlock
