#include "cli/pip_check.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "cli/at_place.hpp"
#include "cli/pip_list.hpp"
#include "cli/pip_names.hpp"
#include "fetch/atomic_file.hpp"
#include "model/pip_line.hpp"
#include "model/pypi_origin.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_wheel_bytes = std::size_t{2} << 30U;

/// A reference of the lock as a path.
fs::path path_of(const std::string& reference, const fs::path& lock_dir) {
  const auto url = Url::from_path(lock_dir.string()).resolve(reference);
  return url ? fs::path(url->local_path()) : lock_dir / reference;
}

void check_on_disk(const SolveAsk& ask, const std::string& id, const LockedPypi& package,
                   CheckResult& result) {
  const std::string& reference = package.path.empty() ? package.url : package.path;
  const fs::path path = path_of(reference, ask.lock_path.parent_path());
  std::string found;
  try {
    found = package.sha256 ? sha256_of(read_file(path, most_wheel_bytes)).hex()
                           : project_metadata_digest(path, reference).hex();
  } catch (const IoError& error) {
    add_message(result, "local", package.name, id + ": " + error.what());
    return;
  } catch (const InputError& error) {  // a folder that is no project any more
    add_message(result, "local", package.name, id + ": " + error.what());
    return;
  }
  const std::string& locked = package.sha256 ? package.sha256->hex() : package.metadata_sha256;
  if (found != locked)
    add_message(result, "local", package.name,
                id + ": '" + reference + "' has changed since it was locked");
}

/// Each line's project is there, in a version that the line takes.
void check_lines(const Platform& platform, const SolveAsk& ask, const LockPlatform& locked,
                 CheckResult& result) {
  const auto lines = ask.pip.find(platform);
  if (lines == ask.pip.end()) return;
  const auto provided =
      provided_projects(locked.packages, ask.project ? ask.project->project.pypi : PypiRules());
  for (const AskedPipLine& line : lines->second) {
    const PipLine read = at_place(line.spec.place, [&] { return parse_pip_line(line.spec.text); });
    const Requirement& one = read.requirement;
    // Whether a marker holds is not asked here: then the line may be there for nothing.
    if (read.kind != PipLine::Kind::requirement || one.marker) continue;
    const auto found = std::ranges::find(locked.pypi, one.project, &LockedPypi::name);
    const auto from_conda = std::ranges::find(provided, one.project, &ProvidedProject::project);
    const std::string* version = found != locked.pypi.end()     ? &found->version
                                 : from_conda != provided.end() ? &from_conda->version
                                                                : nullptr;
    if (version == nullptr) {
      add_message(result, "pip", one.project,
                  line.spec.place.to_string() + ": '" + line.spec.text + "' is not locked for " +
                      platform.subdir());
    } else if (!one.accepts(*version)) {
      add_message(
          result, "pip", one.project,
          line.spec.place.to_string() + ": '" + line.spec.text + "', and the lock has " + *version);
    }
  }
}

}  // namespace

void check_pypi(const SolveAsk& ask, CheckResult& result) {
  const Lockfile& lock = *ask.existing;
  for (const auto& [platform, locked] : lock.platforms) {
    for (const LockedPypi& package : locked.pypi) {
      ++result.packages;
      const std::string id = platform.subdir() + ": " + package.name + ' ' + package.version;
      if (is_on_disk(package)) check_on_disk(ask, id, package, result);
    }
    if (lock.complete) check_lines(platform, ask, locked, result);
  }
}

}  // namespace envlock
