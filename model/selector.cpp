#include "model/selector.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_depth = 16;

struct Variable {
  std::string_view name;
  bool (*holds)(const Platform&);
};

bool is_unix(const Platform& p) {
  return p.os() == "linux" || p.os() == "osx" || p.os() == "freebsd" || p.os() == "emscripten";
}

/// CEP 24's variables with conda-build's meaning; sorted.
constexpr std::array<Variable, 18> variables = {{
    {"aarch64", [](const Platform& p) { return p.arch() == "aarch64"; }},
    {"arm64", [](const Platform& p) { return p.arch() == "arm64"; }},
    {"armv6l", [](const Platform& p) { return p.arch() == "armv6l"; }},
    {"armv7l", [](const Platform& p) { return p.arch() == "armv7l"; }},
    {"linux", [](const Platform& p) { return p.os() == "linux"; }},
    {"linux32", [](const Platform& p) { return p.subdir() == "linux-32"; }},
    {"linux64", [](const Platform& p) { return p.subdir() == "linux-64"; }},
    {"osx", [](const Platform& p) { return p.os() == "osx"; }},
    {"osx64", [](const Platform& p) { return p.subdir() == "osx-64"; }},
    {"ppc64le", [](const Platform& p) { return p.arch() == "ppc64le"; }},
    {"riscv64", [](const Platform& p) { return p.arch() == "riscv64"; }},
    {"s390x", [](const Platform& p) { return p.arch() == "s390x"; }},
    {"unix", is_unix},
    {"win", [](const Platform& p) { return p.os() == "win"; }},
    {"win32", [](const Platform& p) { return p.subdir() == "win-32"; }},
    {"win64", [](const Platform& p) { return p.subdir() == "win-64"; }},
    {"x86", [](const Platform& p) { return p.arch() == "64" || p.arch() == "32"; }},
    {"x86_64", [](const Platform& p) { return p.arch() == "64"; }},
}};

/// Recursive descent over `not` > `and` > `or`. Every part is parsed, whatever its value, so that a
/// fault is found on every platform.
class Evaluator {
 public:
  Evaluator(std::string_view text, const Platform& platform) : rest_(text), platform_(platform) {
    advance();
  }

  bool evaluate() {
    const bool value = parse_or(0);
    if (!fault_ && !word_.empty()) fail("unexpected '" + std::string(word_) + "'");
    return value;
  }
  [[nodiscard]] const std::optional<SelectorFault>& fault() const { return fault_; }

 private:
  void advance() {
    rest_ = trim(rest_);
    const bool sign = !rest_.empty() && (rest_.front() == '(' || rest_.front() == ')');
    const std::size_t end = sign ? 1 : std::min(rest_.find_first_of(" \t()"), rest_.size());
    word_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
  }
  bool take(std::string_view word) {
    if (word_ != word) return false;
    advance();
    return true;
  }
  void fail(std::string message, std::string hint = {}) {
    if (!fault_) fault_ = SelectorFault{std::move(message), std::move(hint)};
    word_ = rest_ = {};
  }

  bool parse_or(std::size_t depth) {
    bool value = parse_and(depth);
    while (take("or")) value = parse_and(depth) || value;
    return value;
  }
  bool parse_and(std::size_t depth) {
    bool value = parse_not(depth);
    while (take("and")) value = parse_not(depth) && value;
    return value;
  }
  bool parse_not(std::size_t depth) {
    bool negated = false;
    while (take("not")) negated = !negated;
    return parse_operand(depth) != negated;
  }
  bool parse_operand(std::size_t depth) {
    if (take("(")) {
      if (depth == max_depth) fail("parentheses nest too deep");
      const bool value = parse_or(depth + 1);
      if (!take(")")) fail("')' is missing");
      return value;
    }
    const auto known = std::ranges::find(variables, word_, &Variable::name);
    if (known == variables.end()) {
      refuse_word();
      return false;
    }
    advance();
    return known->holds(platform_);
  }

  void refuse_word() {
    if (word_.empty()) return fail("something is missing at its end");
    std::array<std::string_view, variables.size()> names{};
    std::ranges::transform(variables, names.begin(), &Variable::name);
    if (const auto near = nearest_word(word_, names))
      return fail("'" + std::string(word_) + "' is not known", "did you mean '" + *near + "'?");
    std::string list;
    for (const std::string_view name : names) list.append(list.empty() ? "" : ", ").append(name);
    fail("'" + std::string(word_) + "' is not known", "known are " + list);
  }

  std::string_view rest_;
  std::string_view word_;
  const Platform& platform_;
  std::optional<SelectorFault> fault_;
};

}  // namespace

bool selector_holds(std::string_view expression, const Platform& platform) {
  return Evaluator(expression, platform).evaluate();
}

std::optional<SelectorFault> selector_fault(std::string_view expression) {
  const Platform any = Platform::host();
  Evaluator evaluator(expression, any);
  evaluator.evaluate();
  return evaluator.fault();
}

}  // namespace envlock
