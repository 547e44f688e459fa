#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "solver/conflict.hpp"
#include "solver/propagate.hpp"
#include "tests/solver/question.hpp"

// What explanations say is tried out on small random channels. The judge is solve() itself, which
// solve_property_test.cpp compares with trying every combination.

namespace envlock::test {
namespace {

const std::vector<std::string> names{"aa", "bb", "cc", "dd", "ee"};

/// Draws from the generator directly, since the standard's distributions differ.
class RandomChannel {
 public:
  explicit RandomChannel(std::uint32_t seed) : random_(seed) {
    std::vector<PackageBuilder> packages;
    for (const std::string& name : names) {
      for (std::uint32_t v = 1, versions = 1 + below(3); v <= versions; ++v)
        for (std::uint32_t b = 0, builds = 1 + below(2); b < builds; ++b)
          packages.push_back(record(name, v, b));
    }
    question_.channel("main", packages);
    for (std::uint32_t i = 0, requests = 2 + below(3); i < requests; ++i)
      question_.request(spec(names[below(5)]));
    if (below(3) == 0) question_.virtual_package("__glibc", "2.17");
  }
  [[nodiscard]] const SolveQuestion& question() const { return question_.question; }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::string spec(const std::string& name) {
    const std::string number = std::to_string(1 + below(3));
    switch (below(5)) {
      case 0:
        return name + " >=" + number;
      case 1:
        return name + " <=" + number;
      case 2:
        return name + " " + number + ".*";
      case 3:
        return name + " !=" + number + ".0";
      default:
        return name;
    }
  }

  PackageBuilder record(const std::string& name, std::uint32_t version, std::uint32_t build) {
    std::vector<std::string> depends, constrains;
    for (const std::string& other : names) {
      if (below(3) == 0) depends.push_back(spec(other));
      if (below(6) == 0) constrains.push_back(spec(other));
    }
    if (below(10) == 0) depends.emplace_back("__glibc >=2.17");
    if (below(10) == 0) constrains.emplace_back("__glibc <2.17");
    return PackageBuilder(name)
        .version(std::to_string(version) + ".0")
        .build("b_" + std::to_string(build))
        .depends(depends)
        .constrains(constrains);
  }

  std::mt19937 random_;
  Question question_;
};

std::optional<Explanation> why_not(const SolveQuestion& question) {
  try {
    solve(question);
    return std::nullopt;
  } catch (const UnsolvableError& error) {
    return error.explanation;
  }
}

bool is_solvable(SolveQuestion question, const std::vector<std::string>& requests) {
  question.requests.clear();
  for (const std::string& text : requests) question.requests.push_back({text, {}});
  return !why_not(question);
}

std::vector<std::string> texts_of(const SolveQuestion& question) {
  std::vector<std::string> texts;
  for (const Request& request : question.requests) texts.push_back(request.text);
  return texts;
}

std::vector<std::string> without(std::vector<std::string> texts, const std::string& one) {
  const auto found = std::find(texts.begin(), texts.end(), one);
  REQUIRE(found != texts.end());
  texts.erase(found);
  return texts;
}

/// What stands between the first pair of single quotes after `from`.
std::string quoted_in(const std::string& text, std::size_t from = 0) {
  const std::size_t open = text.find('\'', from);
  return text.substr(open + 1, text.find('\'', open + 1) - open - 1);
}

/// The texts of the requests that an explanation names.
std::vector<std::string> blamed(const SolveQuestion& question, const Explanation& why) {
  std::vector<std::string> texts;
  for (const Request& request : question.requests) {
    const bool named =
        std::any_of(why.lines.begin(), why.lines.end(), [&](const ExplanationLine& line) {
          return !line.place.file.empty() && line.place.line == request.place.line;
        });
    if (named) texts.push_back(request.text);
  }
  return texts;
}

}  // namespace

TEST_CASE("The requests that an explanation names conflict, and no fewer of them do", "[explain]") {
  std::size_t explained = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    const RandomChannel channel(seed);
    const auto why = why_not(channel.question());
    if (!why) continue;
    ++explained;
    const std::vector<std::string> requests = blamed(channel.question(), *why);
    INFO(why->headline);
    REQUIRE_FALSE(requests.empty());
    REQUIRE_FALSE(is_solvable(channel.question(), requests));
    for (const std::string& one : requests) {
      REQUIRE_THAT(why->headline, Catch::Contains("'" + one + "'"));
      // Those that nothing can meet are named all at once.
      if (requests.size() > 1 && !is_solvable(channel.question(), {one})) continue;
      const auto rest = without(requests, one);
      REQUIRE((rest.empty() || is_solvable(channel.question(), rest)));
    }
  }
  REQUIRE(explained > 60);
}

TEST_CASE("A line that says what a package needs hangs below what is about that package",
          "[explain]") {
  std::size_t looked_at = 0;
  for (std::uint32_t seed = 3001; seed <= 3700; ++seed) {
    INFO("seed " << seed);
    const auto why = why_not(RandomChannel(seed).question());
    if (!why) continue;
    std::string all;
    for (const ExplanationLine& line : why->lines)
      all += std::string(static_cast<std::size_t>(line.depth) * 2, ' ') + line.text + "\n";
    INFO(all);
    std::vector<std::string> above;  // by depth
    std::string told;                // all lines before
    for (const ExplanationLine& line : why->lines) {
      const auto depth = static_cast<std::size_t>(line.depth);
      REQUIRE(depth <= above.size());
      above.resize(depth);
      const bool turns = line.text.rfind("but ", 0) == 0;
      const std::string subject = line.text.substr(turns ? 4 : 0, 2);
      const bool is_step = std::count(names.begin(), names.end(), subject) != 0 &&
                           line.text.find(" is requested") == std::string::npos;
      if (is_step) {
        ++looked_at;
        REQUIRE(depth > 0);
        // An objection stands below what it is raised against; its own need was told before.
        REQUIRE_THAT(turns ? told : above.back(), Catch::Contains(subject));
      }
      above.push_back(line.text);
      told += line.text + "\n";
    }
  }
  REQUIRE(looked_at > 200);
}

TEST_CASE("What an explanation suggests leads to a solution", "[explain]") {
  std::size_t left_out = 0, replaced = 0;
  for (std::uint32_t seed = 1001; seed <= 1700; ++seed) {
    INFO("seed " << seed);
    const RandomChannel channel(seed);
    const auto why = why_not(channel.question());
    if (!why) continue;
    const std::vector<std::string> texts = texts_of(channel.question());
    for (const std::string& way : why->suggestions) {
      INFO(way);
      if (way.rfind("without ", 0) == 0) {
        ++left_out;
        REQUIRE(is_solvable(channel.question(), without(texts, quoted_in(way))));
      } else if (way.rfind("with ", 0) == 0) {
        ++replaced;
        const std::size_t instead = way.find(" instead of ");
        std::vector<std::string> other = without(texts, quoted_in(way, instead));
        std::string spec = way.substr(5, instead - 5);
        spec.insert(spec.find(' ') + 1, "==");
        other.push_back(spec);
        REQUIRE(is_solvable(channel.question(), other));
      }
    }
  }
  REQUIRE(left_out > 10);
  REQUIRE(replaced > 10);
}

TEST_CASE("Propagation removes nothing that is in a solution", "[propagate]") {
  std::size_t removed = 0;
  for (std::uint32_t seed = 2001; seed <= 2120; ++seed) {
    INFO("seed " << seed);
    const RandomChannel channel(seed);
    const SolveQuestion& question = channel.question();
    const LoadedProblem problem = load_problem(question);
    Steps steps;
    for (const Candidate& candidate : problem.candidates)
      for (const auto sets : {problem.required_sets(candidate), problem.allowed_sets(candidate)})
        for (const SetId set : sets) {
          const Step step{candidate.name, problem.sets[set].name};
          if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(step);
        }
    const Propagation facts(problem, std::vector<bool>(question.requests.size(), true), steps);
    if (facts.contradiction()) {
      REQUIRE(why_not(question));
      continue;
    }
    for (CandidateId c = 0; c < problem.candidates.size(); ++c) {
      const Candidate& candidate = problem.candidates[c];
      if (facts.is_left(c) || problem.names[candidate.name].is_virtual) continue;
      ++removed;
      std::vector<std::string> texts = texts_of(question);
      texts.push_back(problem.names[candidate.name].text +
                      " ==" + std::string(problem.version_text(candidate)) + " " +
                      std::string(problem.build_of(candidate)));
      INFO(texts.back());
      REQUIRE_FALSE(is_solvable(question, texts));
      const Removal& removal = facts.removal(c);
      if (removal.why == Removal::Why::not_accepted) {
        const Link& link = facts.links().at(removal.by);
        REQUIRE(link.to == candidate.name);
        REQUIRE_FALSE(link.left.empty());
      }
    }
  }
  REQUIRE(removed > 100);
}

}  // namespace envlock::test
