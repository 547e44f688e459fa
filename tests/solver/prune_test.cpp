#include <catch2/catch.hpp>

#include "solver/order.hpp"
#include "solver/problem.hpp"
#include "solver/prune.hpp"
#include "solver/reduce.hpp"
#include "tests/solver/question.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version) {
  return PackageBuilder(name).version(version);
}

std::vector<std::string> live_names(const LoadedProblem& problem, const CandidateBits& live) {
  std::vector<std::string> names;
  for (CandidateId id = 0; id < problem.candidates.size(); ++id)
    if (live.contains(id)) {
      const Candidate& candidate = problem.candidates[id];
      names.push_back(problem.names[candidate.name].text + " " +
                      std::string(problem.version_text(candidate)));
    }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> pruned_names(const Question& question) {
  const LoadedProblem problem = load_problem(question.question);
  const auto pruned = prune(problem);
  return pruned ? live_names(problem, pruned->live) : std::vector<std::string>{"none"};
}

}  // namespace

TEST_CASE("Only names that the requests reach are loaded", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"b"}), package("b", "1"),
                            package("c", "1").depends({"a"}), package("d", "1")});
  const LoadedProblem problem = load_problem(question.request("a").question);
  REQUIRE(problem.find_name("b"));
  REQUIRE_FALSE(problem.find_name("c"));
  REQUIRE_FALSE(problem.find_name("d"));
}

TEST_CASE("What a request excludes goes, and with it what needed it", "[solver]") {
  Question question;
  question.channel("main",
                   {package("a", "1"), package("a", "2"), package("b", "1").depends({"a 1"}),
                    package("b", "2").depends({"a 2"})});
  REQUIRE(pruned_names(question.request("a <2").request("b")) ==
          std::vector<std::string>{"a 1", "b 1"});
}

TEST_CASE(
    "What all live candidates of a required name need is required, and limited to what they "
    "accept",
    "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"b 1"}), package("a", "2").depends({"b 2"}),
                            package("b", "1").depends({"c"}), package("b", "2").depends({"c"}),
                            package("b", "3").depends({"c"}), package("c", "1"),
                            package("c", "2").depends({"b 3"})});
  REQUIRE(pruned_names(question.request("a")) ==
          std::vector<std::string>{"a 1", "a 2", "b 1", "b 2", "c 1"});
}

TEST_CASE("Constraints of required names limit as dependencies do", "[solver]") {
  Question question;
  question.channel("main",
                   {package("a", "1").constrains({"b <2"}), package("c", "1").depends({"b"}),
                    package("c", "2").depends({"b 2"}), package("b", "1"), package("b", "2")});
  REQUIRE(pruned_names(question.request("a").request("c")) ==
          std::vector<std::string>{"a 1", "b 1", "c 1"});
}

TEST_CASE("What only dropped candidates reach goes", "[solver]") {
  Question question;
  question.channel(
      "main", {package("a", "1"), package("a", "2").depends({"b", "missing"}), package("b", "1")});
  REQUIRE(pruned_names(question.request("a")) == std::vector<std::string>{"a 1"});
}

TEST_CASE("A required name without live candidates ends the pruning", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"b 2"}), package("b", "1")});
  REQUIRE(pruned_names(question.request("a")) == std::vector<std::string>{"none"});
}

TEST_CASE("Names that every solution needs are known where there is no solution", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1").depends({"b", "c"}), package("a", "2").depends({"b"}),
                            package("b", "1").depends({"missing"}), package("c", "1")});
  const LoadedProblem problem = load_problem(question.request("a").question);
  std::vector<std::string> names;
  for (const NameId name : needed_names(problem)) names.push_back(problem.names[name].text);
  std::sort(names.begin(), names.end());
  REQUIRE(names == std::vector<std::string>{"a", "b", "missing"});
}

TEST_CASE("Of candidates that nothing tells apart only the best is solved for", "[solver]") {
  Question question;
  question.channel("main",
                   {package("a", "1").depends({"b >=1"}), package("a", "2").depends({"b"}),
                    package("b", "1"), package("b", "2").depends({"c"}), package("c", "1")});
  question.request("a");
  const LoadedProblem problem = load_problem(question.question);
  auto pruned = prune(problem);
  REQUIRE(pruned);
  reduce(problem, *pruned, rank_candidates(problem, pruned->live));
  // Every live b is good for both a; but b 2 needs c, so that the two b differ.
  REQUIRE(live_names(problem, pruned->live) ==
          std::vector<std::string>{"a 2", "b 1", "b 2", "c 1"});
}

}  // namespace envlock::test
