#include "fetch/package_store.hpp"

#include <algorithm>
#include <system_error>

#include "fetch/package_partial.hpp"
#include "model/error.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code error;
  // lstat, as a link there is nothing to follow.
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

/// What is wrong with a folder that is given as a cache and has no packages; empty: nothing.
std::string no_cache_notice(const fs::path& dir) {
  if (is_there(dir / "repodata") || is_there(dir / "attestations")) return {};
  std::string notice = "'" + dir.string() + "' is no cache of envlock: it has no folder 'packages'";
  if (is_there(dir / "noarch/repodata.json"))
    notice += "; it is a channel: name it below 'mirrors:' of the channel in envlock.yml";
  else if (dir.filename() == "packages")
    notice += "; it may be one itself: name the folder above it";
  else
    notice += "; 'envlock fetch --cache-dir " + dir.string() + "' fills one";
  return notice;
}

}  // namespace

PackageStore::PackageStore(const Cache& cache, const std::vector<fs::path>& read_caches,
                           Settings settings)
    : own_(std::make_shared<const PackageFolder>(cache.folder("packages"))),
      settings_(std::move(settings)) {
  for (const fs::path& dir : read_caches) {
    const fs::path real = require_private_path(dir);
    const fs::path packages = real / "packages";
    if (!is_there(packages)) {
      if (std::string notice = no_cache_notice(real); !notice.empty())
        notices_.lock()->push_back(std::move(notice));
      continue;
    }
    shared_.push_back(std::make_unique<const PackageFolder>(require_private_path(packages)));
  }
}

PackageStore::~PackageStore() = default;

std::optional<PackageStore::Found> PackageStore::find(const WantedPackage& wanted) {
  if (auto found = find_in(*own_, false, wanted)) return found;
  for (const auto& folder : shared_) {
    if (auto found = find_in(*folder, true, wanted)) return found;
  }
  return std::nullopt;
}

std::optional<PackageStore::Found> PackageStore::find_in(const PackageFolder& folder, bool shared,
                                                         const WantedPackage& wanted) {
  const std::string name = cached_package_name(wanted.sha256, wanted.file_name);
  const std::string_view suffix = shared ? shared_seal_suffix : seal_suffix;
  const PackageCheck check = check_package({.folder = folder,
                                            .seals = *own_,
                                            .seal_name = name + std::string(suffix),
                                            .boot = settings_.boot_id,
                                            .shared = shared},
                                           name, wanted.sha256);
  const fs::path path = folder.path_of(name);
  switch (check.verdict) {
    case PackageCheck::Verdict::absent:
      return std::nullopt;
    case PackageCheck::Verdict::bad:
      notices_.lock()->push_back("'" + path.string() + "' (" + wanted.file_name + ") is " +
                                 (shared ? "not used: " : "removed from the cache: ") + check.why);
      if (!shared) folder.remove_if_same(name, check.seal);
      return std::nullopt;
    case PackageCheck::Verdict::good:
      break;
  }
  if (wanted.size_bytes != 0 && wanted.size_bytes != check.seal.size_bytes)
    throw PackageMismatch(wanted, wanted.sha256, check.seal.size_bytes, false);
  return Found{.file = path,
               .where = shared ? Found::Where::read_cache : Found::Where::own,
               .size_bytes = check.seal.size_bytes};
}

std::variant<PackageStore::Found, PackageWriter> PackageStore::begin(const WantedPackage& wanted,
                                                                     const std::stop_token& stop) {
  for (;;) {
    if (auto found = find(wanted)) return *std::move(found);
    auto partial = open_partial(*own_, cached_package_name(wanted.sha256, wanted.file_name),
                                settings_.stall_patience, stop);
    if (!partial) continue;  // somebody finished, or gave up
    PackageWriter writer(own_, wanted, settings_.boot_id, std::move(partial->fd),
                         std::move(partial->name), partial->is_ours_alone, partial->is_new);
    // It may have come between the look and the lock; the empty partial goes with the writer.
    if (auto found = find(wanted)) return *std::move(found);
    writer.take_over(stop);
    if (writer.may_be_complete()) {
      try {
        return writer.commit();
      } catch (const PackageMismatch&) {
        notices_.lock()->push_back("an unfinished download of " + wanted.file_name +
                                   " was damaged, and is started anew");
      }
    }
    return writer;
  }
}

std::vector<std::string> PackageStore::take_notices() {
  std::vector<std::string> notices;
  std::swap(notices, *notices_.lock());
  std::sort(notices.begin(), notices.end());
  notices.erase(std::unique(notices.begin(), notices.end()), notices.end());
  return notices;
}

}  // namespace envlock
