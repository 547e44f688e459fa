#include "cli/solve_ask.hpp"

#include <algorithm>
#include <set>

#include "cli/ask_channels.hpp"
#include "cli/ask_platforms.hpp"
#include "cli/ask_trust.hpp"
#include "cli/at_place.hpp"
#include "cli/pip_list.hpp"
#include "cli/project_file.hpp"
#include "fetch/atomic_file.hpp"
#include "model/match_spec.hpp"
#include "model/pep440.hpp"
#include "model/selector.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_environment_bytes = std::size_t{1} << 20U;  // design section 12, Y02
constexpr std::size_t max_lock_bytes = std::size_t{64} << 20U;

/// One lock to make: which files, and where the lock goes.
struct Target {
  std::string name;
  std::vector<std::string> files;  ///< As the user would type them, from the working folder.
  std::filesystem::path lock;      ///< Absolute.
  std::string lock_shown;
  std::optional<std::string> same_versions_as;
  std::filesystem::path same_versions_lock = {};  ///< Of that environment; absolute.
  std::string same_versions_shown = {};
};

std::string shown_path(const std::filesystem::path& path, const std::filesystem::path& cwd) {
  const std::string relative = path.lexically_proximate(cwd).string();
  return relative.starts_with("../../..") ? path.string() : relative;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

/// Environments of envlock.yml in an order in which each comes after the one whose versions it
/// takes.
std::vector<Project::NamedEnvironment> ordered_environments(const Project& project) {
  std::vector<Project::NamedEnvironment> ordered;
  std::set<std::string> done;
  while (ordered.size() < project.environments.size()) {
    const std::size_t before = ordered.size();
    for (const Project::NamedEnvironment& environment : project.environments) {
      if (done.contains(environment.name)) continue;
      if (environment.same_versions_as && !done.contains(*environment.same_versions_as)) continue;
      done.insert(environment.name);
      ordered.push_back(environment);
    }
    if (ordered.size() == before)
      throw InternalError("envlock.yml's environments depend on each other in a circle");
  }
  return ordered;
}

std::vector<Target> named_targets(const SolveOptions& options, const ProjectFile& project,
                                  const std::filesystem::path& cwd) {
  std::vector<Project::NamedEnvironment> environments = ordered_environments(project.project);
  std::set<std::string> wanted;
  for (const std::string& name : options.environments) {
    const auto known = std::find_if(environments.begin(), environments.end(),
                                    [&](const auto& e) { return e.name == name; });
    if (known == environments.end()) {
      std::vector<std::string> names;
      for (const auto& environment : environments) names.push_back(environment.name);
      throw UsageError("'" + project.project.path + "' has no environment '" + name + "'",
                       "it has: " + join(names, ", "));
    }
    wanted.insert(name);
  }
  std::vector<Target> targets;
  for (const Project::NamedEnvironment& environment : environments) {
    if (!wanted.empty() && !wanted.contains(environment.name)) continue;
    Target target{environment.name,
                  {},
                  (project.dir / environment.lock).lexically_normal(),
                  {},
                  environment.same_versions_as};
    for (const std::string& file : environment.files) {
      target.files.push_back(shown_path((project.dir / file).lexically_normal(), cwd));
    }
    target.lock_shown = shown_path(target.lock, cwd);
    for (const Project::NamedEnvironment& other : environments) {
      if (other.name != environment.same_versions_as) continue;
      target.same_versions_lock = (project.dir / other.lock).lexically_normal();
      target.same_versions_shown = shown_path(target.same_versions_lock, cwd);
    }
    targets.push_back(std::move(target));
  }
  if (!options.output.empty()) {
    if (targets.size() != 1)
      throw UsageError("-o names one lock, but there are several environments",
                       "choose one with -e NAME");
    targets.front().lock = (cwd / options.output).lexically_normal();
    targets.front().lock_shown = options.output;
  }
  return targets;
}

std::vector<Target> find_targets(const SolveOptions& options,
                                 const std::optional<ProjectFile>& project,
                                 const std::filesystem::path& cwd) {
  const bool has_named = project && !project->project.environments.empty();
  if (!options.environments.empty()) {
    if (!options.files.empty())
      throw UsageError("-e and environment files exclude each other", "give one of them");
    if (!has_named)
      throw UsageError("-e needs an envlock.yml with 'environments:'",
                       "or name the environment file");
  }
  if (options.files.empty() && has_named) return named_targets(options, *project, cwd);
  Target target;
  target.files = options.files;
  if (target.files.empty()) {
    std::error_code ignored;
    for (const char* name : {"environment.yml", "environment.yaml"}) {
      if (target.files.empty() && std::filesystem::exists(cwd / name, ignored))
        target.files.emplace_back(name);
    }
    if (target.files.empty()) {
      throw UsageError("there is no environment.yml here",
                       "name the file: envlock solve path/to/environment.yml");
    }
  }
  target.lock_shown = options.output.empty() ? "envlock.lock" : options.output;
  target.lock = (cwd / target.lock_shown).lexically_normal();
  return {std::move(target)};
}

Environment read_environment(const std::vector<std::string>& files,
                             const std::filesystem::path& cwd) {
  std::vector<Environment> parts;
  std::set<std::filesystem::path> seen;
  for (const std::string& file : files) {
    if (!seen.insert((cwd / file).lexically_normal()).second) {
      throw UsageError("'" + file + "' is given twice", "name each environment file once");
    }
    std::error_code ignored;
    if (std::filesystem::path(file).extension().empty() &&
        !std::filesystem::exists(cwd / file, ignored)) {
      throw UsageError("there is no environment file '" + file + "'",
                       "solve takes files: a package that is wanted stands below 'dependencies:' "
                       "in environment.yml");
    }
    parts.push_back(parse_environment(read_file(cwd / file, max_environment_bytes), file));
  }
  Environment environment =
      parts.size() == 1 ? std::move(parts.front()) : merge_environments(std::move(parts));
  include_requirement_files(environment, cwd);
  return environment;
}

std::optional<Lockfile> read_existing(const std::filesystem::path& lock, const std::string& shown) {
  std::error_code error;
  if (lock.empty() || !std::filesystem::exists(lock, error)) return std::nullopt;
  return read_lockfile(read_file(lock, max_lock_bytes), shown, lock.parent_path().string());
}

/// A file's specs in the lock's form: what every platform asks for, and what a selector limits.
LockInputs::File file_inputs(const Environment::File& file, const std::vector<Platform>& platforms,
                             const std::filesystem::path& lock_dir,
                             const std::filesystem::path& cwd) {
  LockInputs::File inputs;
  inputs.path = (cwd / file.path).lexically_normal().lexically_relative(lock_dir).generic_string();
  const auto collect = [&](const std::vector<RequestedSpec>& all, bool is_pip,
                           std::vector<std::string>& common,
                           std::map<Platform, std::vector<std::string>>& limited) {
    for (const RequestedSpec& spec : all) {
      const std::string text =
          is_pip ? std::string(trim(spec.text))
                 : at_place(spec.place, [&] { return MatchSpec::parse(spec.text).to_string(); });
      inputs.lines.emplace(text, spec.place.line);
      if (!spec.selector) {
        common.push_back(text);
        continue;
      }
      for (const Platform& platform : platforms) {
        if (selector_holds(*spec.selector, platform)) limited[platform].push_back(text);
      }
    }
    // The order of pip's lines can matter to pip; that of conda's specs never does.
    if (is_pip) return;
    const auto sort_unique = [](std::vector<std::string>& specs) {
      std::sort(specs.begin(), specs.end());
      specs.erase(std::unique(specs.begin(), specs.end()), specs.end());
    };
    sort_unique(common);
    for (auto& [platform, specs] : limited) sort_unique(specs);
  };
  collect(file.specs, false, inputs.specs, inputs.platform_specs);
  collect(file.pip, true, inputs.pip, inputs.platform_pip);
  return inputs;
}

ChannelPriority asked_priority(const SolveOptions& options,
                               const std::optional<ProjectFile>& project,
                               const Lockfile* existing) {
  if (!options.channel_priority.empty()) {
    const auto priority = parse_channel_priority(options.channel_priority);
    if (!priority) {
      throw UsageError("--channel-priority: '" + options.channel_priority +
                       "' is none of strict, flexible, disabled");
    }
    return *priority;
  }
  if (project && project->project.channel_priority) return *project->project.channel_priority;
  return existing != nullptr ? existing->inputs.channel_priority : ChannelPriority::strict;
}

std::optional<ExcludeNewer> asked_exclude_newer(const SolveOptions& options,
                                                const std::optional<ProjectFile>& project,
                                                const Lockfile* existing, Instant now) {
  const auto parse = [&](const std::string& text) -> std::optional<ExcludeNewer> {
    if (text == "none") return std::nullopt;
    return parse_exclude_newer(text, now);
  };
  if (!options.exclude_newer.empty()) {
    try {
      return parse(options.exclude_newer);
    } catch (const InputError& error) {
      throw UsageError("--exclude-newer: " + std::string(error.what()), error.hint());
    }
  }
  if (project && project->project.exclude_newer) {
    return at_place({project->project.path, 0, 0},
                    [&] { return parse(*project->project.exclude_newer); });
  }
  if (existing != nullptr && existing->inputs.exclude_newer) {
    // The same wish again; an age is counted from today.
    return parse_exclude_newer(existing->inputs.exclude_newer->asked, now);
  }
  return std::nullopt;
}

/// What envlock.yml says of PyPI is part of the question only where pip is asked at all.
void add_pypi_rules(const std::optional<ProjectFile>& project, LockInputs& inputs) {
  const bool has_list = std::ranges::any_of(inputs.files, [](const LockInputs::File& file) {
    return !file.pip.empty() || !file.platform_pip.empty();
  });
  if (!project || !has_list) return;
  const PypiRules& rules = project->project.pypi;
  const PypiIndex* fallback = nullptr;
  for (const PypiIndex& index : rules.indexes) {
    if (index.packages.empty()) {
      fallback = &index;
      continue;
    }
    std::vector<std::string> patterns = index.packages;
    std::ranges::sort(patterns);
    inputs.pypi_indexes.push_back({index.url.to_string(), std::move(patterns)});
  }
  if (fallback != nullptr && fallback->url != default_pypi_index().url)
    inputs.pypi_indexes.push_back({fallback->url.to_string(), {}});
  for (const auto& [package, projects] : rules.names) {
    const std::set<std::string> sorted(projects.begin(), projects.end());
    inputs.pypi_names[package].assign(sorted.begin(), sorted.end());
  }
}

/// The lists, and that they are not locked: lock_pip_lists takes that back.
void add_pip(SolveAsk& ask, const Environment& environment, const std::filesystem::path& cwd) {
  for (std::size_t i = 0; i < environment.files.size(); ++i) {
    const Environment::File& file = environment.files[i];
    if (file.pip.empty()) continue;
    const std::filesystem::path folder = (cwd / file.path).lexically_normal().parent_path();
    std::size_t taken = 0;
    for (const RequestedSpec& spec : file.pip) {
      bool is_taken = false;
      for (const Platform& platform : ask.platforms) {
        if (spec.selector && !selector_holds(*spec.selector, platform)) continue;
        ask.pip[platform].push_back({spec, folder});
        is_taken = true;
      }
      if (is_taken) ++taken;
    }
    // A list whose selectors hold for no platform asks for nothing.
    if (taken == 0) continue;
    // Into the lock goes the path that the lock has, whatever was typed where.
    ask.incomplete.push_back(ask.inputs.files[i].path + ": 'pip:' lists " +
                             counted(taken, "requirement") + ", which 'envlock solve' resolves");
  }
}

/// `--update NAME` of a package that the lock has from PyPI.
bool take_pip_update(const std::string& text, SolveAsk& ask) {
  if (!ask.existing) return false;
  const MatchSpec spec = MatchSpec::parse(text);
  const std::string project = project_key(spec.name());
  bool found = false;
  for (const auto& [platform, locked] : ask.existing->platforms) {
    for (const LockedPackage& package : locked.packages) {
      if (spec.matches_name(package.record.name)) return false;
    }
    found = found || std::ranges::count(locked.pypi, project, &LockedPypi::name) != 0;
  }
  if (!found) return false;
  if (project_key(trim(text)) != project)
    throw UsageError("--update " + text + ": a package of PyPI is named without a version",
                     "write the version into the 'pip:' list");
  ask.pip_updates.insert(project);
  return true;
}

SolveAsk ask_target(const Target& target, const SolveOptions& options,
                    const std::optional<ProjectFile>& project, const AskSurroundings& around) {
  SolveAsk ask = build_ask(read_environment(target.files, around.cwd),
                           {.environment = target.name,
                            .path = target.lock,
                            .shown = target.lock_shown,
                            .existing = read_existing(target.lock, target.lock_shown),
                            .same_versions_as = target.same_versions_as},
                           options, project, around);
  ask.same_versions_lock = read_existing(target.same_versions_lock, target.same_versions_shown);
  return ask;
}

}  // namespace

SolveAsk build_ask(const Environment& environment, LockPlace place, const SolveOptions& options,
                   const std::optional<ProjectFile>& project, const AskSurroundings& around) {
  SolveAsk ask;
  ask.environment = std::move(place.environment);
  ask.lock_path = std::move(place.path);
  ask.lock_shown = std::move(place.shown);
  ask.existing = std::move(place.existing);
  ask.same_versions_as = std::move(place.same_versions_as);
  ask.notices = environment.notices;
  ask.project = project;
  const Lockfile* existing = ask.existing ? &*ask.existing : nullptr;
  const std::filesystem::path lock_dir = ask.lock_path.parent_path();

  ask.channels =
      asked_channels(options.channels, environment, project, existing, lock_dir, around.cwd);
  add_trust(ask.channels, project, around.now);
  ask.channel_names = channel_names(
      project, (around.cwd / environment.files.front().path).lexically_normal().parent_path());
  ask.network = network_rules(project);
  ask.has_channel_policy = project && !project->project.channels.empty();
  ask.platforms = asked_platforms(options.platforms, environment, project, existing);
  AskedVirtualPackages virtual_packages =
      asked_virtual_packages(options.virtual_packages, ask.platforms, project, existing, around);
  ask.virtual_packages = std::move(virtual_packages.assumed);
  ask.variables = environment.variables;

  LockInputs& inputs = ask.inputs;
  for (const Environment::File& file : environment.files) {
    for (const RequestedSpec& spec : file.specs) {
      ask.written.emplace(
          at_place(spec.place, [&] { return MatchSpec::parse(spec.text).to_string(); }), spec.text);
    }
    inputs.files.push_back(file_inputs(file, ask.platforms, lock_dir, around.cwd));
  }
  add_channels_to_inputs(ask.channels, project, lock_dir, inputs);
  inputs.platforms = !environment.platforms.empty() ? environment.platforms
                     : project                      ? project->project.platforms
                                                    : std::vector<Platform>{};
  std::sort(inputs.platforms.begin(), inputs.platforms.end());
  inputs.virtual_packages = std::move(virtual_packages.asked);
  inputs.channel_priority = asked_priority(options, project, existing);
  inputs.exclude_newer = asked_exclude_newer(options, project, existing, around.now);
  inputs.same_versions_as = ask.same_versions_as;
  if (project) {
    inputs.keep_records_without_timestamp = project->project.keep_records_without_timestamp;
    for (const Project::DeniedPackage& denied : project->project.denied) {
      inputs.denied.push_back(
          at_place(denied.place, [&] { return MatchSpec::parse(denied.spec).to_string(); }));
      ask.denied.push_back({denied.spec, denied.place});
    }
    std::sort(inputs.denied.begin(), inputs.denied.end());
  }
  add_pypi_rules(project, inputs);
  if (existing != nullptr) inputs = with_kept_answers(std::move(inputs), existing->inputs);

  for (const Platform& platform : ask.platforms) {
    for (const RequestedSpec& spec : environment.specs_for(platform)) {
      ask.requests[platform].push_back({spec.text, spec.place});
    }
    ask.requests.try_emplace(platform);
  }
  for (const std::string& text : options.updates) {
    try {
      (void)MatchSpec::parse(text);
    } catch (const InputError& error) {
      throw UsageError("--update: " + std::string(error.what()), error.hint());
    }
    if (!take_pip_update(text, ask)) ask.updates.push_back({text, {"--update", 0, 0}});
  }
  ask.update_all = options.update_all;
  add_pip(ask, environment, around.cwd);
  return ask;
}

std::vector<SolveAsk> build_asks(const SolveOptions& options, const AskSurroundings& around) {
  const std::filesystem::path beside =
      options.files.empty() ? around.cwd
                            : (around.cwd / options.files.front()).lexically_normal().parent_path();
  const std::optional<ProjectFile> project = load_project(options.project, around.cwd, beside);
  std::vector<SolveAsk> asks;
  for (const Target& target : find_targets(options, project, around.cwd)) {
    asks.push_back(ask_target(target, options, project, around));
  }
  return asks;
}

}  // namespace envlock
