#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// A subset of a problem's candidates.
class CandidateBits {
 public:
  /// All candidates.
  explicit CandidateBits(const LoadedProblem& problem);
  [[nodiscard]] bool contains(CandidateId candidate) const;
  void erase(CandidateId candidate);
  [[nodiscard]] bool intersects(SetId set) const;
  /// Those of one name, ascending.
  [[nodiscard]] std::vector<CandidateId> of_name(NameId name) const;
  [[nodiscard]] bool any_of_name(NameId name) const;
  [[nodiscard]] std::size_t count() const;
  /// One bit for each candidate of the name, as the sets have them.
  [[nodiscard]] std::span<const std::uint64_t> words(NameId name) const;
  /// Keeps, of one name, only what `words` has. True where that removed something.
  bool keep(NameId name, std::span<const std::uint64_t> words);

 private:
  [[nodiscard]] std::span<std::uint64_t> own_words(NameId name);
  const LoadedProblem* problem_;
  std::vector<std::uint32_t> first_word_;  // of each name; one more at the end
  std::vector<std::uint64_t> words_;
};

/// What is left of a problem once candidates that can be in no solution are gone.
struct Pruned {
  CandidateBits live;
  std::vector<NameId> required;  ///< In every solution; sorted by id. Virtual packages among them.
};

/// Drops what can be in no solution (design section 6): what a request excludes, what has a
/// dependency that no live candidate satisfies, what no live candidate of a required name accepts,
/// what nothing reaches. Loses no solution.
/// @param requests  those to take into account, by place in LoadedProblem::requests; nullptr: all
/// @return nothing where a required name has no candidate left, so that there is no solution
std::optional<Pruned> prune(const LoadedProblem& problem,
                            const std::vector<bool>* requests = nullptr);

/// Names that every solution would have to hold, by the requests and dependencies alone, without
/// dropping anything: what can be said to be needed even where nothing can be solved. Sorted.
std::vector<NameId> needed_names(const LoadedProblem& problem);

}  // namespace envlock
