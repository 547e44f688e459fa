#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "fetch/atomic_file.hpp"
#include "fetch/cache.hpp"
#include "fetch/cache_lock.hpp"
#include "fetch/mapped_file.hpp"
#include "fetch/repodata_state.hpp"
#include "model/url.hpp"

namespace envlock {

/// The files that the cache keeps for the repodata of one subdir: state, index and lock
/// (docs/cache.md).
class RepodataEntry {
 public:
  /// @param subdir_url  credentials in it make no difference
  /// @param judged_by  as in SubdirRequest
  RepodataEntry(const Cache& cache, const Url& subdir_url, std::uint32_t index_version,
                const std::string& judged_by);

  /// Nothing where there is none, or none that can be read.
  [[nodiscard]] std::optional<RepodataState> load() const;
  /// The index that `state` tells of; null where it is gone.
  [[nodiscard]] std::shared_ptr<const MappedFile> open_index(const RepodataState& state) const;
  /// @throws IoError
  void save(const RepodataState& state,
            AtomicFile::Durability durability = AtomicFile::Durability::relaxed) const;
  /// Stores a new index and the state with its seal, and removes what they replace.
  /// @throws IoError
  std::shared_ptr<const MappedFile> commit(RepodataState& state,
                                           std::span<const std::byte> index) const;
  /// The subdir is not there (any more): keeps only that.
  void commit_absent(const RepodataState& state) const;
  [[nodiscard]] CacheLock lock(std::chrono::milliseconds patience,
                               const std::stop_token& stop) const;

 private:
  [[nodiscard]] std::filesystem::path index_file(const RepodataState& state) const;
  void remove_others(const std::filesystem::path& kept) const;

  std::string url_;
  std::string stem_;  ///< What the names of its files begin with.
  std::filesystem::path folder_;
};

}  // namespace envlock
