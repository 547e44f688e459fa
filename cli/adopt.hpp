#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/project_file.hpp"
#include "model/environment.hpp"
#include "model/lockfile.hpp"

// What another tool locked or installed becomes a lock of envlock.

namespace envlock {

/// A conda package as the source tells it.
struct AdoptedPackage {
  PackageRecord record;  ///< Its `url` need not be in canonical form.
  SourcePlace place;
  /// The source tells its dependencies, as the channel told them when it was made.
  bool has_metadata = false;
  bool requested = false;  ///< The source says that the user asked for it.
};

struct AdoptedPlatform {
  std::vector<AdoptedPackage> packages;
  std::vector<LockedPypi> pypi;
  std::vector<VirtualPackage> virtual_packages;  ///< That the source assumed; empty: not said.
};

struct Adopted {
  std::string source;                      ///< As the user named it.
  std::vector<RequestedChannel> channels;  ///< In priority order, as the source has them.
  std::map<Platform, AdoptedPlatform> platforms;
  std::vector<std::string> incomplete;  ///< What cannot be locked, one sentence each.
  ChannelPriority channel_priority = ChannelPriority::strict;
  std::map<std::string, std::string> variables;
};

/// What came of it.
struct AdoptedLock {
  Lockfile lock;
  std::string text;           ///< Of the lock: read again and judged.
  std::size_t looked_up = 0;  ///< Packages that were completed from their channel's repodata.
  std::vector<std::string> notices;
};

/// Makes the lock. What a package lacks comes from the repodata of the channel that its URL names,
/// which must agree with what the source says of it.
/// @param virtual_packages  `--virtual-package`
/// @throws TrustError for another hash than the channel's, a channel or signature that envlock.yml
///         does not allow; InputError for packages that are not found, a source without channels,
///         and a set of packages that is not closed
AdoptedLock adopt(Adopted adopted, const std::filesystem::path& lock_path,
                  const std::vector<std::string>& virtual_packages, Context& context);

}  // namespace envlock
