#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/file_seal.hpp"
#include "model/digest.hpp"
#include "model/shard_index.hpp"
#include "model/time.hpp"

namespace envlock {

/// What the cache knows of the repodata of one subdir (docs/cache.md). It is only ever a hint:
/// where it is missing or odd, the source is asked as if for the first time.
struct RepodataState {
  std::string url;   ///< Of the subdir, without credentials.
  std::string file;  ///< "repodata.json.zst", ...; empty: the subdir has none of these.
  std::string etag, last_modified;  ///< Of exactly this file; empty: none.
  Instant fetched;                  ///< When the source was last asked.
  std::chrono::seconds fresh_for{0};
  /// When the better `.zst` was last found missing, where `file` is another.
  std::optional<Instant> zst_missing;
  Sha256 served_sha256;  ///< Of the file as served.
  std::uint64_t served_bytes = 0;
  std::optional<FileSeal> source;  ///< Of a local source, where it proves that nothing changed.
  std::optional<FileSeal> index;   ///< Of the index, as envlock wrote or checked it.
  /// The boot for which `index` holds, as a PackageSeal's; empty: for any.
  std::string index_boot;

  [[nodiscard]] std::string to_string() const;
  /// Nothing where `text` is not exactly what to_string writes.
  static std::optional<RepodataState> parse(std::string_view text);
  friend bool operator==(const RepodataState&, const RepodataState&) = default;
};

/// The file names that repodata has, in the order in which they are looked for (CF 2.4).
inline constexpr std::string_view repodata_files[] = {"repodata.json.zst", "repodata.json",
                                                      "repodata.json.bz2"};
inline constexpr std::string_view shard_index_files[] = {shard_index_file};

/// For so long it is believed that a better file is missing, as other clients do (CF 2.4).
constexpr bool is_recent(Instant missed, Instant now) noexcept {
  constexpr std::int64_t week_ms = std::int64_t{7} * 24 * 60 * 60 * 1000;
  return now.ms >= missed.ms && now.ms - missed.ms < week_ms;
}

}  // namespace envlock
