#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "model/match_spec.hpp"
#include "model/version.hpp"
#include "tests/solver/question.hpp"
#include "tests/solver/solution_check.hpp"

namespace envlock::test {
namespace {

/// A small random channel: few names, few versions, many ways to conflict. Draws from the generator
/// directly, since the standard's distributions differ between libraries.
class RandomUniverse {
 public:
  explicit RandomUniverse(std::uint32_t seed) : random_(seed) {
    names_ = {"python", "aa", "bb", "cc", "dd"};
    names_.resize(3 + below(3));
    std::vector<PackageBuilder> packages;
    for (const std::string& name : names_) {
      const std::uint32_t versions = 1 + below(3);
      for (std::uint32_t v = 1; v <= versions; ++v)
        for (std::uint32_t b = 0, builds = 1 + below(2); b < builds; ++b)
          packages.push_back(record(name, v, b));
    }
    question_.channel("main", packages);
    for (std::uint32_t i = 0, requests = 1 + below(3); i < requests; ++i)
      question_.request(spec(names_[below(size())]));
    if (below(3) == 0) question_.virtual_package("__glibc", "2.17");
  }

  Question& question() { return question_; }

  /// Other requests for the same records.
  SolveQuestion another_question() {
    SolveQuestion question = question_.question;
    question.requests.clear();
    for (std::uint32_t i = 0, requests = 1 + below(3); i < requests; ++i)
      question.requests.push_back({spec(names_[below(size())]), {}});
    return question;
  }

  /// Every solution, found by trying all combinations.
  std::vector<std::vector<PackageRecord>> all_solutions() {
    std::map<std::string, std::vector<PackageRecord>> of_name;
    for (FoundRecord& found : search("*", question_.question))
      of_name[found.record.name].push_back(std::move(found.record));
    std::vector<std::vector<PackageRecord>> groups;
    for (auto& [name, records] : of_name) groups.push_back(std::move(records));
    std::vector<std::vector<PackageRecord>> solutions;
    std::vector<PackageRecord> current;
    extend(groups, 0, current, solutions);
    return solutions;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

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
    PackageBuilder package(name);
    package.version(std::to_string(version) + ".0").build("b_" + std::to_string(build));
    package.timestamp(1'600'000'000'000 + below(1000));
    std::vector<std::string> depends, constrains;
    for (const std::string& other : names_) {
      if (other == name) continue;
      if (below(4) == 0) depends.push_back(spec(other));
      if (below(6) == 0) constrains.push_back(spec(other));
    }
    if (below(10) == 0) depends.push_back("__glibc >=2.17");
    if (below(10) == 0) constrains.push_back("__glibc <2.17");
    if (below(8) == 0) package.track_features("slow");
    return package.depends(depends).constrains(constrains);
  }

  void extend(const std::vector<std::vector<PackageRecord>>& groups, std::size_t group,
              std::vector<PackageRecord>& current,
              std::vector<std::vector<PackageRecord>>& solutions) {
    if (group == groups.size()) {
      if (faults_of(current, question_.question).empty()) solutions.push_back(current);
      return;
    }
    extend(groups, group + 1, current, solutions);
    for (const PackageRecord& record : groups[group]) {
      current.push_back(record);
      extend(groups, group + 1, current, solutions);
      current.pop_back();
    }
  }

  std::mt19937 random_;
  std::vector<std::string> names_;
  Question question_;
};

std::optional<Solution> try_solve(const SolveQuestion& question) {
  try {
    return solve(question);
  } catch (const UnsolvableError&) {
    return std::nullopt;
  }
}

/// How good a solution is for what was asked, in the order in which the solver decides: python,
/// then the other requests by name; each by fewer track_features, then version. Greater is better.
using Quality = std::vector<std::pair<int, Version>>;
Quality quality_of(const std::vector<PackageRecord>& packages, const SolveQuestion& question) {
  std::map<std::pair<bool, std::string>, std::pair<int, Version>> direct;
  for (const Request& request : question.requests) {
    const std::string name = MatchSpec::parse(request.text).name();
    for (const PackageRecord& package : packages)
      if (package.name == name)
        direct.insert(
            {{name != "python", name},
             {-static_cast<int>(package.track_features.size()), *Version::parse(package.version)}});
  }
  Quality quality;
  for (auto& [name, value] : direct) quality.push_back(value);
  return quality;
}

}  // namespace

TEST_CASE("solve finds a solution exactly where one exists, and it is one", "[solver]") {
  std::size_t solvable = 0, unsolvable = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    const std::optional<Solution> solution = try_solve(universe.question().question);
    const auto all = universe.all_solutions();
    REQUIRE(solution.has_value() == !all.empty());
    ++(solution ? solvable : unsolvable);
    if (solution)
      REQUIRE(faults_of(*solution, universe.question().question) == std::vector<std::string>());
  }
  // The universes are made so that both happen often.
  REQUIRE(solvable > 80);
  REQUIRE(unsolvable > 80);
}

TEST_CASE("No solution has better versions of what was asked for than solve's, python first",
          "[solver]") {
  for (std::uint32_t seed = 1001; seed <= 1400; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    const SolveQuestion& question = universe.question().question;
    const std::optional<Solution> solution = try_solve(question);
    if (!solution) continue;
    std::vector<PackageRecord> packages;
    for (const SolvedPackage& package : solution->packages) packages.push_back(package.record);
    const Quality found = quality_of(packages, question);
    for (const auto& other : universe.all_solutions())
      REQUIRE_FALSE(found < quality_of(other, question));
  }
}

TEST_CASE("The order of requests and of records makes no difference to a solution", "[solver]") {
  for (std::uint32_t seed = 2001; seed <= 2100; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    SolveQuestion question = universe.question().question;
    const std::optional<Solution> solution = try_solve(question);
    std::reverse(question.requests.begin(), question.requests.end());
    const std::optional<Solution> reversed = try_solve(question);
    REQUIRE(solution.has_value() == reversed.has_value());
    if (solution) REQUIRE(names_of(*solution) == names_of(*reversed));
  }
}

namespace {

std::vector<PackageRecord> records_of(const Solution& solution) {
  std::vector<PackageRecord> records;
  for (const SolvedPackage& package : solution.packages) records.push_back(package.record);
  return records;
}

/// Whether the solution is still one with `other` in the place of the package of its name.
bool fits(std::vector<PackageRecord> packages, const PackageRecord& other,
          const SolveQuestion& question) {
  for (PackageRecord& package : packages)
    if (package.name == other.name) package = other;
  const auto faults = faults_of(packages, question);
  return std::all_of(faults.begin(), faults.end(), [](const std::string& fault) {
    return fault.rfind("nothing needs ", 0) == 0;
  });
}

}  // namespace

TEST_CASE("No package of a solution could be replaced by a better one, all others staying",
          "[solver]") {
  for (std::uint32_t seed = 3001; seed <= 3300; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    const SolveQuestion& question = universe.question().question;
    const std::optional<Solution> solution = try_solve(question);
    if (!solution) continue;
    const std::vector<PackageRecord> packages = records_of(*solution);
    for (const PackageRecord& package : packages) {
      const auto rank = [](const PackageRecord& record) {
        return std::tuple(-static_cast<int>(record.track_features.size()),
                          *Version::parse(record.version), record.build_number);
      };
      for (const FoundRecord& other : search(package.name, question))
        if (rank(other.record) > rank(package)) {
          INFO(other.record.fn << " for " << package.fn);
          REQUIRE_FALSE(fits(packages, other.record, question));
        }
    }
  }
}

TEST_CASE("Solving again with the last solution preferred gives it again", "[solver]") {
  for (std::uint32_t seed = 4001; seed <= 4200; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    SolveQuestion question = universe.question().question;
    const std::optional<Solution> solution = try_solve(question);
    if (!solution) continue;
    for (const PackageRecord& record : records_of(*solution)) question.prefer[record.name] = record;
    REQUIRE(names_of(solve(question)) == names_of(*solution));
  }
}

TEST_CASE("No package moves away from its locked record without need", "[solver]") {
  std::size_t moved = 0;
  for (std::uint32_t seed = 5001; seed <= 5400; ++seed) {
    INFO("seed " << seed);
    RandomUniverse universe(seed);
    const std::optional<Solution> before = try_solve(universe.question().question);
    if (!before) continue;
    SolveQuestion question = universe.another_question();
    for (const PackageRecord& record : records_of(*before)) question.prefer[record.name] = record;
    const std::optional<Solution> after = try_solve(question);
    SolveQuestion fresh = question;
    fresh.prefer.clear();
    REQUIRE(after.has_value() == try_solve(fresh).has_value());
    if (!after) continue;
    REQUIRE(faults_of(*after, question) == std::vector<std::string>());
    const std::vector<PackageRecord> packages = records_of(*after);
    for (const PackageRecord& package : packages) {
      const auto locked = question.prefer.find(package.name);
      if (locked == question.prefer.end() || locked->second == package) continue;
      ++moved;
      REQUIRE_FALSE(fits(packages, locked->second, question));
    }
  }
  REQUIRE(moved > 10);
}

}  // namespace envlock::test
