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
#include "model/virtual_package.hpp"

namespace envlock {

/// One package of a lock. `record.channel_url` is that of `channel`; both are filled when a lock is
/// read.
struct LockedPackage {
  PackageRecord record;
  std::string channel;     ///< A key of Lockfile::channels.
  bool requested = false;  ///< The user asked for it by name.
  std::vector<std::string> signed_by;
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

struct LockChannel {
  std::string name;
  std::string url;    ///< Canonical; a local channel as a path relative to the lock's folder
                      ///< ("./channel", "../x").
  std::string trust;  ///< The trust rule: "sha256" where the channel needs no signatures.
  friend bool operator==(const LockChannel&, const LockChannel&) = default;
};

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
    friend bool operator==(const File&, const File&) = default;
  };
  std::vector<File> files;
  std::vector<std::string> channels;  ///< Names (keys of Lockfile::channels) in priority order.
  ChannelPriority channel_priority = ChannelPriority::strict;
  std::optional<ExcludeNewer> exclude_newer;
  std::string strategy = "highest";
  std::vector<std::string> denied;  ///< envlock.yml's fields that affect solving.
  std::map<std::string, std::vector<std::string>> owns;  ///< channel name -> patterns
  std::optional<std::string> same_versions_as;
  bool keep_records_without_timestamp = false;
  friend bool operator==(const LockInputs&,
                         const LockInputs&);  ///< `asked` of exclude_newer counts, not `cutoff`.
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
  friend bool operator==(const Lockfile&, const Lockfile&) = default;
};

/// The text of a lock: sorted, two-space indent, one key a line, trailing newline. Same lock, same
/// bytes.
std::string write_lockfile(const Lockfile& lock);

/// Reads and judges a lock: JSON strictness, unknown keys, hash lengths, conflict marks,
/// `inputs_sha256`, order, duplicate names, closed (every dependency and constraint met inside, by
/// records and assumed virtual packages), every URL under its channel, no credentials. `lock_dir`
/// is absolute and makes local channels' URLs whole.
/// @param path only names the file in messages
/// @throws InputError (exit 3) naming line or package, expected and found
Lockfile read_lockfile(std::string_view json, const std::string& path, const std::string& lock_dir);

/// The digest that `inputs_sha256` holds: over the canonical (compact, fixed key order) form of the
/// inputs.
std::string inputs_sha256(const LockInputs& inputs);

/// One difference between the question of a lock and today's question.
struct InputChange {
  std::string field;    ///< "channels", "environment.yml: specs", "exclude_newer", ...
  std::string locked;   ///< What the lock says; may be empty.
  std::string current;  ///< What is asked now; may be empty.
  SourcePlace place;    ///< Of the current text, where it has one.
};
/// Every field in which two questions differ, stable order; empty exactly where they are equal.
std::vector<InputChange> compare_inputs(const LockInputs& locked, const LockInputs& current);

}  // namespace envlock
