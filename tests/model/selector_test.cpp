#include "model/selector.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

bool holds(std::string_view expression, std::string_view subdir) {
  REQUIRE_FALSE(selector_fault(expression));
  return selector_holds(expression, *Platform::parse(subdir));
}

}  // namespace

TEST_CASE("selector_holds: the variables of CEP 24 by platform", "[model]") {
  struct Row {
    const char* subdir;
    std::vector<std::string_view> holding;
  };
  // conda-build's ns_cfg, and conda-lock's table where that has the platform
  const std::vector<Row> rows = {
      {"linux-64", {"linux", "linux64", "unix", "x86", "x86_64"}},
      {"linux-32", {"linux", "linux32", "unix", "x86"}},
      {"linux-aarch64", {"aarch64", "linux", "unix"}},
      {"linux-ppc64le", {"linux", "ppc64le", "unix"}},
      {"linux-s390x", {"linux", "s390x", "unix"}},
      {"linux-armv7l", {"armv7l", "linux", "unix"}},
      {"linux-riscv64", {"linux", "riscv64", "unix"}},
      {"osx-64", {"osx", "osx64", "unix", "x86", "x86_64"}},
      {"osx-arm64", {"arm64", "osx", "unix"}},
      {"win-64", {"win", "win64", "x86", "x86_64"}},
      {"win-32", {"win", "win32", "x86"}},
      {"win-arm64", {"arm64", "win"}},
  };
  for (const Row& row : rows) {
    for (const std::string_view variable :
         {"aarch64", "arm64", "armv6l", "armv7l", "linux", "linux32", "linux64", "osx", "osx64",
          "ppc64le", "riscv64", "s390x", "unix", "win", "win32", "win64", "x86", "x86_64"}) {
      INFO(row.subdir << ' ' << variable);
      CHECK(holds(variable, row.subdir) == (std::ranges::count(row.holding, variable) == 1));
    }
  }
}

TEST_CASE("selector_holds: 'not' binds tighter than 'and', 'and' tighter than 'or'", "[model]") {
  CHECK(holds("not win and linux", "linux-64"));
  CHECK(holds("linux or osx and win", "linux-64"));
  CHECK_FALSE(holds("(linux or osx) and win", "linux-64"));
  CHECK(holds("not (win or osx)", "linux-64"));
  CHECK(holds("not not linux", "linux-64"));
  CHECK(holds(" ( linux ) and(x86_64)", "linux-64"));
  CHECK_FALSE(holds("linux and not x86_64", "linux-64"));
}

TEST_CASE("selector_fault: what cannot be evaluated is named", "[model]") {
  for (const char* text :
       {"", " ", "linux and", "and", "or linux", "linux osx", "(linux", "linux)", "not", "()",
        "py>=3", "linux, osx", "not linux and ()", "linux && osx"}) {
    INFO(text);
    CHECK(selector_fault(text));
  }
  CHECK(selector_fault("windows")->message == "'windows' is not known");
  CHECK(selector_fault("linux or osxx")->hint == "did you mean 'osx'?");
  CHECK_THAT(selector_fault("build_platform")->hint, Catch::Contains("linux64"));
}

TEST_CASE("selector_fault: deep parentheses are refused, not followed", "[model]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "linux" + std::string(depth, ')');
  };
  CHECK_FALSE(selector_fault(nested(16)));
  CHECK(selector_fault(nested(17)));
  CHECK(selector_fault(nested(30'000)));
}

}  // namespace envlock::test
