#include <catch2/catch.hpp>
#include <thread>

#include "tests/solver/question.hpp"
#include "tests/solver/solution_check.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version) {
  return PackageBuilder(name).version(version);
}

}  // namespace

TEST_CASE("A solution lists whole records by name and marks what was asked for", "[solver]") {
  Question question;
  question.channel("main", {package("b", "1.0").depends({"a"})},
                   {package("a", "1.0").noarch("generic")});
  const Solution solution = solve(question.request("b").question);
  REQUIRE(solution.packages.size() == 2);
  REQUIRE(solution.packages[0].record ==
          package("a", "1.0").noarch("generic").record("https://example.org/main", "noarch"));
  REQUIRE_FALSE(solution.packages[0].requested);
  REQUIRE(solution.packages[1].record ==
          package("b", "1.0").depends({"a"}).record("https://example.org/main", "linux-64"));
  REQUIRE(solution.packages[1].requested);
}

TEST_CASE("No request is solved by no package", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0")});
  REQUIRE(solve(question.question).packages.empty());
}

TEST_CASE("A request that is no MatchSpec is an input error with its place", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0")}).request("a").request("a >=");
  REQUIRE_THROWS_AS(solve(question.question), InputError);
  REQUIRE_THROWS_WITH(solve(question.question), Catch::StartsWith("environment.yml:2: "));
}

TEST_CASE("A request must name one package, without conditions", "[solver]") {
  for (const std::string spec : {"a*", "*", "^a.*$", "a[when=\"python\"]", "a[extras=[x]]"}) {
    INFO(spec);
    Question question;
    question.channel("main", {package("a", "1.0")});
    REQUIRE_THROWS_AS(solve(question.request(spec).question), InputError);
  }
}

TEST_CASE("The unsolvable error carries exit code 4, the platform and an explanation", "[solver]") {
  Question question;
  question.channel("main", {package("numpy", "1.0")}).request("numpi");
  try {
    solve(question.question);
    FAIL("solved");
  } catch (const UnsolvableError& error) {
    REQUIRE(error.exit_code() == ExitCode::unsolvable);
    REQUIRE(error.platform == "linux-64");
    REQUIRE(error.explanation.headline ==
            "'numpi' cannot be installed: there is no package 'numpi' in 'main'");
    REQUIRE(error.explanation.lines.at(0).place.to_string() == "environment.yml:1");
    REQUIRE(error.explanation.suggestions == std::vector<std::string>{"did you mean 'numpy'?"});
  }
}

TEST_CASE("Only the requests that conflict are blamed", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"c 1"}), package("b", "1").depends({"c 2"}),
                            package("c", "1"), package("c", "2"), package("d", "1")});
  question.request("d").request("a").request("c").request("b");
  try {
    solve(question.question);
    FAIL("solved");
  } catch (const UnsolvableError& error) {
    REQUIRE(error.explanation.headline == "'a' and 'b' cannot be installed together");
  }
}

TEST_CASE("A version that strict priority hides is named as the cause", "[solver]") {
  Question question;
  question.channel("high", {package("python", "3.10")}).channel("low", {package("python", "3.12")});
  try {
    solve(question.request("python 3.12.*").question);
    FAIL("solved");
  } catch (const UnsolvableError& error) {
    std::string lines;
    for (const ExplanationLine& line : error.explanation.lines) lines += line.text + "\n";
    REQUIRE_THAT(lines, Catch::Contains("hidden by channel priority: low has 3.12"));
  }
}

TEST_CASE("Several platforms can be solved at once", "[solver]") {
  std::vector<PackageBuilder> packages;
  for (int v = 1; v <= 20; ++v)
    for (const char* name : {"a", "b", "c"})
      packages.push_back(package(name, std::to_string(v)).depends({"d >=" + std::to_string(v)}));
  for (int v = 1; v <= 20; ++v) packages.push_back(package("d", std::to_string(v)));
  Question question;
  question.channel("main", packages).request("a").request("b <=7").request("c");
  const auto expected = names_of(solve(question.question));
  std::vector<std::vector<std::string>> answers(4);
  {
    std::vector<std::jthread> threads;
    for (auto& answer : answers)
      threads.emplace_back([&] { answer = names_of(solve(question.question)); });
  }
  for (const auto& answer : answers) REQUIRE(answer == expected);
}

}  // namespace envlock::test
