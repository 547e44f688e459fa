#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_record.hpp"
#include "model/platform.hpp"
#include "model/project.hpp"
#include "model/time.hpp"
#include "model/url.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

/// One package of a lock. `record.channel_url` is that of `channel`; both are filled when a lock is
/// read.
struct LockedPackage {
  PackageRecord record;
  std::string channel;                 ///< A key of Lockfile::channels.
  bool requested = false;              ///< The user asked for it by name.
  std::vector<std::string> signed_by;  ///< Key ids whose signatures were verified, sorted.
  friend bool operator==(const LockedPackage&, const LockedPackage&) = default;
};

/// A PyPI package of a lock, for environments with a `pip:` list (design section 4).
struct LockedPypi {
  std::string name, version, url, path, metadata_sha256;  ///< Either url or path (a local project).
  std::optional<Sha256> sha256;
  std::optional<std::uint64_t> size;
  std::vector<std::string> requires_dist;
  bool requested = false;
  friend bool operator==(const LockedPypi&, const LockedPypi&) = default;
};

/// A URL that may be local has two forms. In a lock's text and in LockChannel it is either absolute
/// http(s), or a relative reference (RFC 3986, percent-encoded) that is resolved against the lock's
/// folder: ".", "./channel", "../x". In PackageRecord it is always absolute, for local channels a
/// file:// URL.
struct LockChannel {
  std::string name;
  std::string url;               ///< In the lock's form, canonical.
  std::string trust = "sha256";  ///< The trust rule; "sha256": the channel needs no signatures.
  /// Where the channel's repodata says that packages lie elsewhere (`base_url`, CEP 15): those
  /// bases, in the lock's form, sorted. Package URLs lie under `url` or under one of these.
  std::vector<std::string> base_urls;
  friend bool operator==(const LockChannel&, const LockChannel&) = default;
};

/// The text that a lock in `lock_dir` (absolute) holds for `url`: a relative reference for file://
/// URLs, the canonical URL for others.
std::string url_for_lock(const Url& url, const std::string& lock_dir);

struct LockPlatform {
  std::vector<VirtualPackage> virtual_packages;  ///< The assumed ones, sorted by name.
  std::vector<LockedPackage> packages;           ///< Sorted by (name, version, build, channel).
  std::vector<LockedPypi> pypi;
  friend bool operator==(const LockPlatform&, const LockPlatform&) = default;
};

/// The question that a lock answers, whole; what `--check` compares.
struct LockInputs {
  struct File {
    std::string path;                ///< Relative to the lock's folder, '/' separators.
    std::vector<std::string> specs;  ///< Normalised MatchSpecs for every platform, sorted.
    std::map<Platform, std::vector<std::string>>
        platform_specs;            ///< Those that a selector limits, sorted.
    std::vector<std::string> pip;  ///< As written, trimmed.
    std::map<Platform, std::vector<std::string>> platform_pip;
    /// Line of each text of the lists above, for InputChange::place. Neither written nor compared.
    std::map<std::string, std::size_t> lines;
    friend bool operator==(const File& a, const File& b);
  };
  struct Channel {
    std::string name;                  ///< A key of Lockfile::channels.
    std::string url;                   ///< As in LockChannel.
    std::string trust = "sha256";      ///< As in LockChannel.
    std::string minimum_age;           ///< envlock.yml's, as written; empty: none.
    std::vector<std::string> subdirs;  ///< Where the user restricted the channel, sorted.
    friend bool operator==(const Channel&, const Channel&) = default;
  };
  /// Where projects of PyPI come from, as far as that decides what a `pip:` list stands for.
  struct PypiIndex {
    std::string url;  ///< Canonical, without credentials.
    std::vector<std::string>
        packages;  ///< Patterns of normalised names, sorted; empty: all others.
    friend bool operator==(const PypiIndex&, const PypiIndex&) = default;
  };
  std::vector<File> files;
  std::vector<Channel> channels;       ///< In priority order.
  std::vector<Channel> spec_channels;  ///< Those that only a `channel::name` spec names, by name.
  /// Asked by the files' `platforms:`, envlock.yml or `--platform`, sorted; empty: not said.
  std::vector<Platform> platforms;
  /// Asked by envlock.yml, `--virtual-package` or CONDA_OVERRIDE_*; each list sorted. No entry: not
  /// said. An empty list: explicitly none (`--virtual-package none`).
  std::map<Platform, std::vector<VirtualPackage>> virtual_packages;
  ChannelPriority channel_priority = ChannelPriority::strict;
  std::optional<ExcludeNewer> exclude_newer;
  std::string strategy = "highest";
  std::vector<std::string> denied;  ///< envlock.yml's denied specs, normalised, sorted.
  std::map<std::string, std::vector<std::string>> owns;  ///< Channel name -> patterns, sorted.
  std::optional<std::string> same_versions_as;
  bool keep_records_without_timestamp = false;
  /// envlock.yml's, where a file has a `pip:` list: in the order in which they are asked, the one
  /// of all others last and only where that is not PyPI.
  std::vector<PypiIndex> pypi_indexes;
  /// envlock.yml's, where a file has a `pip:` list: conda package -> projects, sorted.
  std::map<std::string, std::vector<std::string>> pypi_names;
  /// `asked` of exclude_newer counts, its moving `cutoff` does not.
  friend bool operator==(const LockInputs& a, const LockInputs& b);
};

struct Lockfile {
  static constexpr int current_version = 1;
  std::string origin = "solved";  ///< "solved", or "adopted" by import.
  bool complete = true;
  std::vector<std::string> incomplete;  ///< What could not be locked, one sentence each.
  LockInputs inputs;
  std::vector<LockChannel> channels;  ///< Sorted by name.
  std::map<Platform, LockPlatform> platforms;
  std::map<std::string, std::string> variables;

  [[nodiscard]] const LockChannel* find_channel(std::string_view name) const;
  /// Compares all but what the text of a lock does not hold (see LockInputs).
  friend bool operator==(const Lockfile&, const Lockfile&) = default;
};

/// The text of a lock: sorted, two-space indent, one key a line, trailing newline, what is empty or
/// false left out. Same lock, same bytes, in whatever order the packages come.
/// @throws InternalError where a URL has no form that may enter a lock (see LockChannel)
std::string write_lockfile(const Lockfile& lock);

/// Reads and judges a lock: JSON strictness, unknown keys, hash lengths, conflict marks,
/// `inputs_sha256`, duplicate names, closed (every request, dependency and constraint met inside,
/// by records and assumed virtual packages), every URL under its channel, no credentials. Packages
/// in another order are accepted and sorted. docs/lockfile.md is the specification.
/// @param path      only names the file in messages
/// @param lock_dir  absolute; makes the URLs of local channels whole
/// @throws InputError (exit 3) naming line, package and key, expected and found
Lockfile read_lockfile(std::string_view json, const std::string& path, const std::string& lock_dir);

/// The digest that `inputs_sha256` holds: over the canonical form of the inputs (compact JSON, keys
/// as in the lock, no `cutoff`), so that equal questions have equal digests.
std::string inputs_sha256(const LockInputs& inputs);

/// Today's question with what it leaves open (platforms, virtual packages of a platform) taken from
/// the question that the existing lock answers.
LockInputs with_kept_answers(LockInputs current, const LockInputs& locked);

/// One difference between the question of a lock and today's question.
struct InputChange {
  std::string field;    ///< "channels", "environment.yml: specs", "exclude_newer", ...
  std::string locked;   ///< What the lock says; empty where this was added.
  std::string current;  ///< What is asked now; empty where this was removed.
  SourcePlace place;    ///< Of the current text, where it has one.
  friend bool operator==(const InputChange&, const InputChange&) = default;
};
/// Every field in which two questions differ, stable order; empty exactly where they are equal.
std::vector<InputChange> compare_inputs(const LockInputs& locked, const LockInputs& current);

}  // namespace envlock
