#include "cli/fetch_command.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/byte_size.hpp"
#include "cli/channel_output.hpp"
#include "cli/fetch_policy.hpp"
#include "cli/fetch_run.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/stale_lock.hpp"
#include "cli/wheel_packages.hpp"
#include "fetch/channel_folder.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// A lock and the platforms of it that are wanted.
struct LockToFetch {
  std::string path;  ///< As the user would type it.
  Lockfile lock;
  std::vector<Platform> platforms;
};

/// `--platform`, else all of the lock.
std::vector<Platform> wanted_platforms(const Lockfile& lock, const ParsedArgs& args) {
  std::vector<Platform> platforms;
  std::string known;
  for (const auto& [platform, content] : lock.platforms) {
    known += (known.empty() ? "" : ", ") + platform.subdir();
    if (!args.has("platform")) platforms.push_back(platform);
  }
  for (const std::string& text : args.values("platform")) {
    const auto platform = Platform::parse(text);
    if (!platform || !lock.platforms.contains(*platform))
      throw UsageError("the lock has no platform '" + text + "'", "its platforms are " + known);
    if (std::ranges::count(platforms, *platform) == 0) platforms.push_back(*platform);
  }
  return platforms;
}

/// The locks of envlock.yml's environments: all, or those that `-e` names.
std::vector<std::string> project_locks(const ProjectFile& project, const ParsedArgs& args) {
  std::vector<std::string> paths;
  const auto shown = [&](const std::string& lock) {
    return (project.dir / lock).lexically_proximate(std::filesystem::current_path()).string();
  };
  for (const Project::NamedEnvironment& one : project.project.environments) {
    if (!args.has("environment")) paths.push_back(shown(one.lock));
  }
  for (const std::string& name : args.values("environment")) {
    const auto& all = project.project.environments;
    const auto found = std::ranges::find(all, name, &Project::NamedEnvironment::name);
    if (found == all.end()) {
      std::string names;
      for (const auto& one : all) names += (names.empty() ? "" : ", ") + one.name;
      throw UsageError("'" + project.project.path + "' has no environment '" + name + "'",
                       names.empty() ? "it has none" : "it has " + names);
    }
    paths.push_back(shown(found->lock));
  }
  return paths;
}

std::vector<LockToFetch> locks_to_fetch(const ParsedArgs& args,
                                        const std::optional<ProjectFile>& project) {
  std::vector<std::string> paths = args.positionals();
  if (!paths.empty() && args.has("environment"))
    throw UsageError("'-e' names a lock of envlock.yml, and LOCK is one", "give one of the two");
  if (paths.empty() && project) paths = project_locks(*project, args);
  if (paths.empty() && args.has("environment"))
    throw UsageError("'-e' names an environment of envlock.yml, and there is none here");
  if (paths.empty()) paths.emplace_back("envlock.lock");
  std::vector<LockToFetch> locks;
  for (std::string& path : paths) {
    Lockfile lock = load_lock(path);
    std::vector<Platform> platforms = wanted_platforms(lock, args);
    locks.push_back({std::move(path), std::move(lock), std::move(platforms)});
  }
  return locks;
}

/// What the locks have that this command does not bring is said, never left out in silence.
void say_gaps(Console& console, const LockToFetch& one) {
  for (const std::string& what : one.lock.incomplete)
    console.warning("'" + one.path + "' is not complete: " + what);
  for (const Platform& platform : one.platforms) {
    const PypiParts parts = pypi_parts(one.lock.platforms.at(platform), lock_folder(one.path));
    if (!parts.others.empty())
      console.warning(name_list(parts.others) + " of '" + one.path + "' (" + platform.subdir() +
                      ") are not fetched: their archives are no wheels");
    if (!parts.local.empty())
      console.warning(name_list(parts.local) + " of '" + one.path + "' (" + platform.subdir() +
                      ") are local projects, and not fetched");
  }
}

std::string_view to_string(FetchedPackage::Origin origin) noexcept {
  switch (origin) {
    case FetchedPackage::Origin::cached:
      return "cached";
    case FetchedPackage::Origin::read_cache:
      return "read-cache";
    case FetchedPackage::Origin::downloaded:
      return "downloaded";
    case FetchedPackage::Origin::copied:
      return "copied";
  }
  return "cached";
}

void write_package(JsonWriter& json, const LockedPackage& package, const FetchedPackage& fetched,
                   const std::string& attested_by) {
  const PackageRecord& record = package.record;
  json.begin_object()
      .member("name", record.name)
      .member("version", record.version)
      .member("build", record.build)
      .member("subdir", record.subdir)
      .member("channel", package.channel)
      .member("fn", record.fn)
      .member("sha256", record.sha256.value().hex());
  json.member("size", fetched.found.size_bytes);
  json.member("origin", to_string(fetched.origin));
  if (!fetched.source.empty()) json.member("source", fetched.source);
  json.member("bytes_fetched", fetched.bytes_fetched);
  if (!attested_by.empty()) json.member("attested_by", attested_by);
  json.member("file", fetched.found.file.string());
  json.end_object();
}

void print_summary(Console& console, const FetchTotals& totals) {
  if (totals.fetched == 0) {
    console.out((totals.cached == 1 ? "The package is"
                                    : "All " + std::to_string(totals.cached) + " packages are") +
                std::string(" in the cache, verified."));
  } else {
    console.out("Fetched and verified " + counted(totals.fetched, "package") + " (" +
                human_bytes(totals.bytes_fetched) + "); " + std::to_string(totals.cached) +
                " came from the cache.");
  }
  if (totals.bytes_wasted > 0)
    console.out(human_bytes(totals.bytes_wasted) + " more came for nothing; the warnings say why.");
}

/// How the folder that `--to` wrote is used.
void print_use(Console& console, const std::string& folder, const std::vector<LockToFetch>& locks) {
  std::vector<const Lockfile*> used;
  for (const LockToFetch& one : locks) used.push_back(&one.lock);
  const std::string path = std::filesystem::absolute(folder).lexically_normal().string();
  for (const std::string& line : channel_folder_use(folder, path, used)) console.out(line);
}

ExitCode run_fetch(const ParsedArgs& args, Context& context) {
  const std::string folder = args.has("to") ? read_folder("--to", args.value("to")) : "";
  const std::filesystem::path cwd = std::filesystem::current_path();
  const std::filesystem::path beside =
      args.positionals().empty() ? cwd
                                 : (cwd / args.positional(0)).lexically_normal().parent_path();
  const std::optional<ProjectFile> project =
      load_project(context.settings.project.value_or(""), cwd, beside);
  const std::vector<LockToFetch> locks = locks_to_fetch(args, project);
  std::vector<LockPart> parts;
  for (const LockToFetch& one : locks) {
    if (project) require_policy(one.lock, one.path, one.platforms, *project, context);
    say_gaps(context.console, one);
    warn_of_stale_lock(one.lock, one.path, context);
    parts.push_back({&one.lock, one.platforms, lock_folder(one.path)});
  }
  if (!folder.empty()) ChannelFolder::make(folder);  // before gigabytes come for nothing
  const FetchRun run = fetch_packages(parts, project, context);

  if (!folder.empty()) write_channel_folder(folder, folder, run, context);

  const FetchTotals totals = totals_of(run.fetched);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("cache", run.cache.string());
      if (!folder.empty()) json.member("folder", folder);
      json.member("fetched", static_cast<std::uint64_t>(totals.fetched));
      json.member("cached", static_cast<std::uint64_t>(totals.cached));
      json.member("bytes_fetched", totals.bytes_fetched);
      json.member("bytes_wasted", totals.bytes_wasted);
      json.key("packages").begin_array();
      for (std::size_t i = 0; i < run.wanted.size(); ++i)
        write_package(json, *run.wanted[i].package, run.fetched[i], run.attested.signers[i]);
      json.end_array();
    });
  }
  print_summary(context.console, totals);
  if (!folder.empty()) print_use(context.console, folder, locks);
  return ExitCode::ok;
}

}  // namespace

Command fetch_command() {
  return {
      {.name = "fetch",
       .summary = "Download and verify every package of a lock",
       .description =
           "Each package comes from a mirror of envlock.yml or from its channel, and must have the "
           "size and SHA-256 of the lock before anything can use it. What the cache holds is not "
           "fetched again, what broke off is completed. Wheels of a lock's 'pip:' list come from "
           "where the lock says, and are checked alike. Without LOCK, the locks of envlock.yml's "
           "environments, else envlock.lock.\n\n"
           "With --to the packages also become a channel folder, from which conda, micromamba, "
           "pixi and envlock install on a machine without network; wheels go to DIR/pypi, for "
           "pip's --find-links.",
       .positionals = {lock_argument()},
       .groups = {{.title = "Options",
                   .options =
                       {{.name = "platform",
                         .value = "PLATFORM",
                         .help = "which of the lock's platforms",
                         .fallback = "all",
                         .repeatable = true,
                         .kind = ValueKind::platform},
                        {.name = "environment",
                         .letter = 'e',
                         .value = "NAME",
                         .help = "an environment of envlock.yml",
                         .fallback = "all",
                         .repeatable = true},
                        {.name = "to",
                         .value = "DIR",
                         .help = "also write a channel folder here",
                         .more =
                             "What is there stays; the listings cover both. Several runs may write "
                             "one folder at once: they take turns.",
                         .kind = ValueKind::directory}}},
                  credential_options()},
       .examples = {{"All packages of envlock.lock, before a build without network",
                     "envlock fetch"},
                    {"A mirror of one platform, for a machine behind an air gap",
                     "envlock fetch --platform linux-64 --to /media/disk/channel"}},
       .exits = {ExitCode::invalid_input, ExitCode::network, ExitCode::untrusted}},
      run_fetch};
}

}  // namespace envlock
