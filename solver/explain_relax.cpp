#include "solver/explain_relax.hpp"

#include <algorithm>
#include <optional>

#include "solver/conflict.hpp"
#include "solver/explain_text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_ways = 3;
constexpr std::size_t most_tries = 8;

/// The same problem, but for a request that takes any version and build.
LoadedProblem relaxed(const LoadedProblem& problem, std::uint32_t request) {
  LoadedProblem other = problem;
  const NameId id = problem.requests[request].name;
  const std::size_t size = problem.names[id].size();
  CandidateSet all{id, static_cast<std::uint32_t>(other.set_words.size()),
                   static_cast<std::uint32_t>((size + 63) / 64), static_cast<std::uint32_t>(size)};
  for (std::size_t bit = 0; bit < size; bit += 64) {
    other.set_words.push_back(size - bit >= 64 ? ~std::uint64_t{0}
                                               : (std::uint64_t{1} << (size - bit)) - 1);
  }
  other.requests[request].accepts = static_cast<SetId>(other.sets.size());
  other.sets.push_back(all);
  return other;
}

}  // namespace

std::vector<std::string> ways_out(const LoadedProblem& problem,
                                  const std::vector<std::uint32_t>& conflict) {
  std::vector<std::string> ways;
  bool all_tried = true;
  for (std::size_t tried = 0; tried < conflict.size(); ++tried) {
    if (ways.size() == most_ways || tried == most_tries) {
      all_tried = false;
      break;
    }
    const std::uint32_t i = conflict[tried];
    const LoadedRequest& request = problem.requests[i];
    const Name& name = problem.names[request.name];
    if (name.is_virtual) continue;
    const std::string text = name_of(*request.request);
    std::vector<bool> all(problem.requests.size(), true);
    if (name.size() > problem.sets[request.accepts].count) {
      if (const auto solution = meet(relaxed(problem, i), all, true)) {
        for (const CandidateId c : *solution) {
          if (problem.candidates[c].name != request.name) continue;
          ways.push_back("with " + name.text + " " +
                         std::string(problem.version_text(problem.candidates[c])) + " instead of " +
                         text + " there is a solution");
        }
        continue;
      }
    }
    if (conflict.size() == 1) continue;
    all[i] = false;
    if (meet(problem, all, false)) ways.push_back("without " + text + " there is a solution");
  }
  if (ways.empty() && all_tried && conflict.size() > 1) {
    ways.emplace_back(
        "giving up one of these is not enough: more of the requests conflict with each other");
  }
  return ways;
}

}  // namespace envlock
