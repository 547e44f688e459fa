#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/secret.hpp"

namespace envlock {

/// Takes secrets out of what is printed: those that it was told, in every form in which they may
/// come by (as they are, percent-encoded, JSON-escaped, base64 and base64url, and cut before
/// "..."), and what looks like one (redact_urls, redact_tokens). Thread-safe.
class Redactor {
 public:
  /// A shorter secret, or form of one, may well be a word: to put "***" for it in our own sentences
  /// would tell what it is. Where it stands in a URL or a header it is masked whatever it is.
  static constexpr std::size_t min_bytes = 8;

  void hide(std::string_view secret);
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Secret> forms_;  ///< The longest first, so that none leaves a part of another.
};

/// No core dumps of this process, and no other process of the user may look into its memory: from
/// the first secret on. Failures do not matter, it is a second line.
void protect_process_memory() noexcept;

}  // namespace envlock
