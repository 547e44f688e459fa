#include "cli/cached_scripts.hpp"

#include "model/baseline.hpp"
#include "model/error.hpp"
#include "pack/package_archive.hpp"

namespace envlock {
namespace {

PackageScripts scripts_in(const PackageInfo& info) {
  PackageScripts scripts;
  for (const PackagePath& path : info.paths) {
    // Old packages tell no digest: then the name has to do.
    const Sha256 sha256 = path.sha256.value_or(sha256_of(path.path));
    switch (role_of(path.path)) {
      case FileRole::link_script:
        scripts.link_scripts.emplace(path.path, sha256);
        break;
      case FileRole::activation:
        scripts.activation.emplace(path.path, sha256);
        break;
      case FileRole::startup:
        scripts.startup.emplace(path.path, sha256);
        break;
      default:
        break;
    }
  }
  return scripts;
}

}  // namespace

CachedScripts::CachedScripts(const Context& context)
    : cache_(resolve_cache_dir(context.settings, context.environment)),
      store_(cache_, context.settings.read_caches) {}

std::optional<PackageScripts> CachedScripts::operator()(const PackageRecord& record) {
  if (!record.sha256) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(*record.sha256);
    if (known != known_.end()) return known->second;
  }
  std::optional<PackageScripts> scripts;
  try {
    if (const auto found = store_.find({*record.sha256, record.size.value_or(0), record.fn}))
      scripts = scripts_in(PackageArchive(found->file, record.fn).read_info());
  } catch (const Error& error) {
    // A package that cannot be read is as unknown as one that is not there.
    if (error.exit_code() != ExitCode::untrusted && error.exit_code() != ExitCode::io) throw;
  }
  const std::lock_guard lock(mutex_);
  known_.emplace(*record.sha256, scripts);
  return scripts;
}

}  // namespace envlock
