#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// Why a candidate can be in no solution.
struct Removal {
  enum class Why : std::uint8_t {
    none,     ///< It still can.
    request,  ///< A request accepts others of its name only; `by` is its place in
              ///< LoadedProblem::requests.
    needs,    ///< It needs a member of set `by`, and none is left.
    allows,  ///< It allows only members of set `by` of a name that must be there, and none is left.
    not_accepted,  ///< What must be there accepts others of its name only; `by` is a place in
                   ///< Propagation::links.
  };
  Why why = Why::none;
  std::uint32_t by = no_id;
};

/// "Every candidate of `from` that was left speaks of `to`": by dependencies, or by constraints
/// only.
struct Link {
  NameId from = no_id;
  NameId to = no_id;
  bool is_constraint = false;
  std::vector<CandidateId> left;  ///< Of `from`, when the conclusion was drawn.
};

/// What the candidates of one name say of another's: their dependencies on it and constraints.
struct Step {
  NameId from = no_id;
  NameId to = no_id;
  friend bool operator==(const Step&, const Step&) = default;
};
/// Those that a Propagation looks at, together by `from`.
using Steps = std::vector<Step>;

/// What follows from some requests by looking at one name after the other, each step with its
/// reason. Steps are numbered as they are taken, and a reason only ever refers to earlier steps, so
/// that following reasons ends. Unlike prune(), which is made for speed, this keeps why.
class Propagation {
 public:
  /// @param requests    those that hold, by place in LoadedProblem::requests
  /// @param steps       what counts; whatever follows from some steps is true of all
  /// @param assumption  candidates of one name of which one is taken for granted; empty: none
  Propagation(const LoadedProblem& problem, const std::vector<bool>& requests, const Steps& steps,
              const std::vector<CandidateId>& assumption = {});

  /// A name that must be there and has no candidate left; nothing where this way of looking finds
  /// no contradiction.
  [[nodiscard]] std::optional<NameId> contradiction() const noexcept { return contradiction_; }
  [[nodiscard]] const Removal& removal(CandidateId candidate) const { return removals_[candidate]; }
  [[nodiscard]] bool is_left(CandidateId candidate) const {
    return removals_[candidate].why == Removal::Why::none;
  }
  [[nodiscard]] const std::vector<Link>& links() const noexcept { return links_; }
  /// Why a name must be there: a request, or the link from another name that must.
  struct Need {
    bool holds = false;
    std::uint32_t request = no_id;
    std::uint32_t link = no_id;
  };
  [[nodiscard]] const Need& need(NameId name) const { return needs_[name]; }
  [[nodiscard]] std::vector<CandidateId> left_of(NameId name) const;

 private:
  void require(NameId name, Need need);
  void remove(CandidateId candidate, Removal::Why why, std::uint32_t by);
  [[nodiscard]] bool has_left(SetId set) const;
  void remove_what_lacks();
  void follow(NameId name);
  void restrict_to(NameId from, NameId to, bool is_constraint);
  bool find_contradiction();
  void run();
  /// The steps that begin at a name.
  [[nodiscard]] std::span<const Step> steps_of(NameId from) const {
    return {steps_.data() + first_step_[from], first_step_[from + 1] - first_step_[from]};
  }

  const LoadedProblem& problem_;
  Steps steps_;                            ///< Sorted by `from`.
  std::vector<std::uint32_t> first_step_;  ///< Of each name; one more at the end.
  std::vector<Removal> removals_;          ///< By candidate.
  std::vector<std::uint32_t> left_;        ///< How many candidates of each name are left.
  std::vector<Need> needs_;                ///< By name.
  std::vector<NameId>
      needed_;  ///< In the order in which they were found: breadth first from the requests.
  /// By name: how many of its candidates were left, and names needed, when follow() looked at it.
  std::vector<std::pair<std::uint32_t, std::size_t>> followed_;
  std::vector<Link> links_;
  std::optional<NameId> contradiction_;
  bool changed_ = false;
};

}  // namespace envlock
