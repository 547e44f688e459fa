#include "pack/installed_state.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "model/c_handle.hpp"
#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/unique_fd.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {
namespace {

std::vector<std::string> record_names(int prefix_fd, const std::string& shown) {
  UniqueFd fd = open_beneath(prefix_fd, "conda-meta", O_RDONLY | O_DIRECTORY);
  if (!fd) {
    if (errno == ENOENT) return {};
    throw IoError("cannot read '" + shown + "/conda-meta'", errno);
  }
  const std::unique_ptr<DIR, CFree<&::closedir>> folder(::fdopendir(fd.get()));
  if (!folder) throw IoError("cannot read '" + shown + "/conda-meta'", errno);
  (void)fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (is_prefix_record_name(name) && !name.starts_with('.')) names.push_back(name);
  }
  if (errno != 0) throw IoError("cannot read '" + shown + "/conda-meta'", errno);
  std::ranges::sort(names);
  return names;
}

}  // namespace

InstalledState read_installed_state(int prefix_fd, const std::string& shown,
                                    std::vector<std::string>* unreadable) {
  InstalledState state;
  state.lock_text = read_prefix_file(prefix_fd, std::string(installed_lock_path), shown);
  state.history = read_prefix_file(prefix_fd, "conda-meta/history", shown).value_or("");
  for (const std::string& name : record_names(prefix_fd, shown)) {
    const std::string path = "conda-meta/" + name;
    const std::optional<std::string> text = read_prefix_file(prefix_fd, path, shown);
    if (!text) continue;
    try {
      if (auto record = read_prefix_record(*text, shown + '/' + path))
        state.packages.push_back({name, std::move(*record)});
    } catch (const InputError&) {
      if (unreadable == nullptr) throw;
      unreadable->push_back(name);
    }
  }
  std::ranges::stable_sort(state.packages, {}, [](const InstalledState::Package& package) {
    return package.record.record.name;
  });
  return state;
}

std::set<Platform> platforms_of(const InstalledState& state) {
  std::set<Platform> found;
  for (const InstalledState::Package& package : state.packages) {
    const auto platform = Platform::parse(package.record.record.subdir);
    if (platform && platform->subdir() != "noarch") found.insert(*platform);
  }
  return found;
}

}  // namespace envlock
