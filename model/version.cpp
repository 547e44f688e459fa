#include "model/version.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

// A run as a word whose unsigned order is CF 3.2's order of runs:
//   bits 63-62  kind: text < number < huge number < infinity ("post")
//   text:       bits 57-2 its first seven characters, bit 1 set where it is longer
//   number:     bits 61-1 its value
//   huge:       bits 61-1 its count of digits, so that only equally long ones need their digits
//   bit 0       first run of its component (no part of the order)
// A long text or huge number is followed by a word that says where it stands: offset << 32 |
// length. "dev" is stored in capitals, as conda does: that sorts it between '*' and '_', below all
// letters.
using Word = std::uint64_t;
constexpr Word kind_mask = Word{3} << 62U;
constexpr Word text_kind = 0;
constexpr Word number_kind = Word{1} << 62U;
constexpr Word huge_kind = Word{2} << 62U;
constexpr Word infinity = Word{3} << 62U;
constexpr Word zero = number_kind;
constexpr Word long_text = 2;
constexpr Word component_start = 1;
constexpr unsigned short_text_bytes = 7;
constexpr unsigned first_character_shift = 50;
constexpr std::size_t short_number_digits = 18;  // 10^18 < 2^61

constexpr Word order_of(Word word) noexcept { return word & ~component_start; }
constexpr bool starts_component(Word word) noexcept { return (word & component_start) != 0; }
constexpr bool is_text(Word word) noexcept { return (word & kind_mask) == text_kind; }
constexpr bool is_long(Word word) noexcept {
  const Word kind = word & kind_mask;
  return kind == huge_kind || (kind == text_kind && (word & long_text) != 0);
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The character that conda sees: lower case, and '-' read as '_'.
constexpr char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

std::strong_ordering compare_folded(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare_three_way(
      a.begin(), a.end(), b.begin(), b.end(),
      [](char x, char y) { return folded(x) <=> folded(y); });
}

bool equals_folded(std::string_view text, std::string_view lower) noexcept {
  return text.size() == lower.size() && std::is_eq(compare_folded(text, lower));
}

std::string_view slice(std::string_view text, Word place) noexcept {
  return text.substr(place >> 32U, place & 0xFFFFFFFFU);
}

/// What is in a text, as bits, so that one pass over it finds all that is forbidden.
enum Content : unsigned { plain = 0, dash = 1, underscore = 2, bang = 4, plus = 8, foreign = 16 };

constexpr unsigned content_of(char c) noexcept {
  if (is_digit(c) || c == '.' || c == '*') return plain;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return plain;
  switch (c) {
    case '-':
      return dash;
    case '_':
      return underscore;
    case '!':
      return bang;
    case '+':
      return plus;
    default:
      return foreign;
  }
}

}  // namespace

/// Fills the words of a version from its text.
class Version::Parser {
 public:
  explicit Parser(Version& version) : version_(version), text_(version.text_) {}

  /// Where it returns false, why() says what is wrong.
  bool parse() {
    unsigned content = plain;
    for (const char c : text_) content |= content_of(c);
    if (text_.empty()) return fail("it is empty");
    if ((content & foreign) != 0) {
      return fail("it has characters other than letters, digits and . _ - + ! *");
    }
    if ((content & (dash | underscore)) == (dash | underscore)) {
      return fail("it has both '-' and '_'");
    }
    std::size_t begin = 0;
    if ((content & bang) != 0) {
      begin = text_.find('!');
      if (text_.find('!', begin + 1) != npos) return fail("it has more than one '!'");
      const std::string_view epoch = text_.substr(0, begin);
      if (epoch.empty() || !std::all_of(epoch.begin(), epoch.end(), is_digit)) {
        return fail("the epoch before '!' is not a number");
      }
      if (!push_number(0, begin, component_start)) return false;
      ++begin;
    } else {
      version_.inline_[version_.count_++] = zero | component_start;
    }
    const std::size_t end = (content & plus) != 0 ? text_.find('+') : text_.size();
    const bool openssl_style = begin < end && folded(text_[end - 1]) == '_';
    if (!parse_components(begin, end, openssl_style)) return false;
    version_.main_count_ = version_.count_;
    if (end == text_.size()) return true;
    if (text_.find('+', end + 1) != npos) return fail("it has more than one '+'");
    return parse_components(end + 1, text_.size(), false);
  }

  [[nodiscard]] std::string_view why() const noexcept { return why_; }

 private:
  static constexpr std::size_t npos = std::string_view::npos;

  bool fail(std::string_view why) {
    why_ = why;
    return false;
  }

  bool push(Word word) {
    if (version_.count_ == 2 * max_runs) return fail("it has too many parts");
    std::vector<Word>& spilled = version_.spilled_;
    const std::size_t fits = version_.inline_.size();
    if (version_.count_ < fits) {
      version_.inline_[version_.count_] = word;
    } else {
      if (version_.count_ == fits) spilled.assign(version_.inline_.begin(), version_.inline_.end());
      spilled.push_back(word);
    }
    ++version_.count_;
    return true;
  }

  bool push_place(std::size_t begin, std::size_t end) { return push(begin << 32U | (end - begin)); }

  bool push_number(std::size_t begin, std::size_t end, Word flag) {
    while (begin < end && text_[begin] == '0') ++begin;
    if (end - begin > short_number_digits) {
      return push(huge_kind | Word{end - begin} << 1U | flag) && push_place(begin, end);
    }
    Word value = 0;
    for (; begin < end; ++begin) value = value * 10 + static_cast<Word>(text_[begin] - '0');
    return push(number_kind | value << 1U | flag);
  }

  bool push_text(std::size_t begin, std::size_t end, Word flag) {
    const std::string_view run = text_.substr(begin, end - begin);
    if (equals_folded(run, "post")) return push(infinity | flag);
    const bool is_dev = equals_folded(run, "dev");
    Word word = flag;
    unsigned shift = first_character_shift;
    for (const char c : run.substr(0, short_text_bytes)) {
      const char seen = is_dev ? static_cast<char>(folded(c) - 'a' + 'A') : folded(c);
      word |= Word{static_cast<unsigned char>(seen)} << shift;
      shift -= 8;
    }
    if (run.size() <= short_text_bytes) return push(word);
    return push(word | long_text) && push_place(begin, end);
  }

  /// @param openssl_style  the last '_' belongs to the last component ("1.0.1_") and splits nothing
  bool parse_components(std::size_t begin, std::size_t end, bool openssl_style) {
    const auto splits = [&](std::size_t i) {
      const char c = folded(text_[i]);
      return c == '.' || (c == '_' && !(openssl_style && i + 1 == end));
    };
    for (std::size_t i = begin;; ++i) {
      if (i == end || splits(i)) return fail("a part between separators is empty");
      Word flag = component_start;
      if (!is_digit(text_[i])) {  // 1.a reads as 1.0a
        if (!push(zero | flag)) return false;
        flag = 0;
      }
      while (i < end && !splits(i)) {
        const std::size_t run = i;
        if (is_digit(text_[i])) {
          while (i < end && is_digit(text_[i])) ++i;
          if (!push_number(run, i, flag)) return false;
        } else {
          const bool star = text_[i] == '*';
          while (i < end && !splits(i) && !is_digit(text_[i]) && (text_[i] == '*') == star) ++i;
          if (!push_text(run, i, flag)) return false;
        }
        flag = 0;
      }
      if (i == end) return true;
    }
  }

  Version& version_;
  std::string_view text_;
  std::string_view why_;
};

/// A place in one list of components, and the end of that list.
struct Version::Cursor {
  const Word* at;
  const Word* end;
  std::string_view text;

  [[nodiscard]] bool at_end() const noexcept { return at == end; }
  [[nodiscard]] bool in_component() const noexcept { return at != end && !starts_component(*at); }
  void skip_run() noexcept { at += is_long(*at) ? 2 : 1; }
  /// The characters of a long run.
  [[nodiscard]] std::string_view long_run() const noexcept { return slice(text, at[1]); }

  /// Moves past the component that has begun; false where one of its runs is not zero.
  bool rest_of_component_is_zero() noexcept {
    for (; in_component(); skip_run()) {
      if (order_of(*at) != zero) return false;
    }
    return true;
  }

  /// The order of the two runs here, which both exist.
  static std::strong_ordering compare_runs(const Cursor& a, const Cursor& b) noexcept {
    const Word x = order_of(*a.at);
    const Word y = order_of(*b.at);
    if (x != y || !is_long(x)) return x <=> y;
    return compare_folded(a.long_run(), b.long_run());
  }

  /// CF 3.2: component by component, a missing run is zero.
  static std::strong_ordering compare(Cursor a, Cursor b) noexcept {
    for (;;) {
      if (!a.at_end() && !b.at_end() && starts_component(*a.at) == starts_component(*b.at)) {
        if (const auto order = compare_runs(a, b); std::is_neq(order)) return order;
        a.skip_run();
        b.skip_run();
      } else if (b.in_component() || (a.at_end() && !b.at_end())) {
        if (order_of(*b.at) != zero) return zero <=> order_of(*b.at);
        b.skip_run();
      } else if (!a.at_end()) {
        if (order_of(*a.at) != zero) return order_of(*a.at) <=> zero;
        a.skip_run();
      } else {
        return std::strong_ordering::equal;
      }
    }
  }

  /// CF 3.4 steps 2 to 4 on one list; `prefix` is not empty.
  static bool starts_with(Cursor version, Cursor prefix) noexcept {
    constexpr Word missing = zero;
    for (;;) {
      const Word wanted = *prefix.at;
      bool present = version.in_component();
      if (starts_component(wanted)) {
        if (!version.rest_of_component_is_zero()) return false;
        present = !version.at_end();
      }
      const Cursor run = present ? version : Cursor{&missing, &missing + 1, {}};
      const Cursor wanted_run = prefix;
      prefix.skip_run();
      if (prefix.at_end()) return last_run_starts_with(run, wanted_run);
      if (std::is_neq(compare_runs(run, wanted_run))) return false;
      if (present) version.skip_run();
    }
  }

  /// Texts match by prefix (`2013a*` takes 2013ab), numbers as a whole (`1.7*` does not take 1.70).
  static bool last_run_starts_with(const Cursor& run, const Cursor& wanted) noexcept {
    if (!is_text(*wanted.at)) return std::is_eq(compare_runs(run, wanted));
    if (!is_text(*run.at)) return false;
    if (is_long(*wanted.at)) {
      if (!is_long(*run.at)) return false;
      const std::string_view start = wanted.long_run();
      return std::is_eq(compare_folded(run.long_run().substr(0, start.size()), start));
    }
    // As short texts are padded with zero, the prefix is what its own characters cover.
    const Word differing = order_of(*run.at) ^ order_of(*wanted.at);
    for (unsigned i = 0; i < short_text_bytes; ++i) {
      const Word character = Word{0xFF} << (first_character_shift - 8 * i);
      if ((*wanted.at & character) == 0) return true;
      if ((differing & character) != 0) return false;
    }
    return true;
  }
};

Version::Cursor Version::main_part() const noexcept {
  return {words(), words() + main_count_, text_};
}
Version::Cursor Version::local_part() const noexcept {
  return {words() + main_count_, words() + count_, text_};
}

std::optional<Version> Version::parse(std::string_view text, std::string_view& why) {
  text = trim(text);
  std::optional<Version> version;
  if (text.size() > max_text_bytes) {
    why = "it is longer than 65536 bytes";
    return version;
  }
  version.emplace(Version());
  version->text_ = text;
  Parser parser(*version);
  if (!parser.parse()) {
    why = parser.why();
    version.reset();
  }
  return version;
}

std::optional<Version> Version::parse(std::string_view text) {
  std::string_view why;
  return parse(text, why);
}

Version Version::parse_or_throw(std::string_view text) {
  std::string_view why;
  std::optional<Version> version = parse(text, why);
  if (!version) {
    throw InputError("'" + std::string(text) + "' is not a version: " + std::string(why));
  }
  return *std::move(version);
}

bool Version::starts_with(const Version& prefix) const {
  if (prefix.count_ == prefix.main_count_)
    return Cursor::starts_with(main_part(), prefix.main_part());
  return std::is_eq(Cursor::compare(main_part(), prefix.main_part())) &&
         Cursor::starts_with(local_part(), prefix.local_part());
}

std::optional<Version> Version::without_last_component() const {
  const std::string_view main = std::string_view(text_).substr(0, text_.find('+'));
  const std::size_t dot = main.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return parse(main.substr(0, dot));
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  const auto order = Version::Cursor::compare(a.main_part(), b.main_part());
  return std::is_neq(order) ? order : Version::Cursor::compare(a.local_part(), b.local_part());
}

}  // namespace envlock
