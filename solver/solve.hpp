#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/channel.hpp"
#include "model/error.hpp"
#include "model/package_record.hpp"
#include "model/platform.hpp"
#include "model/project.hpp"
#include "model/virtual_package.hpp"
#include "solver/index.hpp"

namespace envlock {

/// One channel as the solver sees it: its indexes for the platform and for noarch.
struct SolverChannel {
  Channel channel;
  std::vector<std::shared_ptr<const Index>>
      subdirs;  ///< The platform's first, then noarch; a missing one is left out.
  std::vector<Url>
      subdir_urls;  ///< Base of package URLs, per entry of `subdirs` (base_url resolved).
  /// Only reachable by `channel::spec`: not in the environment's own list (`pytorch::pytorch`).
  bool only_by_name = false;
  std::vector<std::string> owns;  ///< Name patterns that no other channel may serve.
  /// By the channel's `minimum_age`: later records are left out, and those without a time as under
  /// SolveQuestion::exclude_newer_ms.
  std::optional<std::int64_t> newest_ms = {};
  /// Where it looks at signatures, `subdirs` were made with them judged.
  SignaturePolicy signatures = SignaturePolicy::not_looked_at;
  /// Every name that the channel has for the platform, where `subdirs` hold but the wanted ones;
  /// null: the names in `subdirs` are all. The views live as long as the function.
  std::function<std::vector<std::string_view>()> all_names = {};
};

/// What the user asked for by one line.
struct Request {
  std::string text;   ///< A MatchSpec.
  SourcePlace place;  ///< environment.yml:12, or "command line".
  /// One of SolveQuestion::updates, which explanations tell among the requests.
  bool is_update = false;
};

/// A whole question for one platform. Nothing is read from the machine.
struct SolveQuestion {
  Platform platform;
  std::vector<Request> requests;
  std::vector<SolverChannel> channels;  ///< Priority order, highest first.
  ChannelNames channel_names;           ///< To resolve `channel::` in requests and dependencies.
  ChannelPriority priority = ChannelPriority::strict;
  std::vector<VirtualPackage> virtual_packages = {};
  std::optional<std::int64_t> exclude_newer_ms =
      {};  ///< Later records are left out; so are those without a time, unless:
  bool keep_records_without_timestamp = false;
  /// Kept where they still satisfy (the existing lock), by name.
  std::map<std::string, PackageRecord> prefer = {};
  /// Names in this map may only be exactly that record (`same_versions_as`).
  std::map<std::string, PackageRecord> exactly = {};
  std::string exactly_from = {};     ///< Says where `exactly` came from, for explanations.
  std::vector<Request> denied = {};  ///< Policy: records matched by these are not candidates.
  std::vector<Request> constraints =
      {};  ///< Hold only where the package is present (`--update` without a request).
  /// `--update SPEC`: where the package is present it must match, and the matched names are raised
  /// to their best before the records in `prefer` (which never holds these names) are kept.
  std::vector<Request> updates = {};
};

/// One thing that the user should know though a solution exists, or counts of what was left out.
struct SolveNotice {
  std::string id;  ///< "cuda-passed-over", "hidden-by-priority", "without-sha256", ...
  std::string message;
  std::string hint;
};

struct SolvedPackage {
  PackageRecord record;     ///< Whole, with channel_url and url.
  std::size_t channel = 0;  ///< Index into SolveQuestion::channels.
  bool requested = false;
  std::vector<std::string> signed_by = {};  ///< Keys whose signature is good, sorted.
};

struct Solution {
  std::vector<SolvedPackage> packages;  ///< Sorted by name.
  std::vector<SolveNotice> notices;
  struct Counts {
    std::size_t names = 0, candidates = 0, after_pruning = 0;
  } counts;
  std::map<std::string, double> timings_ms;  ///< "load", "match", "prune", "solve", ...
};

/// One line of an explanation of why there is no solution. Every line is true by itself.
struct ExplanationLine {
  int depth = 0;  ///< For indentation: 0 is a conflicting request.
  std::string text;
  SourcePlace place;  ///< Set on the user's own lines.
  friend bool operator==(const ExplanationLine&, const ExplanationLine&) = default;
};
struct Explanation {
  std::string
      headline;  ///< One line: "'pandas 3.*' and 'python 3.8.*' cannot be installed together"
  std::vector<ExplanationLine> lines;
  std::vector<std::string>
      suggestions;  ///< What to relax, nearest names, which channel or virtual package to add.
  friend bool operator==(const Explanation&, const Explanation&) = default;
};

/// No solution exists (4).
struct UnsolvableError : Error {
  UnsolvableError(std::string platform_subdir, Explanation why);
  std::string platform;
  Explanation explanation;
};

/// Finds the best environment that meets the question (design section 6), or says why there is
/// none. Deterministic: depends on nothing but the question. Safe to call for several platforms at
/// once.
/// @throws UnsolvableError (4); InputError (3) for a request that is no MatchSpec (with its place);
/// TrustError (6) where the
///         only candidates of a name have no sha256, or not the signatures that their channel
///         needs, or a channel serves a name that another one owns
Solution solve(const SolveQuestion& question);

/// One record of a SolveQuestion's channels, by its places in them.
struct RecordPlace {
  std::uint32_t channel = 0;  ///< Index into SolveQuestion::channels.
  std::uint32_t subdir = 0;   ///< Index into SolverChannel::subdirs.
  RecordId id = 0;
};

/// Every record that `spec` matches, by name, then channel, best first. Cheap: a channel may have a
/// million of them.
std::vector<RecordPlace> find_records(const std::string& spec, const SolveQuestion& channels_of);
/// One of them, whole.
PackageRecord record_at(const RecordPlace& place, const SolveQuestion& channels_of);

/// All of them, whole.
struct FoundRecord {
  PackageRecord record;
  std::size_t channel = 0;
};
std::vector<FoundRecord> search(const std::string& spec, const SolveQuestion& channels_of);

/// Where `spec` matches nothing: what is near, or there in other versions; empty: nothing is.
std::string nearest_to(const std::string& spec, const SolveQuestion& channels_of);

/// The known name that is nearest to a mistyped one.
std::optional<std::string> nearest_name(const std::string& name, const SolveQuestion& channels_of);

}  // namespace envlock
