#include "cli/ask_platforms.hpp"

#include <algorithm>

#include "cli/at_place.hpp"
#include "cli/host_input.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

Platform known_platform(const std::string& text) {
  const std::optional<Platform> platform = Platform::parse(text);
  if (platform && is_known_subdir(text)) return *platform;
  const std::optional<std::string> near = nearest_word(text, known_subdirs());
  throw UsageError("unknown platform '" + text + "'",
                   text == "noarch" ? "its packages are always looked at; name a machine's platform"
                   : near           ? "did you mean '" + *near + "'?"
                                    : "platforms are named like linux-64, osx-arm64, win-64");
}

void put(std::vector<VirtualPackage>& packages, VirtualPackage package) {
  std::erase_if(packages, [&](const VirtualPackage& known) { return known.name == package.name; });
  packages.push_back(std::move(package));
  std::sort(packages.begin(), packages.end());
}

/// What `--virtual-package` said in all.
struct CommandLine {
  bool none = false;
  bool host = false;
  std::vector<HostDescription> described;  ///< `host:NAME|FILE`
  std::vector<VirtualPackage> named;
};

CommandLine read_command_line(const std::vector<std::string>& texts,
                              const std::optional<ProjectFile>& project,
                              const AskSurroundings& around) {
  constexpr std::string_view described = "host:";
  CommandLine said;
  for (const std::string& text : texts) {
    if (text == "none") {
      said.none = true;
    } else if (text == "host") {
      said.host = true;
    } else if (text.substr(0, described.size()) == described) {
      said.described.push_back(load_host(text.substr(described.size()), project, around.cwd));
    } else {
      try {
        said.named.push_back(parse_virtual_package(text));
      } catch (const InputError& error) {
        throw UsageError(
            "--virtual-package: " + std::string(error.what()),
            "write NAME=VERSION[=BUILD] (for example __cuda=12.4), 'host', 'host:FILE' or "
            "'none'");
      }
    }
  }
  if (said.none && (said.host || !said.described.empty())) {
    throw UsageError("--virtual-package: 'none' and 'host' contradict each other",
                     "give one of them");
  }
  return said;
}

void require_fits_somewhere(const CommandLine& said, const std::vector<Platform>& platforms) {
  for (const VirtualPackage& package : said.named) {
    const bool fits = std::any_of(platforms.begin(), platforms.end(), [&](const Platform& p) {
      return virtual_package_fits(package.name, p);
    });
    if (!fits) {
      throw UsageError(
          "--virtual-package: '" + package.name + "' exists on none of the platforms asked for",
          "the first is " + platforms.front().subdir());
    }
  }
  if (said.host &&
      std::find(platforms.begin(), platforms.end(), Platform::host()) == platforms.end()) {
    throw UsageError(
        "--virtual-package host: this machine is " + Platform::host().subdir() +
            ", which is not among the platforms asked for",
        "add --platform " + Platform::host().subdir() + ", or name the virtual packages");
  }
}

/// Each platform is described by one host at most, and asked for.
void require_one_host_each(const CommandLine& said, const std::vector<Platform>& platforms) {
  std::vector<Platform> seen;
  if (said.host) seen.push_back(Platform::host());
  for (const HostDescription& host : said.described) {
    const std::string subdir = host.platform.subdir();
    if (std::find(platforms.begin(), platforms.end(), host.platform) == platforms.end()) {
      throw UsageError("--virtual-package host: the host described is " + subdir +
                           ", which is not among the platforms asked for",
                       "add --platform " + subdir + ", or name the virtual packages");
    }
    if (std::find(seen.begin(), seen.end(), host.platform) != seen.end()) {
      throw UsageError("--virtual-package host: two hosts are given for " + subdir,
                       "a lock assumes one machine a platform: give the lesser one");
    }
    seen.push_back(host.platform);
  }
}

/// What CONDA_OVERRIDE_* variables say about a platform.
std::vector<OverrideChange> environment_overrides(const Platform& platform,
                                                  const AskSurroundings& around) {
  std::vector<OverrideChange> changes;
  for (const OverrideVariable& known : override_variables()) {
    const std::string name(known.variable);
    const std::optional<std::string> value = around.variable(name);
    if (!value) continue;
    auto change = at_place({name, 0, 0}, [&] { return apply_override(name, *value, platform); });
    if (change) changes.push_back(std::move(*change));
  }
  return changes;
}

}  // namespace

std::vector<Platform> asked_platforms(const std::vector<std::string>& command_line,
                                      const Environment& environment,
                                      const std::optional<ProjectFile>& project,
                                      const Lockfile* existing) {
  std::vector<Platform> platforms;
  const auto add_existing = [&] {
    if (existing == nullptr) return;
    for (const auto& [platform, locked] : existing->platforms) platforms.push_back(platform);
  };
  std::vector<Platform> wished;
  for (const std::string& text : command_line) wished.push_back(known_platform(text));
  const bool by_project =
      environment.platforms.empty() && project && !project->project.platforms.empty();
  if (!environment.platforms.empty() || by_project) {
    // A full list: a lock has all of them, and no other.
    platforms = by_project ? project->project.platforms : environment.platforms;
    for (const Platform& platform : wished) {
      if (std::find(platforms.begin(), platforms.end(), platform) != platforms.end()) continue;
      throw UsageError("--platform " + platform.subdir() + " is not among the 'platforms:' of '" +
                           (by_project ? project->project.path : environment.files.front().path) +
                           "'",
                       "add it there: a lock has just the platforms of that list");
    }
  } else if (!wished.empty()) {
    platforms = std::move(wished);
    add_existing();
  } else {
    add_existing();
  }
  if (platforms.empty()) platforms.push_back(Platform::host());
  std::sort(platforms.begin(), platforms.end());
  platforms.erase(std::unique(platforms.begin(), platforms.end()), platforms.end());
  return platforms;
}

AskedVirtualPackages asked_virtual_packages(const std::vector<std::string>& command_line,
                                            const std::vector<Platform>& platforms,
                                            const std::optional<ProjectFile>& project,
                                            const Lockfile* existing,
                                            const AskSurroundings& around) {
  const CommandLine said = read_command_line(command_line, project, around);
  require_fits_somewhere(said, platforms);
  require_one_host_each(said, platforms);
  AskedVirtualPackages result;
  for (const Platform& platform : platforms) {
    bool asked = said.none;
    std::vector<VirtualPackage> packages;
    const auto described =
        std::find_if(said.described.begin(), said.described.end(),
                     [&](const HostDescription& host) { return host.platform == platform; });
    if (described != said.described.end()) {
      packages = virtual_packages_of(*described);
      asked = true;
    } else if (said.host && platform == Platform::host()) {
      packages = around.host_virtual_packages();
      asked = true;
    } else if (!said.none) {
      const bool locked = existing != nullptr && existing->platforms.contains(platform);
      packages = locked ? existing->platforms.at(platform).virtual_packages
                        : default_virtual_packages(platform);
    }
    if (project) {
      const auto named = project->project.virtual_packages.find(platform);
      if (named != project->project.virtual_packages.end()) {
        asked = true;
        for (const VirtualPackage& package : named->second) put(packages, package);
      }
    }
    const std::vector<OverrideChange> overrides = environment_overrides(platform, around);
    if (!overrides.empty()) {
      asked = true;
      packages = with_overrides(std::move(packages), overrides);
    }
    for (const VirtualPackage& package : said.named) {
      if (!virtual_package_fits(package.name, platform)) continue;
      asked = true;
      put(packages, package);
    }
    std::sort(packages.begin(), packages.end());
    if (asked) result.asked.emplace(platform, packages);
    result.assumed.emplace(platform, std::move(packages));
  }
  return result;
}

}  // namespace envlock
