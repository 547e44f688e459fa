#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/network_rules.hpp"
#include "cli/project_file.hpp"
#include "model/channel.hpp"
#include "model/environment.hpp"
#include "model/lockfile.hpp"
#include "model/project.hpp"
#include "solver/solve.hpp"

namespace envlock {

/// What the command line of `solve` says, before anything is read.
struct SolveOptions {
  std::vector<std::string> files;         ///< environment.yml files, in order.
  std::string output;                     ///< `-o`; empty: the default lock.
  std::vector<std::string> environments;  ///< `-e`: names of envlock.yml's environments.
  std::string project;  ///< `--project`: a file or git:REV:PATH; empty: look beside.
  std::vector<std::string> platforms;
  std::vector<std::string> channels;
  std::vector<std::string> virtual_packages;  ///< `N=V[=B]`, "host", "host:X", "none".
  std::vector<std::string> updates;           ///< `--update`: MatchSpecs.
  bool update_all = false;
  std::string exclude_newer;     ///< Empty: not said. "none" takes it back.
  std::string channel_priority;  ///< Empty: not said.
};

/// What else a question depends on; given, so that nothing below reads the machine by itself.
struct AskSurroundings {
  std::filesystem::path cwd;  ///< Absolute.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// What `--virtual-package host` stands for.
  std::function<std::vector<VirtualPackage>()> host_virtual_packages;
  Instant now;
};

/// A channel as a question uses it.
struct AskedChannel {
  Channel channel;            ///< `name` is unique in the question: the lock's key.
  bool only_by_name = false;  ///< Not in the list: only a `channel::spec` names it.
  SourcePlace place;
  TrustRule trust = {};  ///< envlock.yml's.
  /// The file of the root that is believed, where signatures are looked at.
  struct Root {
    std::filesystem::path file;
    SourcePlace place;
  };
  Root root = {};
  std::optional<Instant> newest = {};  ///< By `minimum_age`: later records are too young.
  bool use_shards =
      true;  ///< envlock.yml's `shards`: read its repodata in parts where it has them.
};

/// A line of a `pip:` list, included files' among them.
struct AskedPipLine {
  RequestedSpec spec;
  std::filesystem::path folder;  ///< Of the environment file; absolute: paths are relative to it.
};

/// The whole question that one lock answers.
struct SolveAsk {
  std::string environment;          ///< Its name in envlock.yml, or empty.
  std::filesystem::path lock_path;  ///< Absolute.
  std::string lock_shown;           ///< As the user would type it.
  std::vector<AskedChannel>
      channels;                ///< The list in priority order, then those that only specs name.
  ChannelNames channel_names;  ///< For `channel::` parts of specs.
  NetworkRules network;
  bool has_channel_policy = false;  ///< envlock.yml lists the channels that may be used.
  std::vector<Platform> platforms;  ///< Sorted.
  std::map<Platform, std::vector<Request>> requests;
  std::map<Platform, std::vector<VirtualPackage>> virtual_packages;  ///< The assumed ones, sorted.
  std::map<Platform, std::vector<AskedPipLine>> pip;  ///< Those of a platform, in their order.
  std::vector<Request> denied;
  std::vector<Request> updates;
  std::set<std::string> pip_updates;  ///< Projects of `pip:` that `--update` names, normalised.
  bool update_all = false;
  LockInputs inputs;
  /// The specs of `inputs` as the user wrote them, for messages.
  std::map<std::string, std::string> written;
  std::map<std::string, std::string> variables;
  /// What is not locked, a sentence each: `pip:` lists, unless lock_pip_lists comes after.
  std::vector<std::string> incomplete;
  std::vector<std::string> notices;
  std::optional<ProjectFile> project;
  std::optional<Lockfile> existing;
  /// The existing lock of that environment, for runs that do not solve it.
  std::optional<Lockfile> same_versions_lock;
  std::optional<std::string> same_versions_as;  ///< An environment of envlock.yml, solved before.
};

/// The lock that a question is asked for.
struct LockPlace {
  std::string environment = {};      ///< Its name in envlock.yml, or empty.
  std::filesystem::path path;        ///< Absolute.
  std::string shown;                 ///< As the user would type it.
  std::optional<Lockfile> existing;  ///< What is there already.
  std::optional<std::string> same_versions_as = {};
};

/// The question of environment files that were read already.
/// @throws as build_asks
SolveAsk build_ask(const Environment& environment, LockPlace place, const SolveOptions& options,
                   const std::optional<ProjectFile>& project, const AskSurroundings& around);

/// Reads the files that the options name (or the defaults: envlock.yml's environments, else
/// environment.yml) and the existing locks, and puts the questions together; each environment after
/// the one whose versions it takes. What neither files nor options say is taken from the lock that
/// exists, so that a plain `solve` asks the same question again.
/// @throws UsageError, InputError, TrustError (a channel outside envlock.yml's list), IoError
std::vector<SolveAsk> build_asks(const SolveOptions& options, const AskSurroundings& around);

}  // namespace envlock
