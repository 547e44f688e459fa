#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

/// A digest of a set of things that are told in any order: what an acceptance of a finding about
/// many files binds to. The digests of the things are sorted and hashed; adding or exclusive-or-ing
/// them would let a set be made up that has a wanted result.
class Evidence {
 public:
  /// @param content  nothing where it is not known: then the set has no digest
  void add(std::string_view path, std::string_view kind, const std::optional<Sha256>& content);
  [[nodiscard]] std::size_t size() const noexcept { return leaves_.size(); }
  [[nodiscard]] std::optional<Sha256> digest() const;

 private:
  std::vector<Sha256> leaves_;
  bool is_complete_ = true;
};

}  // namespace envlock
