#include "pack/prefix_difference.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "pack/byte_code.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_named = 20;

std::string installed_site_packages(const InstalledState& state) {
  for (const InstalledState::Package& package : state.packages) {
    const PackageRecord& record = package.record.record;
    if (record.name == "python")
      return site_packages_of(record.version, record.python_site_packages_path);
  }
  return {};
}

std::string installed_python(const InstalledState& state) {
  for (const InstalledState::Package& package : state.packages) {
    if (package.record.record.name == "python")
      return python_major_minor(package.record.record.version).value_or("");
  }
  return {};
}

bool same_package(const PackageRecord& a, const PackageRecord& b) {
  return a.name == b.name && a.version == b.version && a.build == b.build && a.sha256 &&
         a.sha256 == b.sha256;
}

/// All that a package brought, and what python made of its sources.
void add_paths(std::set<std::string>& paths, const PrefixRecord& record,
               const std::string& python) {
  for (const PrefixPath& path : record.paths) {
    if (path.kind == PrefixPath::Kind::directory) continue;
    paths.insert(path.path);
    if (!python.empty() && path.path.ends_with(".py"))
      paths.insert(byte_code_path(path.path, python));
  }
}

}  // namespace

PrefixDifference prefix_difference(const InstalledState& state, const TreePlan& plan) {
  PrefixDifference difference;
  difference.wanted.assign(plan.packages.size() + 1, true);
  const bool same_site = installed_site_packages(state) == plan.site_packages;
  for (const InstalledState::Package& installed : state.packages) {
    const auto found = std::ranges::find_if(plan.packages, [&](const PlannedPackage& package) {
      return same_package(package.source.record, installed.record.record);
    });
    const bool stays = found != plan.packages.end() &&
                       (same_site || found->source.record.noarch != NoArch::python);
    if (stays) {
      difference.wanted[static_cast<std::size_t>(found - plan.packages.begin())] = false;
      difference.kept.push_back(&installed);
    } else {
      difference.leaving.push_back(&installed);
    }
  }
  std::set<std::string> gone;
  for (const InstalledState::Package* package : difference.leaving)
    add_paths(gone, package->record, installed_python(state));
  for (const PlannedFile& file : plan.files) {
    gone.erase(file.path);
    if (!difference.wanted[file.owners.front()]) continue;
    if (file.type == PathType::directory) {
      difference.folders.push_back(file.path);
    } else {
      difference.place.push_back(file.path);
    }
  }
  difference.remove.assign(gone.begin(), gone.end());
  return difference;
}

void require_room(int prefix_fd, const std::string& shown, const PrefixDifference& difference) {
  std::set<std::string> leaving;
  for (const InstalledState::Package* package : difference.leaving) {
    for (const PrefixPath& path : package->record.paths) leaving.insert(path.path);
  }
  std::string faults;
  std::size_t count = 0;
  const auto in_the_way = [&](const std::string& what) {
    if (++count <= most_named) faults += "\n  '" + what + "'";
  };
  for (const std::string& path : difference.place) {
    if (leaving.contains(path)) continue;
    const PathParts parts = split_path(path);
    const UniqueFd folder = open_beneath(prefix_fd, parts.folder, O_PATH | O_DIRECTORY);
    if (!folder) {
      if (errno == ENOENT) continue;
      if (!leaving.contains(parts.folder))
        in_the_way(parts.folder + "' is no folder, but '" + path);
      continue;
    }
    struct stat facts {};
    if (::fstatat(folder.get(), parts.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0)
      in_the_way(path);
  }
  if (count == 0) return;
  if (count > most_named) faults += "\n  and " + std::to_string(count - most_named) + " more";
  throw Error(ExitCode::unfit,
              "files that no package of '" + shown + "' owns are where new ones must go:" + faults,
              "move them away, or uninstall what made them (pip?), and install again");
}

}  // namespace envlock
