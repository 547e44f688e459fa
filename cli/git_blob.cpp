#include "cli/git_blob.hpp"

#include <utility>

#include "cli/git_program.hpp"
#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"

namespace envlock {

namespace {

/// Where REV ends.
std::size_t end_of_revision(const std::string& spec) {
  const std::size_t colon = spec.find(':');
  // A revision that starts with a dash would be read as an option of git.
  if (colon == std::string::npos || colon == 0 || colon + 1 == spec.size() || spec.front() == '-') {
    throw UsageError("'git:" + spec + "' is not of the form git:REV:PATH",
                     "write for example git:origin/main:envlock.yml");
  }
  return colon;
}

void require_revision(const std::string& revision, const std::filesystem::path& cwd) {
  if (run_git(cwd, {"rev-parse", "--verify", "--quiet", revision + "^{tree}"}, 65536).ok()) return;
  static_cast<void>(git_top(cwd));
  const std::size_t slash = revision.find('/');
  throw IoError("there is no revision '" + revision + "' here",
                slash == std::string::npos
                    ? "fetch it: git fetch --all"
                    : "fetch it: git fetch " + shell_word(revision.substr(0, slash)) + ' ' +
                          shell_word(revision.substr(slash + 1)));
}

}  // namespace

bool has_git_blob(const std::string& spec, const std::filesystem::path& cwd) {
  const std::string revision = spec.substr(0, end_of_revision(spec));
  if (run_git(cwd, {"cat-file", "-e", spec}, 65536).ok()) return true;
  require_revision(revision, cwd);
  return false;
}

std::string read_git_blob(const std::string& spec, const std::filesystem::path& cwd,
                          std::size_t max_bytes, const std::stop_token& stop) {
  const std::size_t colon = end_of_revision(spec);
  GitAnswer answer = run_git(cwd, {"cat-file", "blob", spec}, max_bytes, stop);
  if (!answer.ok()) {
    require_revision(spec.substr(0, colon), cwd);
    throw IoError(
        "git has no file '" + spec.substr(colon + 1) + "' at '" + spec.substr(0, colon) + "'",
        "look with: git cat-file -t " + spec);
  }
  return std::move(answer.output);
}

std::filesystem::path git_top(const std::filesystem::path& cwd) {
  const GitAnswer answer = run_git(cwd, {"rev-parse", "--show-toplevel"}, 65536);
  if (!answer.ok()) throw IoError("'" + cwd.string() + "' is in no git repository");
  return std::string(trim(answer.output));
}

}  // namespace envlock
