#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/digest.hpp"
#include "model/time.hpp"
#include "model/url.hpp"

namespace envlock {

/// A file of a project, as its index says (simple repository API, formerly PEP 503, 592, 658, 691,
/// 700).
struct IndexFile {
  explicit IndexFile(Url place) : url(std::move(place)) {}
  std::string name;
  Url url;
  std::optional<Sha256> sha256;
  std::optional<std::uint64_t> size;
  std::optional<Instant> uploaded;
  bool is_yanked = false;
  std::string yanked_why;
  std::string requires_python;
  bool has_metadata = false;  ///< Its METADATA is at URL + ".metadata".
  std::optional<Sha256> metadata_sha256;
};

struct ProjectPage {
  std::vector<IndexFile> files;  ///< In the index's order.
  /// Of files that were left out: URLs with a query or another scheme (http on a page that came by
  /// https, too), digests that cannot be read, names with a slash.
  std::size_t unusable = 0;
};

/// @param page  the URL of the page, for relative references
/// @param where  names the page in messages
/// @throws InputError for what is no such page, or has more than 100,000 files
ProjectPage read_index_json(std::string_view json, const Url& page, const std::string& where);
ProjectPage read_index_html(std::string_view html, const Url& page, const std::string& where);

}  // namespace envlock
