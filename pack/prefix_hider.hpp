#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/relocation.hpp"

namespace envlock {

/// The other way round than Relocator: an installed text in, one with a placeholder for the prefix
/// out, for files that no package describes. "/opt/env" is not found in "/opt/env-2" or
/// "/mnt/opt/env": what follows must not be a part of the same name, and what stands before not one
/// of the same path. Memory is constant.
class PrefixHider {
 public:
  /// @param prefixes     what the prefix may be called, absolute; the first that fits is taken
  /// @param placeholder  what stands there then; must outlive this
  PrefixHider(std::vector<std::string> prefixes, std::string_view placeholder, ByteSink sink);
  void feed(std::span<const std::byte> bytes);
  void finish();  ///< Call once, last.

  [[nodiscard]] std::uint64_t hidden() const noexcept { return hidden_; }
  /// The placeholder stood there before: who puts a prefix in its place would change the text.
  [[nodiscard]] bool had_placeholder() const noexcept { return had_placeholder_; }
  [[nodiscard]] bool had_nul() const noexcept { return had_nul_; }

 private:
  void work(bool is_last);
  /// The first place at or after `at` where a prefix stands, and its length; npos: none.
  [[nodiscard]] std::pair<std::size_t, std::size_t> find(std::size_t at) const;
  void emit(std::string_view text) const;

  std::vector<std::string> prefixes_;
  std::string_view placeholder_;
  ByteSink sink_;
  std::string window_;
  std::size_t history_ = 0;  ///< How much of the window's start is done.
  std::size_t kept_ = 0;     ///< What the end of a window may begin.
  std::uint64_t hidden_ = 0;
  bool had_placeholder_ = false;
  bool had_nul_ = false;
};

}  // namespace envlock
