#include "cli/environment_plan.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <span>
#include <utility>

#include "cli/fetch_policy.hpp"
#include "cli/lock_input.hpp"
#include "cli/wheel_packages.hpp"
#include "model/activation.hpp"
#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "pack/packaged_text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

/// What envlock adds to the packages' files.
std::vector<ExtraFile> own_files(const std::map<std::string, std::string>& variables) {
  const ActivationFacts facts{.variables = variables};
  std::vector<ExtraFile> files;
  for (const Shell shell : {Shell::posix, Shell::fish}) {
    ExtraFile file{.path = std::string(activation_path(shell)),
                   .content = activation_script(shell, facts)};
    if (shell == Shell::posix) file.placeholder = generated_placeholder;
    files.push_back(std::move(file));
  }
  return files;
}

/// Packages set variables, too (CF 8.8): in the order of their files' names, the lock's win.
void add_package_variables(TreePlan& plan, const Lockfile& lock, const std::stop_token& stop) {
  const auto texts = packaged_texts(plan, "etc/conda/env_vars.d/", stop);
  std::map<std::string, std::string> variables;
  for (const auto& [path, text] : texts) {
    if (path.ends_with(".json")) add_env_vars(text, path, variables);
  }
  if (variables.empty()) return;
  for (const auto& [name, value] : lock.variables) variables[name] = value;
  for (ExtraFile& file : own_files(variables))
    replace_own_file(plan, file.path, std::move(file.content));
}

}  // namespace

EnvironmentLock load_environment_lock(const ParsedArgs& args, Context& context, std::string path) {
  const fs::path cwd = fs::current_path();
  if (path.empty()) path = args.positional(0, "envlock.lock");
  std::string text = load_lock_text(path);
  Lockfile lock = read_lock_text(text, path);
  const Platform platform = choose_platform(lock, args, OnlyPlatform::refused);
  auto project = load_project(context.settings.project.value_or(""), cwd,
                              fs::absolute(path).lexically_normal().parent_path());
  if (project) {
    require_policy(lock, path, std::array{platform}, *project, context);
  }
  return {std::move(path), std::move(text), std::move(lock), platform, std::move(project)};
}

void warn_of_gaps(const EnvironmentLock& environment, Console& console, PypiGaps gaps) {
  for (const std::string& what : environment.lock.incomplete)
    console.warning("'" + environment.path + "' is not complete: " + what);
  const PypiParts parts = pypi_parts(environment.lock.platforms.at(environment.platform),
                                     lock_folder(environment.path));
  if (!parts.others.empty() && gaps != PypiGaps::left_out) {
    throw Error(ExitCode::unfit,
                "'" + environment.path + "' has PyPI packages whose archives are no wheels, and " +
                    "would have to be built: " + name_list(parts.others),
                "lock versions that have wheels, or build wheels of them once (pip wheel), put "
                "them where the lock can name them, and lock those");
  }
  const auto say = [&](std::span<const LockedPypi* const> left_out, const std::string& why) {
    if (!left_out.empty()) console.warning(name_list(left_out) + " left out: " + why);
  };
  say(parts.others, "their archives are no wheels");
  say(parts.local,
      "they are local projects, whose files no archive holds; their dependencies are there, and "
      "they "
      "come with: PREFIX/bin/python -m pip install --no-deps -e PATH");
}

TreePlan plan_environment(const EnvironmentLock& environment, Context& context, PypiGaps gaps,
                          std::vector<ExtraFile> extra) {
  warn_of_gaps(environment, context.console, gaps);
  const LockPlatform& content = environment.lock.platforms.at(environment.platform);
  require_wheels_fit(pypi_parts(content, lock_folder(environment.path)).wheels,
                     environment.platform, content, environment.path);
  const std::array<LockPart, 1> parts{
      {{&environment.lock, {environment.platform}, lock_folder(environment.path)}}};
  const FetchRun run = fetch_packages(parts, environment.project, context);
  std::vector<PackageToPlace> packages;
  packages.reserve(run.wanted.size());
  for (std::size_t i = 0; i < run.wanted.size(); ++i) {
    const LockedPackage& locked = *run.wanted[i].package;
    packages.push_back({locked.record, locked.channel, locked.requested,
                        PackageArchive(run.fetched[i].found.file, locked.record.fn)});
    if (is_wheel(locked.record))
      packages.back().direct_url = direct_url_of(environment.lock, locked.record);
  }
  for (ExtraFile& file : own_files(environment.lock.variables)) extra.push_back(std::move(file));
  TreePlan plan = plan_tree(
      std::move(packages), std::move(extra), context.settings.threads, context.stop,
      environment.project ? environment.project->project.clobbers : std::vector<ClobberRule>());
  add_package_variables(plan, environment.lock, context.stop);
  return plan;
}

BaselineFacts baseline_facts(const EnvironmentLock& environment) {
  return {.platform = environment.platform,
          .lock_sha256 = sha256_of(environment.text),
          .variables = environment.lock.variables};
}

Baseline cached_baseline(const EnvironmentLock& environment, Context& context) {
  Settings settings = context.settings;
  settings.offline = true;
  Context offline{context.command, context.console,     context.clock,
                  settings,        context.environment, context.stop};
  try {
    std::vector<std::string> notices;
    return make_baseline(plan_environment(environment, offline, PypiGaps::left_out),
                         baseline_facts(environment), settings.threads, context.stop, notices);
  } catch (const Error& error) {
    if (error.exit_code() != ExitCode::network && error.exit_code() != ExitCode::io) throw;
    throw IoError(
        error.what(),
        "verify with --baseline FILE, which needs no packages, or bring them with: envlock "
        "fetch " +
            shell_word(environment.path));
  }
}

}  // namespace envlock
