#include "verify/evidence.hpp"

#include <algorithm>
#include <span>

namespace envlock {

void Evidence::add(std::string_view path, std::string_view kind,
                   const std::optional<Sha256>& content) {
  constexpr std::string_view separator("\0", 1);
  Sha256Hasher hasher;
  for (const std::string_view part : {path, separator, kind, separator}) hasher.update(part);
  if (content) hasher.update(std::as_bytes(std::span(content->bytes())));
  is_complete_ = is_complete_ && content.has_value();
  leaves_.push_back(hasher.finish());
}

std::optional<Sha256> Evidence::digest() const {
  if (!is_complete_) return std::nullopt;
  std::vector<Sha256> sorted = leaves_;
  std::ranges::sort(sorted, {}, &Sha256::bytes);
  Sha256Hasher hasher;
  for (const Sha256& leaf : sorted) hasher.update(std::as_bytes(std::span(leaf.bytes())));
  return hasher.finish();
}

}  // namespace envlock
