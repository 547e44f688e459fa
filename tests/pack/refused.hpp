#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

namespace envlock::test {

/// Matches "6: 'FILE': ... (rule A01)": refused for this reason, and nothing else. (Catch's own
/// `&&` of matchers points at temporaries, so that a function cannot give it back.)
class Refused : public Catch::MatcherBase<std::string> {
 public:
  explicit Refused(std::string rule) : rule_(std::move(rule)) {}
  bool match(const std::string& result) const override {
    return result.starts_with("6: '") && result.ends_with(" (rule " + rule_ + ")");
  }
  std::string describe() const override { return "is refused by rule " + rule_; }

 private:
  std::string rule_;
};

}  // namespace envlock::test
