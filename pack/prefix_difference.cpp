#include "pack/prefix_difference.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/shell_word.hpp"
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

/// Python's place decides where its files go.
bool is_for_python(const PackageRecord& record) {
  return record.noarch == NoArch::python || is_wheel(record);
}

/// How many paths each package has, folders aside.
std::vector<std::size_t> path_counts(const TreePlan& plan) {
  std::vector<std::size_t> counts(plan.packages.size() + 1, 0);
  for (const PlannedFile& file : plan.files) {
    if (file.type == PathType::directory) continue;
    for (const std::size_t owner : file.owners) ++counts[owner];
  }
  return counts;
}

/// Whether a package would get the paths that its record lists. It would not where envlock.yml now
/// says otherwise whose file stands at one, or where the package that had it goes or comes.
bool same_paths(const PrefixRecord& record, const TreePlan& plan, std::size_t package,
                std::size_t path_count) {
  std::size_t found = 0;
  for (const PrefixPath& path : record.paths) {
    const auto file = std::ranges::lower_bound(plan.files, path.path, {}, &PlannedFile::path);
    // Byte code, or a folder.
    if (file == plan.files.end() || file->path != path.path || file->type == PathType::directory) {
      // What envlock makes for a wheel goes by more than its bytes: was it asked for, and how?
      if (is_wheel(record.record) && path.kind != PrefixPath::Kind::pyc) return false;
      continue;
    }
    if (std::ranges::count(file->owners, package) == 0) return false;
    if (is_wheel(record.record) && path.sha256 != file->sha256) return false;
    ++found;
  }
  return found == path_count;
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

/// Whether the path, or one above it, is removed before anything is placed.
bool goes_with(const std::set<std::string>& leaving, std::string path) {
  for (;;) {
    if (leaving.contains(path)) return true;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return false;
    path.resize(slash);
  }
}

/// Whether a folder becomes empty, and so goes, with what is removed.
bool holds_only(int prefix_fd, const std::string& path, const std::set<std::string>& leaving) {
  const UniqueFd folder = open_beneath(prefix_fd, path, O_RDONLY | O_DIRECTORY);
  if (!folder) return false;
  std::error_code error;
  std::filesystem::directory_iterator at("/proc/self/fd/" + std::to_string(folder.get()), error);
  bool any = false;
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) {
    any = true;
    const std::string inside = path + '/' + at->path().filename().string();
    if (at->is_directory(error) && !at->is_symlink(error)) {
      if (!holds_only(prefix_fd, inside, leaving)) return false;
    } else if (!leaving.contains(inside)) {
      return false;
    }
  }
  // `apply_journal` removes an empty folder only in place of a file, or where it emptied it.
  return !error && any;
}

bool is_empty_beneath(int prefix_fd, const std::string& path) {
  const UniqueFd folder = open_beneath(prefix_fd, path, O_RDONLY | O_DIRECTORY);
  if (!folder) return false;
  std::error_code error;
  const std::filesystem::directory_iterator at("/proc/self/fd/" + std::to_string(folder.get()),
                                               error);
  return !error && at == std::filesystem::directory_iterator();
}

/// Whether a folder makes room for a file: by `apply_journal`.
bool gives_way(int prefix_fd, const std::string& path, const std::set<std::string>& leaving) {
  return is_empty_beneath(prefix_fd, path) || holds_only(prefix_fd, path, leaving);
}

/// The topmost part of `path` that is there and no folder of the prefix's own; empty where a folder
/// can be made.
std::string no_folder_in(int prefix_fd, const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    std::string part = path.substr(0, end);
    if (open_beneath(prefix_fd, part, O_PATH | O_DIRECTORY)) continue;
    return errno == ENOTDIR || errno == ELOOP ? part : std::string();
  }
  return {};
}

}  // namespace

PrefixDifference prefix_difference(const InstalledState& state, const TreePlan& plan,
                                   bool all_anew) {
  PrefixDifference difference;
  difference.wanted.assign(plan.packages.size() + 1, true);
  const std::vector<std::size_t> counts = path_counts(plan);
  const bool same_site = installed_site_packages(state) == plan.site_packages;
  for (const InstalledState::Package& installed : state.packages) {
    const auto found = std::ranges::find_if(plan.packages, [&](const PlannedPackage& package) {
      return same_package(package.source.record, installed.record.record);
    });
    const auto index = static_cast<std::size_t>(found - plan.packages.begin());
    const bool stays = !all_anew && found != plan.packages.end() &&
                       (same_site || !is_for_python(found->source.record)) &&
                       same_paths(installed.record, plan, index, counts[index]);
    if (stays) {
      difference.wanted[index] = false;
      difference.kept.push_back(&installed);
    } else {
      difference.leaving.push_back(&installed);
    }
  }
  difference.python = installed_python(state);
  std::set<std::string> gone;
  for (const InstalledState::Package* package : difference.leaving)
    add_paths(gone, package->record, difference.python);
  for (const PlannedFile& file : plan.files) {
    if (file.type != PathType::directory) gone.erase(file.path);
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
  // What is removed before, what a kept package has with the same bytes (`settle_clobbers`), and
  // what is replaced.
  std::set<std::string> leaving(difference.remove.begin(), difference.remove.end());
  for (const InstalledState::Package* package : difference.leaving)
    add_paths(leaving, package->record, difference.python);
  for (const InstalledState::Package* package : difference.kept)
    add_paths(leaving, package->record, difference.python);
  std::string faults;
  std::size_t count = 0;
  const auto in_the_way = [&](const std::string& what) {
    if (++count <= most_named) faults += "\n  '" + what + "'";
  };
  for (const std::string& path : difference.folders) {
    const UniqueFd folder = open_beneath(prefix_fd, path, O_PATH | O_DIRECTORY);
    if (!folder && errno != ENOENT && !goes_with(leaving, path))
      in_the_way(path + "' is no folder, but '" + path);
  }
  for (const std::string& path : difference.place) {
    if (leaving.contains(path)) continue;
    const PathParts parts = split_path(path);
    const UniqueFd folder = open_beneath(prefix_fd, parts.folder, O_PATH | O_DIRECTORY);
    if (!folder) {
      if (errno == ENOENT) continue;
      if (!goes_with(leaving, parts.folder))
        in_the_way(parts.folder + "' is no folder, but '" + path);
      continue;
    }
    struct stat facts {};
    if (::fstatat(folder.get(), parts.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
        !(S_ISDIR(facts.st_mode) && gives_way(prefix_fd, path, leaving)))
      in_the_way(path);
  }
  if (count == 0) return;
  if (count > most_named) faults += "\n  and " + std::to_string(count - most_named) + " more";
  throw Error(
      ExitCode::unfit,
      "files that no package of '" + shown + "' owns are where new ones must go:" + faults,
      "move them away, or uninstall what made them (pip?), and install again; where they are the "
      "packages' own, whose record in conda-meta is lost: --repair");
}

void require_kinds(int prefix_fd, const std::string& shown, const PrefixDifference& difference,
                   const std::vector<std::string>& more) {
  const std::set<std::string> leaving(difference.remove.begin(), difference.remove.end());
  std::set<std::string> faults;
  const auto in_the_way = [&](const std::string& path, std::string_view what) {
    faults.insert(shell_word(shown + '/' + path) + ' ' + std::string(what));
  };
  std::set<std::string> looked_at{"."};
  const auto look_at_folder = [&](const std::string& path) {
    if (!looked_at.insert(path).second) return;
    const std::string part = no_folder_in(prefix_fd, path);
    if (!part.empty() && !goes_with(leaving, part))
      in_the_way(part, "is no folder, and one must be there");
  };
  const auto look_at_file = [&](const std::string& path) {
    const PathParts parts = split_path(path);
    look_at_folder(parts.folder);
    const UniqueFd folder = open_beneath(prefix_fd, parts.folder, O_PATH | O_DIRECTORY);
    struct stat facts {};
    if (!folder || ::fstatat(folder.get(), parts.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(facts.st_mode) || gives_way(prefix_fd, path, leaving))
      return;
    in_the_way(path, "is a folder that is not empty, and a file must be there");
  };
  for (const std::string& path : difference.folders) look_at_folder(path);
  for (const std::string& path : difference.place) look_at_file(path);
  for (const std::string& path : more) look_at_file(path);
  if (faults.empty()) return;
  std::string text;
  for (const std::string& fault : faults) text += "\n  " + fault;
  throw Error(
      ExitCode::unfit,
      "nothing of '" + shown +
          "' was changed, because other things than envlock's are where its files must go:" + text,
      "move each away (mv), or remove it where nobody wants what is in it, and run the same "
      "command again");
}

}  // namespace envlock
