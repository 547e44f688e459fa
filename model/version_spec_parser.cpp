#include <algorithm>
#include <array>
#include <utility>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/version_spec.hpp"

namespace envlock {
namespace {

constexpr bool is_white(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

constexpr bool is_separator(char c) noexcept {
  return c == '(' || c == ')' || c == '|' || c == ',';
}

/// Part of a literal: what white space may not cut into two.
constexpr bool is_literal(char c) noexcept {
  return !is_separator(c) && c != '<' && c != '>' && c != '=' && c != '!' && c != '~';
}

std::string quoted(std::string_view text) {
  constexpr std::size_t shown = 200;
  if (text.size() <= shown) return "'" + std::string(text) + "'";
  return "'" + std::string(text.substr(0, shown)) + "...'";
}

/// The expression without white space. "1.2 3" is refused: conda would read "1.23".
std::string without_white_space(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (is_white(c)) {
      gap = true;
      continue;
    }
    if (gap && !out.empty() && is_literal(out.back()) && is_literal(c)) {
      throw InputError("version constraint " + quoted(text) + ": no ',' or '|' between '" +
                           out.back() + "' and '" + c + "'",
                       "separate constraints by ',' (and) or '|' (or)");
    }
    gap = false;
    out += c;
  }
  return out;
}

}  // namespace

/// expr = and ('|' and)*; and = atom (',' atom)*; atom = '(' expr ')' | clause (CF 3.5).
class VersionSpec::Parser {
 public:
  Parser(VersionSpec& spec, std::string_view text) : spec_(spec), text_(text) {}

  void parse() {
    const auto separators = std::count_if(text_.begin(), text_.end(), is_separator);
    spec_.nodes_.reserve(static_cast<std::size_t>(separators) + 3);
    spec_.versions_.reserve(static_cast<std::size_t>(separators) + 1);
    parse_group(Op::one_of, 0);
    if (at_ < text_.size()) fail("')' without '('");
    if (spec_.nodes_[0].op == Op::any) spec_.nodes_.clear();
  }

 private:
  using enum Op;

  [[noreturn]] void fail(const std::string& why, std::string hint = {}) const {
    throw InputError("version constraint " + quoted(text_) + ": " + why, std::move(hint));
  }

  [[nodiscard]] char next() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// Operands joined by '|' (`one_of`) or ',' (`all_of`). Groups of one operand, or inside a group
  /// of the same kind, vanish, and so does what "any version" makes superfluous.
  /// @return whether there was a separator
  bool parse_group(Op op, int depth) {
    const std::size_t start = spec_.nodes_.size();
    spec_.nodes_.push_back({op, 1, 0});
    std::size_t operands = 0;
    std::size_t kept = 0;
    bool any_operand = false;
    bool comma_inside = false;
    for (bool more = true; more;) {
      const std::size_t operand = spec_.nodes_.size();
      if (op == one_of) {
        comma_inside |= parse_group(all_of, depth);
      } else {
        parse_atom(depth);
      }
      ++operands;
      const Node node = spec_.nodes_[operand];
      if (node.op == any) {
        any_operand = true;
        spec_.nodes_.pop_back();
      } else if (node.op == op) {
        spec_.nodes_.erase(at(operand));
        kept += 2;  // at least; only "more than one" matters
      } else {
        ++kept;
      }
      more = next() == (op == one_of ? '|' : ',');
      if (more) ++at_;
    }
    if (kept == 0 || (any_operand && op == one_of)) {
      spec_.nodes_.resize(start);
      spec_.nodes_.push_back({});
    } else if (kept == 1) {
      spec_.nodes_.erase(at(start));
    } else {
      spec_.nodes_[start].size = static_cast<std::uint32_t>(spec_.nodes_.size() - start);
    }
    if (op == one_of && operands > 1 && comma_inside) spec_.ambiguous_ = true;
    return operands > 1;
  }

  void parse_atom(int depth) {
    if (next() == '(') {
      if (depth == max_depth) fail("parentheses are nested too deeply");
      ++at_;
      parse_group(one_of, depth + 1);
      if (next() != ')') fail("'(' without ')'");
      ++at_;
      if (at_ < text_.size() && next() != ')' && next() != '|' && next() != ',') {
        fail("no ',' or '|' after ')'");
      }
      return;
    }
    if (++clauses_ > max_clauses) fail("it has too many parts");
    const std::size_t begin = at_;
    if (next() == '^') {
      const std::size_t end = text_.find('$', begin);
      if (end == npos) fail("a regular expression begins with '^' but does not end with '$'");
      at_ = end + 1;
    }
    while (at_ < text_.size() && !is_separator(text_[at_])) ++at_;
    if (next() == '(') fail("no ',' or '|' before '('");
    parse_clause(text_.substr(begin, at_ - begin));
  }

  void parse_clause(std::string_view clause) {
    if (clause.empty()) fail("a part is empty", "remove the superfluous ',' or '|'");
    if (clause.front() == '^') {
      if (clause.find('$') + 1 != clause.size()) {
        fail("text follows the regular expression in " + quoted(clause));
      }
      return add_pattern(pattern, clause, LetterCase::matters);
    }
    static constexpr std::array<std::pair<std::string_view, Op>, 8> operators{{
        {"==", equal},
        {"!=", not_equal},
        {"<=", less_equal},
        {">=", greater_equal},
        {"~=", compatible},
        {"<", less},
        {">", greater},
        {"=", starts_with},
    }};
    std::string_view sign;
    Op op = equal;  // a literal alone means equality
    for (const auto& [spelling, meaning] : operators) {
      if (clause.starts_with(spelling)) {
        sign = spelling;
        op = meaning;
        break;
      }
    }
    const std::string_view literal = clause.substr(sign.size());
    if (literal.empty()) fail("no version follows '" + std::string(sign) + "'");
    if (!is_literal(literal.front())) {
      fail(quoted(clause) + " does not begin with a known operator",
           "the operators are == != < <= > >= = ~=");
    }
    if (literal.find('*') == npos) return add(op, literal);
    parse_starred(clause, sign.empty() || sign == "=", op, literal);
  }

  /// A clause with '*' in its literal: a prefix, a glob, or a '*' that other tools drop, by CF
  /// 3.5's table.
  void parse_starred(std::string_view clause, bool bare, Op op, std::string_view literal) {
    const bool relational = op == less || op == less_equal || op == greater || op == greater_equal;
    if (literal.find_first_not_of('*') == npos) {
      if (op == not_equal || op == less || op == greater) fail(quoted(clause) + " matches nothing");
      spec_.nodes_.push_back({});
      return;
    }
    if (op == compatible) fail("'~=' cannot be used with '*'");
    std::string_view base = without_star(literal);
    if (base.find('*') == npos) {
      if (op == not_equal) return add(not_starts_with, base);
      if (bare) return add(starts_with, base);
      // ">1.0*" orders by the literal "1.0*", which is below all of 1.0's pre-releases.
      if (relational && literal[base.size()] == '*') return add(op, literal);
      return add(op, base);
    }
    if (!relational) return add_glob(op == not_equal ? not_pattern : pattern, literal);
    while (base.back() == '*') base = without_star(base);
    if (base.find('*') != npos) fail("a '*' inside a version has no place in the order");
    add(op, base);
  }

  /// `literal` without the "*" or ".*" at its end, if any.
  static std::string_view without_star(std::string_view literal) {
    if (literal.back() != '*') return literal;
    literal = literal.substr(0, literal.find_last_not_of('*') + 1);
    if (literal.back() == '.') literal.remove_suffix(1);
    return literal;
  }

  void add(Op op, std::string_view literal) {
    std::vector<Version>& versions = spec_.versions_;
    const auto value = static_cast<std::uint32_t>(versions.size());
    try {
      versions.push_back(Version::parse_or_throw(literal));
    } catch (const InputError& error) {
      fail(error.what(), literal.find_first_of("<>=~") == npos
                             ? ""
                             : "separate constraints by ',' (and) or '|' (or)");
    }
    if (op == compatible) {
      // "~=1" demands no prefix (mamba and rattler; conda refuses it).
      if (auto prefix = versions[value].without_last_component()) {
        versions.push_back(*std::move(prefix));
      } else {
        op = greater_equal;
      }
    }
    spec_.nodes_.push_back({op, 1, value});
  }

  void add_glob(Op op, std::string_view glob) {
    for (const char c : glob) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool digit = c >= '0' && c <= '9';
      if (!letter && !digit && std::string_view("*._-+!").find(c) == npos) {
        fail(quoted(glob) + " has characters that no version has");
      }
    }
    add_pattern(op, glob, LetterCase::ignored);
  }

  void add_pattern(Op op, std::string_view text, LetterCase letter_case) {
    const auto value = static_cast<std::uint32_t>(spec_.patterns_.size());
    if (value == max_patterns) fail("it has too many globs and regular expressions");
    spec_.patterns_.push_back(StringMatcher::parse(text, letter_case));
    spec_.nodes_.push_back({op, 1, value});
  }

  std::vector<Node>::iterator at(std::size_t index) {
    return spec_.nodes_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  static constexpr std::size_t npos = std::string_view::npos;
  static constexpr std::size_t max_patterns = 64;
  VersionSpec& spec_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t clauses_ = 0;
};

VersionSpec VersionSpec::parse(std::string_view text) {
  if (text.size() > max_text_bytes) {
    throw InputError("version constraint " + quoted(text) + ": it is longer than " +
                     std::to_string(max_text_bytes) + " bytes");
  }
  text = trim(text);
  std::string compact;
  if (std::any_of(text.begin(), text.end(), is_white)) {
    compact = without_white_space(text);
    text = compact;
  }
  VersionSpec spec;
  if (text == "*") return spec;
  Parser(spec, text).parse();
  return spec;
}

}  // namespace envlock
