#!/usr/bin/env bash
# Judges what a pull request does to its locks: do they answer what is asked, are their packages the
# channels' own, what moves, and what needs eyes. Writes a report and annotations.
# In: BASE (branch), DIRECTORY (of environment.yml), LOCKS (one a line, from DIRECTORY), FAIL_ON, SCRIPTS ('true': fetch);
# the runner's RUNNER_TEMP, GITHUB_STEP_SUMMARY, GITHUB_OUTPUT. Works from the top of the repository.
set -euo pipefail

marker='<!-- envlock:diff -->'
work=$(mktemp -d "$RUNNER_TEMP/envlock.XXXXXX")
report=$work/report.md
failed=''

# What the runner reads in output as commands must not come from a package's name.
quietly() {
  local token
  token=$(cat /proc/sys/kernel/random/uuid)
  echo "::stop-commands::$token"
  cat
  echo "::$token::"
}

# As code of Markdown that nothing in it can end.
as_code() {
  head -c 20000 "$1" | sed 's/^/    /'
}

if [ -z "$BASE" ]; then
  echo "::error::there is no base branch: run this on pull requests, or give 'base'"
  exit 1
fi
shallow=()
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then shallow=(--depth=1); fi
git fetch --quiet --no-tags "${shallow[@]}" origin "+refs/heads/$BASE:refs/remotes/origin/$BASE"

prefix=''
if [ "$DIRECTORY" != . ]; then prefix=${DIRECTORY%/}/; fi

# The policy is that of the base branch, so that a pull request cannot loosen it for itself: none
# where the base has none.
project="${prefix}envlock.yml"
policy="git:origin/$BASE:$project"
if ! git cat-file -e "origin/$BASE:$project" 2>/dev/null; then
  policy=$work/none.yml
  echo '{}' >"$policy"
fi

check=0
(cd "$DIRECTORY" && envlock solve --check --online --project "$policy") >"$work/check.txt" 2>&1 || check=$?
quietly <"$work/check.txt"
if [ "$check" -ne 0 ]; then failed=check; fi

while IFS= read -r name; do
  if [ -z "$name" ]; then continue; fi
  lock=$prefix$name
  if ! git cat-file -e "origin/$BASE:$lock" 2>/dev/null; then
    printf '### envlock: a new lock\n\n    %s\n\n' "$lock" >>"$work/diffs.md"
    continue
  fi
  # What packages bring that runs by itself is read from the cache; what cannot be fetched stays unknown.
  if [ "$SCRIPTS" = true ]; then
    git show "origin/$BASE:$lock" >"$work/before.lock"
    for one in "$work/before.lock" "$lock"; do
      envlock fetch "$one" --project "$policy" --quiet >"$work/fetch.txt" 2>&1 || quietly <"$work/fetch.txt"
    done
  fi
  code=0
  envlock diff "git:origin/$BASE:$lock" "$lock" --project "$policy" --fail-on "$FAIL_ON" \
    --format github --report "markdown=$work/diff.md" >"$work/annotations" 2>"$work/errors.txt" || code=$?
  if [ "$code" -le 1 ]; then
    cat "$work/annotations"
    { grep -vxF -- "$marker" "$work/diff.md" && echo; } >>"$work/diffs.md"
  else
    { printf '### envlock: the lock cannot be compared\n\n' && as_code "$work/errors.txt" && echo; } >>"$work/diffs.md"
  fi
  quietly <"$work/errors.txt"
  if [ "$code" -ne 0 ]; then failed=${failed:-diff}; fi
done <<<"$LOCKS"

{
  echo "$marker"
  if [ "$check" -eq 1 ]; then
    printf '### envlock: the lock does not answer what is asked\n\n'
    as_code "$work/check.txt"
  elif [ "$check" -ne 0 ]; then
    printf '### envlock: the lock could not be proved (exit %s)\n\n' "$check"
    as_code "$work/check.txt"
  fi
  echo
  cat "$work/diffs.md" 2>/dev/null || true
  if [ "$check" -eq 0 ]; then
    printf '\nChecked with the channels:\n\n'
    as_code "$work/check.txt"
  fi
  if ! git diff --quiet "origin/$BASE" -- "$project"; then
    printf '\nThis pull request changes envlock.yml; it is judged by the one of its base.\n'
  fi
} >"$report"
cat "$report" >>"$GITHUB_STEP_SUMMARY"
echo "report=$report" >>"$GITHUB_OUTPUT"
echo "failed=$failed" >>"$GITHUB_OUTPUT"

if [ "$check" -ne 0 ]; then echo "::error::envlock solve --check ended with exit $check (see the job's summary)"; fi
if [ "$failed" = diff ]; then echo "::error::envlock diff found changes at or above '$FAIL_ON' (see the job's summary)"; fi
[ -z "$failed" ]
