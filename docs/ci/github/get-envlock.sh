#!/usr/bin/env bash
# Puts envlock on PATH for the steps that follow: by a download that is used only if it has the
# given sha256, or as it is there already.
# In: URL, SHA256 (both empty: it is on PATH); the runner's RUNNER_TEMP and GITHUB_PATH.
set -euo pipefail

fail() {
  echo "::error::$1"
  exit 1
}

if [ -z "${URL:-}" ]; then
  command -v envlock >/dev/null || fail "envlock is not on PATH: install it before, or give 'url' and 'sha256'"
  envlock --version
  exit 0
fi
case ${SHA256:-} in
  '' | *[!0-9a-f]*) fail "'sha256' must be 64 lower-case hexadecimal digits" ;;
esac
[ "${#SHA256}" -eq 64 ] || fail "'sha256' must be 64 lower-case hexadecimal digits"

folder=$RUNNER_TEMP/envlock-bin
mkdir -p "$folder"
# Whatever answers, only the right bytes get past the next step: so plain http will do, too.
curl --fail --silent --show-error --location --retry 3 --proto '=https,http' \
  --output "$folder/envlock.part" -- "$URL" || fail "envlock could not be downloaded"
if ! printf '%s  %s\n' "$SHA256" "$folder/envlock.part" | sha256sum --check --status; then
  rm -f "$folder/envlock.part"
  fail "what 'url' gives does not have that sha256"
fi
chmod 755 "$folder/envlock.part"
mv "$folder/envlock.part" "$folder/envlock"
"$folder/envlock" --version
echo "$folder" >>"$GITHUB_PATH"
