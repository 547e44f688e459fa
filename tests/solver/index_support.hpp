#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "solver/index.hpp"

namespace envlock::test {

inline constexpr std::size_t in_one_piece = static_cast<std::size_t>(-1);

/// The bytes of the index of `json`, which is fed in pieces of `piece` bytes.
inline std::vector<std::byte> index_bytes(std::string_view json, std::size_t piece = in_one_piece,
                                          IndexBuilder::Options options = {}) {
  if (options.subdir.empty()) options.subdir = "linux-64";
  if (options.source_name.empty()) options.source_name = "repodata.json";
  IndexBuilder builder(std::move(options));
  std::span<const std::byte> rest = std::as_bytes(std::span(json));
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.size(), piece);
    builder.feed(rest.first(size));
    rest = rest.subspan(size);
  }
  return builder.finish();
}

inline std::unique_ptr<Index> open_index(std::vector<std::byte> bytes) {
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return Index::open(*owner, owner, true);
}

inline std::unique_ptr<Index> index_of(std::string_view json, std::size_t piece = in_one_piece) {
  return open_index(index_bytes(json, piece));
}

/// A repodata.json with `records`, a list of members, under `packages.conda`.
inline std::string with_records(const std::string& records) {
  return R"({"packages.conda":{)" + records + "}}";
}

/// A member of `packages.conda` for a-1-0.conda, with `more` fields behind the required ones.
inline std::string record_a(const std::string& more = "") {
  return R"("a-1-0.conda":{"name":"a","version":"1","build":"0","build_number":0)" +
         (more.empty() ? more : "," + more) + "}";
}

}  // namespace envlock::test
