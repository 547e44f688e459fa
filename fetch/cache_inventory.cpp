#include "fetch/cache_inventory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "fetch/atomic_file.hpp"
#include "fetch/package_folder.hpp"
#include "fetch/shard_store.hpp"
#include "model/error.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view attestation_suffix = ".sigs";
constexpr std::int64_t abandoned_ms = 60 * 60 * 1000;

struct Entry {
  std::uint64_t bytes = 0;
  Instant changed;
};
using Entries = std::map<std::string, Entry>;  ///< By name: sorted.

/// The files of one folder; vanishing ones are left out, as others may be at work.
Entries entries_of(const fs::path& dir) {
  Entries entries;
  std::error_code error;
  fs::directory_iterator entry(dir, error);
  if (error == std::errc::no_such_file_or_directory) return entries;
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    entries[entry->path().filename().string()] = {
        .bytes = static_cast<std::uint64_t>(status.st_size),
        .changed = {std::int64_t{status.st_mtim.tv_sec} * 1000}};
  }
  if (error) throw IoError("cannot list the folder '" + dir.string() + "'", error.value());
  return entries;
}

CacheItem item_of(CacheKind kind, const std::string& folder, const Entries::value_type& entry) {
  return {.kind = kind,
          .folder = folder,
          .name = entry.first,
          .companions = {},
          .bytes = entry.second.bytes,
          .last_used = entry.second.changed,
          .sha256 = {}};
}

/// Takes `name` out of `entries` and makes it part of `item`.
void join(CacheItem& item, Entries& entries, const std::string& name, bool marks_use = false) {
  const auto found = entries.find(name);
  if (found == entries.end()) return;
  item.companions.push_back(name);
  item.bytes += found->second.bytes;
  if (marks_use) item.last_used = std::max(item.last_used, found->second.changed);
  entries.erase(found);
}

/// "X.part", or "X.part-ABCDEF" where no lock could be had.
bool is_partial(std::string_view name) {
  if (name.ends_with(origin_suffix)) return false;
  return name.ends_with(partial_suffix) ||
         name.find(std::string(partial_suffix) + '-') != std::string_view::npos;
}

void list_packages(Entries entries, const std::string& folder, Instant now,
                   std::vector<CacheItem>& items) {
  // The main files first, so that each finds what goes with it.
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (is_partial(entry.first) || digest_of_cached_package(entry.first))
      names.push_back(entry.first);
  }
  for (const std::string& name : names) {
    const auto entry = entries.find(name);
    CacheItem item = item_of(CacheKind::partial, folder, *entry);
    item.sha256 = digest_of_cached_package(name);
    entries.erase(entry);
    if (item.sha256) {
      item.kind = CacheKind::package;
      join(item, entries, name + std::string(seal_suffix), true);
    } else {
      const std::string origin = name + std::string(origin_suffix);
      item.is_leftover = !name.ends_with(partial_suffix) || !entries.contains(origin);
      join(item, entries, origin);
    }
    items.push_back(std::move(item));
  }
  for (const auto& entry : entries) {
    const std::string& name = entry.first;
    const bool known = name.ends_with(seal_suffix) || name.ends_with(origin_suffix);
    // The seal of a read cache's file stands alone.
    const bool shared = name.ends_with(shared_seal_suffix);
    CacheItem item = item_of(shared  ? CacheKind::package
                             : known ? CacheKind::partial
                                     : CacheKind::other,
                             folder, entry);
    item.is_leftover = known && now.ms - entry.second.changed.ms > abandoned_ms;
    items.push_back(std::move(item));
  }
}

void list_repodata(const Entries& entries, const std::string& folder, Instant now,
                   std::vector<CacheItem>& items) {
  for (const auto& entry : entries) {
    const std::string& name = entry.first;
    CacheItem item = item_of(CacheKind::other, folder, entry);
    if (name.ends_with(".index")) item.kind = CacheKind::index;
    if (name.ends_with(".state") || name.ends_with(".lock")) item.kind = CacheKind::repodata;
    if (AtomicFile::is_temporary_name(name)) {
      item.kind = CacheKind::partial;
      item.is_leftover = now.ms - entry.second.changed.ms > abandoned_ms;
    }
    items.push_back(std::move(item));
  }
}

void list_attestations(const Entries& entries, const std::string& folder, Instant now,
                       std::vector<CacheItem>& items) {
  for (const auto& entry : entries) {
    const std::string& name = entry.first;
    CacheItem item = item_of(CacheKind::other, folder, entry);
    if (name.ends_with(attestation_suffix)) {
      item.sha256 = Sha256::parse(name.substr(0, name.size() - attestation_suffix.size()));
      if (item.sha256) item.kind = CacheKind::attestation;
    } else if (AtomicFile::is_temporary_name(name)) {
      item.kind = CacheKind::partial;
      item.is_leftover = now.ms - entry.second.changed.ms > abandoned_ms;
    }
    items.push_back(std::move(item));
  }
}

void list_shards(const Entries& entries, const std::string& folder, Instant now,
                 std::vector<CacheItem>& items) {
  for (const auto& entry : entries) {
    const std::string& name = entry.first;
    CacheItem item = item_of(CacheKind::other, folder, entry);
    if (digest_of_shard_file(name)) {
      item.kind = CacheKind::shard;
    } else if (AtomicFile::is_temporary_name(name)) {
      item.kind = CacheKind::partial;
      item.is_leftover = now.ms - entry.second.changed.ms > abandoned_ms;
    }
    items.push_back(std::move(item));
  }
}

void list_others(const fs::path& top, const fs::path& dir, std::vector<CacheItem>& items) {
  std::error_code error;
  fs::recursive_directory_iterator entry(dir, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    CacheItem item;
    item.folder = fs::relative(entry->path().parent_path(), top, error).string();
    item.name = entry->path().filename().string();
    item.bytes = static_cast<std::uint64_t>(status.st_size);
    item.last_used = {std::int64_t{status.st_mtim.tv_sec} * 1000};
    items.push_back(std::move(item));
  }
}

}  // namespace

std::string_view to_string(CacheKind kind) noexcept {
  switch (kind) {
    case CacheKind::package:
      return "packages";
    case CacheKind::attestation:
      return "attestations";
    case CacheKind::partial:
      return "partials";
    case CacheKind::repodata:
      return "repodata";
    case CacheKind::index:
      return "indexes";
    case CacheKind::shard:
      return "shards";
    case CacheKind::other:
      break;
  }
  return "other";
}

std::vector<CacheItem> list_cache(const Cache& cache, Instant now) {
  std::vector<CacheItem> items;
  list_packages(entries_of(cache.dir() / "packages"), "packages", now, items);
  list_repodata(entries_of(cache.dir() / "repodata"), "repodata", now, items);
  list_attestations(entries_of(cache.dir() / "attestations"), "attestations", now, items);
  list_shards(entries_of(cache.dir() / "shards"), "shards", now, items);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(cache.dir(), error)) {
    const std::string name = entry.path().filename().string();
    if (name == "packages" || name == "repodata" || name == "attestations" || name == "shards")
      continue;
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      list_others(cache.dir(), entry.path(), items);
    } else {
      items.push_back(
          {.kind = CacheKind::other,
           .folder = "",
           .name = name,
           .companions = {},
           .bytes = fs::is_regular_file(entry.symlink_status(error)) ? entry.file_size(error) : 0,
           .last_used = {},
           .sha256 = {}});
    }
  }
  std::sort(items.begin(), items.end(),
            [](const CacheItem& a, const CacheItem& b) { return a.path() < b.path(); });
  return items;
}

}  // namespace envlock
