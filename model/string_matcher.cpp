#include "model/string_matcher.hpp"

#include <re2/re2.h>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(char a, char b, LetterCase letter_case) noexcept {
  return a == b || (letter_case == LetterCase::ignored && lower(a) == lower(b));
}

std::shared_ptr<const RE2> compile(std::string_view text, LetterCase letter_case) {
  if (text.size() > StringMatcher::max_regex_bytes) {
    throw InputError("a regular expression of " + std::to_string(text.size()) +
                     " bytes is longer than " + std::to_string(StringMatcher::max_regex_bytes));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);  // x{1000}{1000} is refused instead of being unrolled
  options.set_case_sensitive(letter_case == LetterCase::matters);
  auto regex = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!regex->ok()) {
    throw InputError("'" + std::string(text) + "' is not a regular expression: " + regex->error(),
                     "the syntax is RE2's: no look-around and no backreferences");
  }
  return regex;
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text, LetterCase letter_case) noexcept {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = none;  // the last '*' seen, and the place in `text` up to which it reaches
  std::size_t reach = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      reach = t;
    } else if (g < glob.size() && same(glob[g], text[t], letter_case)) {
      ++g;
      ++t;
    } else if (star != none) {  // let the last '*' take one character more; earlier ones need not
      g = star + 1;
      t = ++reach;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

StringMatcher StringMatcher::parse(std::string_view text, LetterCase letter_case) {
  StringMatcher matcher;
  matcher.letter_case_ = letter_case;
  if (text.size() > 1 && text.front() == '^' && text.back() == '$') {
    matcher.kind_ = Kind::regex;
    matcher.regex_ = compile(text, letter_case);
    matcher.text_ = text;
    return matcher;
  }
  if (text.find('*') != std::string_view::npos) matcher.kind_ = Kind::glob;
  matcher.text_ = letter_case == LetterCase::ignored ? to_lower(text) : std::string(text);
  return matcher;
}

bool StringMatcher::matches(std::string_view text) const {
  switch (kind_) {
    case Kind::exact:
      return letter_case_ == LetterCase::matters ? text == text_ : to_lower(text) == text_;
    case Kind::glob:
      return glob_matches(text_, text, letter_case_);
    case Kind::regex:
      return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
  }
  return false;
}

}  // namespace envlock
