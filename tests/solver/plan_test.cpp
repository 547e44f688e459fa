#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"
#include "tests/solver/solution_check.hpp"

// What comes first where not everything can have its best: design section 6.

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       const std::string& build = "0") {
  return PackageBuilder(name).version(version).build(build);
}

std::map<std::string, PackageRecord> locked(const Solution& solution) {
  std::map<std::string, PackageRecord> records;
  for (const SolvedPackage& solved : solution.packages) records[solved.record.name] = solved.record;
  return records;
}

}  // namespace

TEST_CASE("A requested python is as new as the requests allow, at the cost of other requests",
          "[solver]") {
  Question question;
  question.channel("main", {package("python", "3.12"), package("python", "3.13"),
                            package("a", "2.0").depends({"python 3.12.*"}),
                            package("a", "1.0").depends({"python >=3.12"})});
  Question both = question;
  REQUIRE(names_of(solve(both.request("a").request("python").question)) ==
          std::vector<std::string>{"a=1.0=0", "python=3.13=0"});
  // Nobody asked for python here, but for a.
  REQUIRE(names_of(solve(question.request("a").question)) ==
          std::vector<std::string>{"a=2.0=0", "python=3.12=0"});
}

TEST_CASE("A direct request is not kept back by a build that came first", "[solver]") {
  // The best build of a is for python 3.13, where b has only an old version; but a's newest version
  // is there for 3.12 as well, and so is b's.
  Question question;
  question.channel("main", {package("python", "3.12"), package("python", "3.13"),
                            package("a", "2.0", "py312_0").depends({"python 3.12.*"}),
                            package("a", "2.0", "py313_0").depends({"python 3.13.*"}),
                            package("b", "1.0").depends({"python >=3.12"}),
                            package("b", "2.0").depends({"python 3.12.*"})});
  REQUIRE(names_of(solve(question.request("a").request("b").question)) ==
          std::vector<std::string>{"a=2.0=py312_0", "b=2.0=0", "python=3.12=0"});
}

TEST_CASE("Requests come before what they bring", "[solver]") {
  Question question;
  question.channel(
      "main", {package("aa", "1.0"), package("aa", "2.0"), package("zz", "2.0").depends({"aa 1.0"}),
               package("zz", "1.0").depends({"aa"})});
  REQUIRE(names_of(solve(question.request("zz").question)) ==
          std::vector<std::string>{"aa=1.0=0", "zz=2.0=0"});
}

TEST_CASE("A locked record stays where it still satisfies", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0").depends({"b >=2"}),
                            package("b", "1.0"), package("b", "2.0")});
  Question before = question;
  before.request("a <2").request("b <2");
  const Solution old = solve(before.question);
  question.request("a").request("b").question.prefer = locked(old);
  REQUIRE(names_of(solve(question.question)) == names_of(old));
}

TEST_CASE("A new request moves only what it must", "[solver]") {
  Question question;
  question.channel("main", {package("lib", "1.0"), package("lib", "2.0"), package("other", "1.0"),
                            package("other", "2.0"), package("a", "1.0").depends({"lib", "other"}),
                            package("a", "2.0").depends({"lib", "other"}),
                            package("new", "1.0").depends({"lib >=2"})});
  question.request("a");
  Question before = question;
  before.request("a <2").request("lib <2").request("other <2");
  question.question.prefer = locked(solve(before.question));
  REQUIRE(names_of(solve(question.request("new").question)) ==
          std::vector<std::string>{"a=1.0=0", "lib=2.0=0", "new=1.0=0", "other=1.0=0"});
}

TEST_CASE("A new request does not lower or raise another request where an older one will do",
          "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0"),
                            package("new", "2.0").depends({"a >=2"}), package("new", "1.0")});
  question.request("a");
  Question before = question;
  before.request("a <2");
  question.question.prefer = locked(solve(before.question));
  REQUIRE(names_of(solve(question.request("new").question)) ==
          std::vector<std::string>{"a=1.0=0", "new=1.0=0"});
}

TEST_CASE("What nothing needs any more goes, though it was locked", "[solver]") {
  Question question;
  question.channel("main",
                   {package("a", "1.0").depends({"b"}), package("b", "1.0"), package("c", "1.0")});
  Question before = question;
  question.question.prefer = locked(solve(before.request("a").request("c").question));
  REQUIRE(names_of(solve(question.request("c").question)) == std::vector<std::string>{"c=1.0=0"});
}

TEST_CASE("A locked record that left the channel is replaced by the best", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "3.0")});
  question.question.prefer["a"] =
      package("a", "2.0").record("https://example.org/main", "linux-64");
  REQUIRE(version_of(solve(question.request("a").question), "a") == "a=3.0=0");
}

TEST_CASE("An updated name is raised to its best, and the rest stays", "[solver]") {
  Question question;
  question.channel(
      "main", {package("a", "1.0"), package("a", "2.0").depends({"b >=2"}), package("b", "1.0"),
               package("b", "2.0"), package("b", "3.0"), package("c", "1.0"), package("c", "2.0")});
  question.request("a").request("c");
  Question before = question;
  before.request("a <2").request("c <2").request("b <2");
  question.question.prefer = locked(solve(before.question));
  question.question.prefer.erase("a");
  question.question.updates = {{"a", {"command line", 0, 0}}};
  const Solution solution = solve(question.question);
  REQUIRE(version_of(solution, "a") == "a=2.0=0");
  REQUIRE(version_of(solution, "c") == "c=1.0=0");
}

TEST_CASE("An update's version holds where the package is present", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").depends({"b"}), package("b", "1.0"),
                            package("b", "2.0"), package("b", "3.0")});
  question.request("a").question.updates = {{"b <3", {"command line", 0, 0}}};
  REQUIRE(version_of(solve(question.question), "b") == "b=2.0=0");
  question.question.updates = {{"b >=4", {"command line", 0, 0}}};
  REQUIRE_THROWS_AS(solve(question.question), UnsolvableError);
}

}  // namespace envlock::test
