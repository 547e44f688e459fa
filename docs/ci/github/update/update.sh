#!/usr/bin/env bash
# Locks again with the newest packages that are old enough, and opens a pull request with what moves.
# In: GH_TOKEN, BASE (branch), BRANCH (that of the pull request: it is this job's, and replaced),
# AGE, DIRECTORY, LOCKS, TITLE; RUNNER_TEMP, GITHUB_STEP_SUMMARY. Works from the top of the repository.
set -euo pipefail

work=$(mktemp -d "$RUNNER_TEMP/envlock.XXXXXX")
prefix=''
if [ "$DIRECTORY" != . ]; then prefix=${DIRECTORY%/}/; fi
files=()
while IFS= read -r name; do
  if [ -n "$name" ]; then files+=("$prefix$name"); fi
done <<<"$LOCKS"

# The token is for gh and git alone.
(cd "$DIRECTORY" && env -u GH_TOKEN envlock solve --update-all --exclude-newer "$AGE")
if git diff --quiet HEAD -- "${files[@]}"; then
  echo "Nothing is newer." | tee -a "$GITHUB_STEP_SUMMARY"
  exit 0
fi
for lock in "${files[@]}"; do
  env -u GH_TOKEN envlock diff "git:HEAD:$lock" "$lock" --fail-on none --format markdown >>"$work/report.md"
  echo >>"$work/report.md"
done
cat "$work/report.md" >>"$GITHUB_STEP_SUMMARY"
if [ "$(wc -c <"$work/report.md")" -gt 65000 ]; then
  { head -c 64000 "$work/report.md" | sed '$d' && printf '\n\nThe rest is in the summary of the job.\n'; } >"$work/body.md"
else
  cp "$work/report.md" "$work/body.md"
fi

git switch --quiet -C "$BRANCH"
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet -m "$TITLE" -- "${files[@]}"
git push --quiet --force origin "HEAD:refs/heads/$BRANCH"

number=$(gh pr list --head "$BRANCH" --base "$BASE" --state open --limit 1 --json number --jq '.[].number')
if [ -n "$number" ]; then
  gh pr edit "$number" --title "$TITLE" --body-file "$work/body.md"
else
  gh pr create --head "$BRANCH" --base "$BASE" --title "$TITLE" --body-file "$work/body.md"
fi
