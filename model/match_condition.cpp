#include "model/match_condition.hpp"

#include <string>

#include "model/error.hpp"
#include "model/match_spec.hpp"
#include "model/match_spec_keys.hpp"

namespace envlock {
namespace {

constexpr int max_depth = 64;

constexpr bool is_white(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// expr = term (("and" | "or") term)*; term = '(' expr ')' | spec. Precedence does not matter for
/// checking.
class ConditionChecker {
 public:
  explicit ConditionChecker(std::string_view text) : text_(text) { advance(); }

  void check() {
    check_expression(0);
    if (!word_.empty()) fail("'" + std::string(word_) + "' without 'and' or 'or'");
  }

 private:
  [[noreturn]] static void fail(const std::string& why) {
    throw InputError("condition of 'when': " + why);
  }

  void check_expression(int depth) {
    if (depth > max_depth) fail("parentheses are nested too deeply");
    for (;;) {
      if (word_ == "(") {
        advance();
        check_expression(depth + 1);
        if (word_ != ")") fail("'(' without ')'");
      } else {
        check_spec();
      }
      advance();
      if (word_ != "and" && word_ != "or") return;
      advance();
    }
  }

  void check_spec() const {
    if (word_.empty() || word_ == ")" || word_ == "and" || word_ == "or") {
      fail("a package spec is missing");
    }
    if (MatchSpec::parse(word_).is_conditional()) fail("it holds another condition");
  }

  /// The next parenthesis or run of characters without white space and parentheses; brackets and
  /// what is in them are one with what stands before.
  void advance() {
    while (at_ < text_.size() && is_white(text_[at_])) ++at_;
    const std::size_t begin = at_;
    if (at_ < text_.size() && (text_[at_] == '(' || text_[at_] == ')')) {
      ++at_;
    } else {
      while (at_ < text_.size() && !is_white(text_[at_]) && text_[at_] != '(' &&
             text_[at_] != ')') {
        if (text_[at_] == '[') {
          at_ = closing_bracket(text_, at_);
          if (at_ == std::string_view::npos) fail("'[' without ']'");
        }
        ++at_;
      }
    }
    word_ = text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::string_view word_;
  std::size_t at_ = 0;
};

}  // namespace

void check_condition(std::string_view text) { ConditionChecker(text).check(); }

}  // namespace envlock
