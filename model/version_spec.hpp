#pragma once

#include <string>
#include <string_view>

#include "model/version.hpp"

namespace envlock {

/// A version expression such as ">=1.2,<2|==3.1" (CEP 29, CF 3.5). ',' binds tighter than '|'.
class VersionSpec {
 public:
  VersionSpec();  ///< "*": any version.
  /// White space inside is ignored. @throws InputError saying which part is wrong and why
  static VersionSpec parse(std::string_view text);
  /// `version` must be the parsed form of the record's version text; globs and regexes look at its
  /// text.
  [[nodiscard]] bool matches(const Version& version) const;
  [[nodiscard]] bool is_any() const noexcept;
  /// Canonical text: parse(to_string()) == *this; explicit parentheses wherever ',' and '|' mix.
  [[nodiscard]] std::string to_string() const;
  /// True where ',' and '|' were mixed without parentheses: other tools read such text differently
  /// (CF 3.5).
  [[nodiscard]] bool is_ambiguous() const noexcept;
};

}  // namespace envlock
