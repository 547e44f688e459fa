#include "solver/propagate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "solver/conflict.hpp"
#include "tests/solver/question.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       std::vector<std::string> depends = {}) {
  return PackageBuilder(name).version(version).depends(std::move(depends));
}

/// Every statement of one name about another that the problem has.
Steps all_steps(const LoadedProblem& problem) {
  Steps steps;
  for (const Candidate& candidate : problem.candidates) {
    for (const auto sets : {problem.required_sets(candidate), problem.allowed_sets(candidate)})
      for (const SetId set : sets) {
        const Step step{candidate.name, problem.sets[set].name};
        if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(step);
      }
  }
  return steps;
}

CandidateId candidate(const LoadedProblem& problem, const std::string& name,
                      const std::string& version) {
  const Name& id = problem.names[*problem.find_name(name)];
  for (CandidateId c = id.first; c < id.last; ++c)
    if (problem.version_text(problem.candidates[c]) == version) return c;
  throw std::logic_error("no candidate " + name + " " + version);
}

}  // namespace

TEST_CASE("Propagation removes what a request excludes, and says which", "[propagate]") {
  Question question;
  question.channel("main", {package("a", "1"), package("a", "2")}).request("a 2");
  const LoadedProblem problem = load_problem(question.question);
  const Propagation facts(problem, {true}, all_steps(problem));
  REQUIRE_FALSE(facts.contradiction());
  REQUIRE(facts.is_left(candidate(problem, "a", "2")));
  const Removal& removal = facts.removal(candidate(problem, "a", "1"));
  REQUIRE(removal.why == Removal::Why::request);
  REQUIRE(removal.by == 0);
}

TEST_CASE("Propagation removes what needs something that nothing can be", "[propagate]") {
  Question question;
  question.channel("main", {package("a", "1", {"b 2"}), package("a", "2", {"b 3"}),
                            package("b", "1"), package("b", "2")});
  const LoadedProblem problem = load_problem(question.request("a").question);
  const Propagation facts(problem, {true}, all_steps(problem));
  REQUIRE(facts.is_left(candidate(problem, "a", "1")));
  REQUIRE(facts.removal(candidate(problem, "a", "2")).why == Removal::Why::needs);
  REQUIRE(facts.removal(candidate(problem, "b", "1")).why == Removal::Why::not_accepted);
}

TEST_CASE("Propagation follows only the steps that it is given", "[propagate]") {
  Question question;
  question.channel("main", {package("a", "1", {"c 1"}), package("b", "1", {"c 2"}),
                            package("c", "1"), package("c", "2")});
  const LoadedProblem problem = load_problem(question.request("a").request("b").question);
  const Steps steps = all_steps(problem);
  REQUIRE(Propagation(problem, {true, true}, steps).contradiction());
  REQUIRE_FALSE(Propagation(problem, {true, false}, steps).contradiction());
  for (const Step& step : steps)
    REQUIRE_FALSE(Propagation(problem, {true, true}, {step}).contradiction());
}

TEST_CASE("A candidate that excludes itself is removed", "[propagate]") {
  Question question;
  question.channel("main", {package("a", "1", {"a 2"}), package("a", "2")}).request("a");
  const LoadedProblem problem = load_problem(question.question);
  const Propagation facts(problem, {true}, all_steps(problem));
  REQUIRE_FALSE(facts.is_left(candidate(problem, "a", "1")));
  REQUIRE(facts.is_left(candidate(problem, "a", "2")));
}

TEST_CASE("The smallest steps are those without which nothing is shown", "[propagate]") {
  Question question;
  question.channel("main", {package("a", "1", {"c 1", "u"}), package("b", "1", {"c 2", "u"}),
                            package("c", "1"), package("c", "2"), package("u", "1", {"c"})});
  const LoadedProblem problem = load_problem(question.request("a").request("b").question);
  const auto fails = [&](const Steps& steps) {
    return Propagation(problem, {true, true}, steps).contradiction().has_value();
  };
  const auto steps = smallest_steps(problem, {true, true}, fails);
  REQUIRE(steps);
  REQUIRE(steps->size() == 2);
  for (const Step& step : *steps) REQUIRE(problem.names[step.to].text == "c");
  REQUIRE_FALSE(smallest_steps(problem, {true, false}, [](const Steps&) { return false; }));
}

}  // namespace envlock::test
