#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// Where the bytes of an unfinished download came from: kept beside it, so that a later run can
/// ask for the rest of exactly the same file. Only ever a hint; the sha256 decides.
struct PartialOrigin {
  std::string url;        ///< An identity without secrets, as the downloader gives it.
  std::string validator;  ///< A strong ETag or a Last-Modified; empty: none.

  [[nodiscard]] std::string to_string() const;
  /// Nothing where `text` is not exactly what to_string writes, or holds what may not go into a
  /// header.
  static std::optional<PartialOrigin> parse(std::string_view text);
  friend bool operator==(const PartialOrigin&, const PartialOrigin&) = default;
};

inline constexpr std::size_t max_partial_origin_bytes = 16 * 1024;

}  // namespace envlock
