#include "fetch/cache_clean.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <thread>

#include "fetch/package_folder.hpp"
#include "fetch/package_partial.hpp"
#include "model/error.hpp"
#include "model/guarded.hpp"

namespace envlock {

namespace {

/// Locks of repodata are never removed: two processes could then hold two locks of one name.
bool is_cleanable(const CacheItem& item) {
  return item.kind != CacheKind::other && !item.name.ends_with(".lock");
}

bool is_kept(const CacheItem& item, const CleanPlan& plan) {
  return item.sha256 && plan.keep.contains(*item.sha256);
}

/// Using an attestation leaves no mark. They are small, so age and size leave them alone.
bool has_age(const CacheItem& item) { return item.kind != CacheKind::attestation; }

bool is_chosen(const CacheItem& item, const CleanPlan& plan) {
  if (plan.everything) return true;
  if (plan.partials && item.kind == CacheKind::partial) return true;
  const bool names_package = item.kind == CacheKind::package || item.kind == CacheKind::attestation;
  if (plan.only_kept && names_package) return true;
  return plan.not_used_since && has_age(item) && item.last_used < *plan.not_used_since;
}

/// Chooses the longest unused until what is left has at most `max_bytes`.
void choose_by_size(const std::vector<CacheItem>& items, const CleanPlan& plan,
                    std::vector<char>& chosen) {
  std::uint64_t left = 0;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (chosen[i] != 0) continue;
    left += items[i].bytes;
    if (is_cleanable(items[i]) && has_age(items[i]) && !is_kept(items[i], plan))
      candidates.push_back(i);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](std::size_t a, std::size_t b) {
    return items[a].last_used < items[b].last_used;
  });
  for (const std::size_t i : candidates) {
    if (left <= *plan.max_bytes) return;
    chosen[i] = 1;
    left -= items[i].bytes;
  }
}

/// One package at a time, from several threads.
class Verification {
 public:
  Verification(const Cache& cache, const std::vector<CacheItem>& items, std::stop_token stop)
      : folder_(cache.folder("packages")), items_(items), stop_(std::move(stop)) {}

  /// Until nothing is left or one thread failed.
  void work() noexcept {
    try {
      for (std::size_t i = next_++; i < items_.size() && !failed_; i = next_++) {
        if (items_[i].sha256) verify(items_[i]);
      }
    } catch (...) {
      failed_ = true;
      auto error = error_.lock();
      if (!*error) *error = std::current_exception();
    }
  }

  CacheVerdict finish() {
    if (const auto error = *error_.lock()) std::rethrow_exception(error);
    CacheVerdict verdict = std::move(*verdict_.lock());
    std::sort(verdict.bad.begin(), verdict.bad.end(), [](const BadPackage& a, const BadPackage& b) {
      return a.item.path() < b.item.path();
    });
    return verdict;
  }

 private:
  void verify(const CacheItem& item) {
    const PackageCheck check = check_package({.folder = folder_,
                                              .seals = folder_,
                                              .seal_name = item.name + std::string(seal_suffix),
                                              .boot = boot_,
                                              .believe_seal = false,
                                              .stop = stop_},
                                             item.name, *item.sha256);
    if (check.verdict == PackageCheck::Verdict::absent) return;  // cleaned meanwhile
    const bool bad = check.verdict == PackageCheck::Verdict::bad;
    if (bad) {
      folder_.remove_if_same(item.name, check.seal);
      // A seal that somebody wrote meanwhile costs one more hash, no more.
      for (const std::string& companion : item.companions) folder_.remove(companion);
    }
    const auto verdict = verdict_.lock();
    ++verdict->packages;
    verdict->bytes_hashed += check.seal.size_bytes;
    if (bad) verdict->bad.push_back({item, check.why});
  }

  PackageFolder folder_;
  const std::vector<CacheItem>& items_;
  std::stop_token stop_;
  std::string boot_ = this_boot_id();
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  Guarded<CacheVerdict> verdict_;
  Guarded<std::exception_ptr> error_;
};

}  // namespace

std::vector<CacheItem> choose_for_cleaning(const std::vector<CacheItem>& items,
                                           const CleanPlan& plan) {
  std::vector<char> chosen(items.size(), 0);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const CacheItem& item = items[i];
    if (is_cleanable(item) && !is_kept(item, plan) && is_chosen(item, plan)) chosen[i] = 1;
  }
  if (plan.max_bytes) choose_by_size(items, plan, chosen);
  std::vector<CacheItem> result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (chosen[i] != 0) result.push_back(items[i]);
  }
  return result;
}

Cleaned remove_from_cache(const Cache& cache, const std::vector<CacheItem>& chosen,
                          const std::stop_token& stop) {
  Cleaned cleaned;
  std::map<std::string, PackageFolder> folders;
  for (const CacheItem& item : chosen) {
    if (stop.stop_requested()) throw Interrupted();
    const auto known = folders.find(item.folder);
    const PackageFolder& folder =
        known != folders.end()
            ? known->second
            : folders.try_emplace(item.folder, cache.folder(item.folder)).first->second;
    if (item.folder == "packages" && item.kind == CacheKind::partial) {
      (remove_partial(folder, item.name) ? cleaned.removed : cleaned.in_use).push_back(item);
      continue;
    }
    // A temporary file has no lock; a young one is somebody's work.
    if (item.kind == CacheKind::partial && !item.is_leftover) {
      cleaned.in_use.push_back(item);
      continue;
    }
    folder.remove(item.name);
    for (const std::string& companion : item.companions) folder.remove(companion);
    cleaned.removed.push_back(item);
  }
  return cleaned;
}

CacheVerdict verify_cache(const Cache& cache, const std::vector<CacheItem>& items,
                          std::size_t threads, const std::stop_token& stop) {
  // Looking makes no folder.
  if (std::none_of(items.begin(), items.end(), [](const auto& item) { return item.sha256; }))
    return {};
  Verification verification(cache, items, stop);
  {
    std::vector<std::jthread> workers;
    for (std::size_t n = 1; n < threads; ++n) workers.emplace_back([&] { verification.work(); });
    verification.work();
  }
  return verification.finish();
}

}  // namespace envlock
