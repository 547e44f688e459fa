#!/usr/bin/env bash
# Puts a report into the one comment of envlock on a pull request: the one that this token wrote and
# that begins with the report's marker, else a new one.
# In: GH_TOKEN, GITHUB_REPOSITORY, NUMBER, REPORT; RUNNER_TEMP.
set -euo pipefail

marker='<!-- envlock:diff -->'
if [ ! -s "${REPORT:-}" ] || [ -z "${NUMBER:-}" ] || [ -z "${GH_TOKEN:-}" ]; then
  echo "::notice::no comment: there is no report, no pull request or no token"
  exit 0
fi
body=$RUNNER_TEMP/envlock-comment.md
if [ "$(wc -c <"$REPORT")" -gt 65000 ]; then
  { head -c 64000 "$REPORT" | sed '$d' && printf '\n\nThe rest is in the summary of the job.\n'; } >"$body"
else
  cp "$REPORT" "$body"
fi

# Somebody else's comment may hold the marker, too.
# shellcheck disable=SC2016 # the query's variables are not the shell's
query='query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $endCursor) {
      nodes { databaseId viewerDidAuthor body } pageInfo { hasNextPage endCursor } } } } }'
filter='.data.repository.pullRequest.comments.nodes[]
  | select(.viewerDidAuthor and (.body | startswith("'$marker'"))) | .databaseId'

put_comment() {
  local ids id
  ids=$(gh api graphql --paginate -f query="$query" -f owner="${GITHUB_REPOSITORY%%/*}" \
    -f name="${GITHUB_REPOSITORY#*/}" -F number="$NUMBER" --jq "$filter") || return 1
  id=${ids%%$'\n'*}
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F body=@"$body"
  else
    gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" -F body=@"$body"
  fi
}
# The token of a pull request from a fork may not write.
put_comment || echo "::notice::no comment: this token may not write one; the report is in the job's summary"
