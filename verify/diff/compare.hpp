#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/host_description.hpp"
#include "model/time.hpp"
#include "verify/diff/change.hpp"

namespace envlock {

/// What a package's archive brings that runs by itself.
struct PackageScripts {
  /// By path; a script whose bytes changed counts as a new one.
  std::map<std::string, Sha256> link_scripts, activation, startup;
  friend bool operator==(const PackageScripts&, const PackageScripts&) = default;
};

struct DiffSettings {
  Instant now;
  std::int64_t young_ms = 0;  ///< Packages younger than this are told; 0: none are.
  std::map<std::string, HostDescription> hosts;  ///< envlock.yml's.
  /// What is known of a package's files; nothing where nothing is. None: nothing is asked. Any
  /// thread calls it.
  std::function<std::optional<PackageScripts>(const PackageRecord&)> scripts = {};
  std::size_t threads = 1;
  std::stop_token stop = {};
};

/// How many packages moved for one reason.
struct DiffCause {
  std::string text;
  std::uint64_t packages = 0;
};

struct PlatformTotals {
  std::uint64_t before = 0, after = 0;              ///< Packages.
  std::uint64_t bytes_before = 0, bytes_after = 0;  ///< Of archives whose size is told.
  std::uint64_t unchanged = 0;
};

struct DiffResult {
  bool drift = false;             ///< A lock against what is there, not a plan against a plan.
  std::vector<Change> changes;    ///< By environment, platform, kind and name; risks after changes.
  std::vector<DiffCause> causes;  ///< Most packages first. A package counts once over platforms.
  std::map<std::string, PlatformTotals> totals;  ///< By platform ("ENVIRONMENT/PLATFORM").
  std::vector<std::string> notes;                ///< How far the two could be compared.
};

/// What moved the packages, most first. Each name counts once: for what is told of it first, and
/// sooner for a cause than for none.
std::vector<DiffCause> count_causes(const std::vector<Change>& changes);

/// Every difference between two documents. Points into both, which must outlive the result.
/// @param before  of a document and a prefix, the document: drift is what the prefix has otherwise
/// @throws Interrupted, InternalError for a prefix that is held against a document after it
DiffResult compare(const DiffInput& before, const DiffInput& after, const DiffSettings& settings);

}  // namespace envlock
