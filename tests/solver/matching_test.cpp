#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"
#include "tests/solver/solution_check.hpp"

// What a dependency, a constraint and a virtual package mean: CF 6.1, 6.6.

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version) {
  return PackageBuilder(name).version(version);
}

}  // namespace

TEST_CASE("Several dependencies on one name must all accept the one that is chosen", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").depends({"b >=2", "b <4", "b * x_0"}),
                            package("b", "1"), package("b", "2").build("x_0"),
                            package("b", "3").build("y_0"), package("b", "4").build("x_0")});
  REQUIRE(version_of(solve(question.request("a").question), "b") == "b=2=x_0");
}

TEST_CASE("Several requests for one name must all be met", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1"), package("a", "2"), package("a", "3")});
  REQUIRE(version_of(solve(question.request("a <3").request("a >1").question), "a") == "a=2=0");
  REQUIRE_THROWS_AS(solve(question.request("a !=2").question), UnsolvableError);
}

TEST_CASE("A constraint excludes what it does not match, and brings nothing", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").constrains({"b <2"}), package("b", "1"),
                            package("b", "2"), package("c", "1").depends({"b"})});
  Question alone = question;
  REQUIRE(names_of(solve(alone.request("a").question)) == std::vector<std::string>{"a=1.0=0"});
  REQUIRE(version_of(solve(question.request("a").request("c").question), "b") == "b=1=0");
}

TEST_CASE("A constraint with a glob as its name holds for every name that it matches", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").constrains({"lib* <2"}), package("libx", "1"),
                            package("libx", "2"), package("xlib", "2")});
  const Solution solution = solve(question.request("a").request("libx").request("xlib").question);
  REQUIRE(version_of(solution, "libx") == "libx=1=0");
  REQUIRE(version_of(solution, "xlib") == "xlib=2=0");
}

TEST_CASE("A package that constrains itself away cannot be chosen", "[solver]") {
  Question question;
  question.channel("main", {package("a", "2.0").constrains({"a <2"}), package("a", "1.0")});
  REQUIRE(version_of(solve(question.request("a").question), "a") == "a=1.0=0");
}

TEST_CASE("A virtual package that is too old rules a record out", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").depends({"__glibc >=2.17"}),
                            package("a", "2.0").depends({"__glibc >=2.28"})});
  question.virtual_package("__glibc", "2.17").request("a");
  const Solution solution = solve(question.question);
  REQUIRE(names_of(solution) == std::vector<std::string>{"a=1.0=0"});
}

TEST_CASE("A constraint on a virtual package counts although nothing depends on it", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0").constrains({"__cuda >=12"})});
  Question with_old = question;
  with_old.virtual_package("__cuda", "11.8").request("a");
  REQUIRE(version_of(solve(with_old.question), "a") == "a=1.0=0");
  REQUIRE(version_of(solve(question.request("a").question), "a") == "a=2.0=0");
}

TEST_CASE("The build of a virtual package is matched", "[solver]") {
  Question question;
  question.channel("main", {package("level", "1").depends({"__archspec 1 x86_64_v1"}),
                            package("level", "3").depends({"__archspec 1 x86_64_v3"}),
                            package("level", "4").depends({"__archspec 1 x86_64_v4"})});
  question.virtual_package("__archspec", "1", "x86_64_v3").request("level");
  REQUIRE(version_of(solve(question.question), "level") == "level=3=0");
}

TEST_CASE("A channel's record never stands for a virtual package", "[solver]") {
  Question question;
  question.channel("main", {package("__cuda", "12.0"), package("a", "1").depends({"__cuda"})});
  REQUIRE_THROWS_AS(solve(question.request("a").question), UnsolvableError);
}

TEST_CASE("A virtual package can be asked for, and is no package of the solution", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1")}).virtual_package("__glibc", "2.28");
  question.request("a").request("__glibc >=2.17");
  REQUIRE(names_of(solve(question.question)) == std::vector<std::string>{"a=1=0"});
  REQUIRE_THROWS_AS(solve(question.request("__glibc >=2.30").question), UnsolvableError);
}

TEST_CASE("Packages that need each other are chosen together", "[solver]") {
  Question question;
  question.channel("main", {package("python", "3.12").depends({"pip"}),
                            package("pip", "24").depends({"python >=3.8"})});
  REQUIRE(names_of(solve(question.request("python").question)) ==
          std::vector<std::string>{"pip=24=0", "python=3.12=0"});
}

TEST_CASE("Names are compared in lower case", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"PyYAML"}), package("pyyaml", "6")});
  REQUIRE(version_of(solve(question.request("A").question), "pyyaml") == "pyyaml=6=0");
}

}  // namespace envlock::test
