#include <algorithm>

#include "cli/import_environment.hpp"
#include "cli/output_file.hpp"
#include "cli/repodata_session.hpp"
#include "cli/solve_ask.hpp"
#include "cli/solve_lock.hpp"
#include "cli/wanted_names.hpp"
#include "model/text.hpp"

namespace envlock {

std::vector<std::string> solve_proposal(const ProposedEnvironment& proposed,
                                        const std::string& environment, const std::string& lock,
                                        const std::vector<std::string>& virtual_packages,
                                        Context& context) {
  SolveOptions options;
  options.platforms = {proposed.platform.subdir()};
  options.virtual_packages = virtual_packages;
  const AskSurroundings around = surroundings(context);
  const auto project = load_project(context.settings.project.value_or(""), around.cwd,
                                    (around.cwd / environment).lexically_normal().parent_path());
  SolveAsk ask =
      build_ask(parse_environment(proposed.imported.document, environment),
                {.path = (around.cwd / lock).lexically_normal(), .shown = lock, .existing = {}},
                options, project, around);
  for (const std::string& notice : ask.notices) context.console.warning(notice);
  for (const std::string& what : ask.incomplete)
    context.console.warning(what + "; until then the lock says 'complete: false'");
  // What a lock has is kept where it still fits: here the exported packages are what it has.
  Lockfile preferred;
  for (const PackageRecord& record : proposed.found) {
    LockedPackage package;
    package.record = record;
    preferred.platforms[proposed.platform].packages.push_back(std::move(package));
  }
  ask.existing = std::move(preferred);
  RepodataSession session(context, false, ask.network);
  const ChannelSet channels(ask.channels, ask.platforms, ask.has_channel_policy, session.access(),
                            names_to_solve(ask));
  const auto solutions = solve_all(questions_of(ask, channels, nullptr),
                                   static_cast<unsigned>(context.settings.threads));
  const Lockfile made = make_lock(ask, channels, solutions);
  const std::string text = write_lockfile(made);
  try {
    static_cast<void>(read_lockfile(text, lock, ask.lock_path.parent_path().string()));
  } catch (const InputError& error) {
    throw InternalError("the new lock contradicts itself: " + std::string(error.what()));
  }
  write_output_file(real_target(ask.lock_path), lock, text);

  std::vector<std::string> lines;
  std::size_t kept = 0;
  const auto& packages = made.platforms.at(proposed.platform).packages;
  for (const LockedPackage& package : packages) {
    const PackageRecord& record = package.record;
    const auto before = std::ranges::find(proposed.found, record.name, &PackageRecord::name);
    if (before != proposed.found.end() && before->sha256 == record.sha256) {
      ++kept;
    } else {
      lines.push_back("  " + record.name + ' ' + record.version + ' ' + record.build +
                      (before == proposed.found.end()
                           ? " (not in the export)"
                           : " (was " + before->version + ' ' + before->build + ")"));
    }
  }
  lines.insert(lines.begin(), "Wrote " + lock + ": " + counted(packages.size(), "package") +
                                  " for " + proposed.platform.subdir() + ", " +
                                  std::to_string(kept) + " as exported");
  return lines;
}

}  // namespace envlock
