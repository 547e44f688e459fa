#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/project_file.hpp"
#include "model/lockfile.hpp"
#include "model/match_spec.hpp"

namespace envlock {

/// What the policy of envlock.yml means for packages of PyPI (docs/pip.md): which are denied, whose
/// name a channel owns, and where they may come from. One judge for solving, checking, importing
/// and using a lock.
class WheelPolicy {
 public:
  struct Breach {
    std::string rule;     ///< "denied", "owned" or "index", as `solve --check` calls it.
    std::string project;  ///< Normalised.
    std::string text;     ///< "'pypi:tool 1.0' is denied by envlock.yml:4: 'tool <2'"
    friend auto operator<=>(const Breach&, const Breach&) = default;
  };
  /// Sorted, each once.
  struct Verdict {
    std::vector<Breach> breaches;
    /// What no rule can say of packages that are there, one line for each rule: nothing passes
    /// without a word.
    std::vector<std::string> remarks;
  };

  /// Forbids nothing.
  WheelPolicy() = default;
  /// @throws InputError for a channel that cannot be
  explicit WheelPolicy(const ProjectFile& project);

  /// Which entry of `denied:` forbids this version, as "envlock.yml:4: 'tool <2'"; empty: none.
  [[nodiscard]] std::string denied(const std::string& project, std::string_view version) const;
  /// The fault of taking a project from an index, where a channel owns its name and envlock.yml
  /// names no index for it; empty: none.
  [[nodiscard]] std::string owned(const std::string& project) const;
  [[nodiscard]] Verdict judge(const Lockfile& lock, std::span<const Platform> platforms) const;
  /// Of all platforms, for a lock that is being made: what pip was not shown it cannot choose, but
  /// a line may name a wheel or a project all the same. @throws TrustError (6) with all breaches
  void require_allowed(const Lockfile& lock) const;
  /// Of all platforms.
  [[nodiscard]] Verdict judge(const Lockfile& lock) const;

 private:
  struct Denied {
    MatchSpec spec;
    std::vector<std::string> projects;  ///< That an exact name stands for.
    std::string shown;                  ///< "envlock.yml:4: 'tool <2'"
    [[nodiscard]] bool names(const std::string& project) const;
    [[nodiscard]] bool takes(std::string_view version) const;
    /// Asks for what a lock does not hold of wheels: a build, a licence, ...
    [[nodiscard]] bool asks_for_more() const;
  };
  struct Owned {
    std::string channel, pattern;
    MatchSpec names;  ///< The pattern, normalised.
  };
  class Judge;

  PypiRules rules_;
  std::vector<Denied> denied_;
  std::vector<Owned> owned_;
  bool lists_places_ = false;  ///< envlock.yml lists channels or indexes: there are no others.
  std::string path_;           ///< Of envlock.yml, for messages.
  std::string channel_rules_;  ///< "'signatures' and 'minimum_age'": rules of channels alone.
};

}  // namespace envlock
