#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace envlock {

enum class LetterCase : std::uint8_t { matters, ignored };

/// True where all of `text` matches `glob`, in which '*' stands for any characters and everything
/// else for itself. Time is bounded by the product of the two lengths, without backtracking.
bool glob_matches(std::string_view glob, std::string_view text, LetterCase letter_case) noexcept;

/// What a MatchSpec demands of one text (CF 4.4): `^...$` is a regular expression (RE2 syntax,
/// matched in linear time), a text with '*' is a glob, anything else is the text itself.
class StringMatcher {
 public:
  static constexpr std::size_t max_regex_bytes = 1024;

  /// @throws InputError for a regular expression that is malformed, too long or too large
  static StringMatcher parse(std::string_view text, LetterCase letter_case);
  [[nodiscard]] bool matches(std::string_view text) const;
  [[nodiscard]] bool is_exact() const noexcept { return kind_ == Kind::exact; }
  [[nodiscard]] bool is_any() const noexcept { return kind_ == Kind::glob && text_ == "*"; }
  /// As written; in lower case where case is ignored and it is no regular expression.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend bool operator==(const StringMatcher& a, const StringMatcher& b) {
    return a.kind_ == b.kind_ && a.letter_case_ == b.letter_case_ && a.text_ == b.text_;
  }

 private:
  enum class Kind : std::uint8_t { exact, glob, regex };
  StringMatcher() = default;
  Kind kind_ = Kind::exact;
  LetterCase letter_case_ = LetterCase::matters;
  std::string text_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace envlock
