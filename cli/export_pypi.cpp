#include "cli/export_pypi.hpp"

#include "model/pypi_origin.hpp"
#include "model/url.hpp"

namespace envlock {

void place_on_disk(Lockfile& lock, const std::string& lock_dir,
                   const std::optional<std::string>& target) {
  const Url folder = Url::from_path(lock_dir);
  for (auto& [platform, content] : lock.platforms) {
    for (LockedPypi& package : content.pypi) {
      if (!is_on_disk(package)) continue;
      std::string& reference = package.path.empty() ? package.url : package.path;
      const auto url = folder.resolve(reference);
      if (!url) continue;  // a lock's references are read strictly
      reference = target ? url_for_lock(*url, *target) : url->to_string();
    }
  }
}

std::string placed_requirement(const LockedPypi& package) {
  if (!package.path.empty()) return reference_path(package.path);
  if (package.url.starts_with('.')) return reference_path(package.url);
  return package.name + " @ " + package.url;
}

std::string pinned_requirement(const LockedPypi& package) {
  return is_of_pypi(package) ? package.name + "==" + package.version : placed_requirement(package);
}

}  // namespace envlock
