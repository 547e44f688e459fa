#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/diff/diff_input.hpp"
#include "verify/finding.hpp"

namespace envlock {

/// What happened to a package, or to the question that a lock answers.
enum class ChangeKind : std::uint8_t {
  added,
  removed,
  upgraded,
  downgraded,
  build,     ///< Another build of the same version.
  bytes,     ///< The same name, version, build and file name, and other bytes: an alarm.
  archive,   ///< The same build as another kind of archive (.conda, .tar.bz2).
  metadata,  ///< The same bytes, other metadata: a hotfix of the channel.
  channel,   ///< The same build from another channel or subdir.
  manager,   ///< From conda to PyPI, or back.
  question,  ///< What is asked for.
  rules,     ///< Which channels may answer, whom they must be signed by, and the like.
  platform,  ///< A platform or an environment that only one side has.
  risk,      ///< A sign that a change needs eyes.
};
std::string_view to_string(ChangeKind kind) noexcept;
/// Whether a package comes, goes, or is another version, build or manager's: it moves. The same
/// build from elsewhere does not.
bool is_move(ChangeKind kind) noexcept;

/// The cause of what nothing forced to move.
inline constexpr std::string_view other_releases = "other releases";

/// One difference. `finding.expected` is what was, `finding.found` what is now.
struct Change {
  Finding finding;
  ChangeKind kind = ChangeKind::added;
  std::string environment;              ///< Empty where both sides have only one.
  std::string platform;                 ///< Empty: it is about all of them.
  std::string name;                     ///< Of the package, or the field of the question.
  const DiffPackage* before = nullptr;  ///< Null: there was none. Points into the inputs.
  const DiffPackage* after = nullptr;
  std::vector<std::string> why;  ///< From the user's own line to what moved it; a sentence each.
  std::string cause;             ///< What set it off, for counting: "you raised 'numpy'".
  std::size_t line = 0;          ///< In `file`; 0: not known.
  std::string file;              ///< Where a reviewer sees it; empty: not known.
};

/// The rules of `diff`, by id.
std::span<const Rule> diff_rules() noexcept;

/// A change with its rule's severity, advice and a stable id: rule, environment, platform and name.
Change make_change(std::string_view rule, ChangeKind kind, std::string environment,
                   std::string platform, std::string name);

/// "2.31.0 py311_0": without a build for PyPI.
std::string version_text(const DiffPackage& package);

}  // namespace envlock
