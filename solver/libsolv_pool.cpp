#include "solver/libsolv_pool.hpp"

#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>

#include "model/c_handle.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

using PoolHandle = std::unique_ptr<Pool, CFree<&pool_free>>;
using SolverHandle = std::unique_ptr<Solver, CFree<&solver_free>>;

class IdQueue {
 public:
  IdQueue() { queue_init(&queue_); }
  ~IdQueue() { queue_free(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;
  void clear() { queue_empty(&queue_); }
  void push(Id id) { queue_push(&queue_, id); }
  void push(Id first, Id second) { queue_push2(&queue_, first, second); }
  [[nodiscard]] Queue* get() { return &queue_; }
  [[nodiscard]] int size() const { return queue_.count; }
  [[nodiscard]] Id operator[](int i) const { return queue_.elements[i]; }

 private:
  Queue queue_{};
};

/// A letter and a number: a name that libsolv never takes for a file's.
struct Label {
  Label(char kind, std::size_t number) {
    text[0] = kind;
    *std::to_chars(text + 1, text + sizeof(text) - 1, number).ptr = '\0';
  }
  char text[24]{};
};

class LibsolvRun {
 public:
  LibsolvRun(const LoadedProblem& problem, const Reduced& reduced)
      : problem_(problem),
        reduced_(reduced),
        pool_(pool_create()),
        name_ids_(problem.names.size()),
        set_ids_(problem.sets.size()),
        not_ids_(problem.sets.size()),
        solvable_of_(problem.candidates.size()) {
    if (!pool_) throw InternalError("libsolv gives no pool");
    repo_ = repo_create(pool_.get(), "envlock");
    // Names in order of their text and candidates in order of rank: what is loaded first makes no
    // difference.
    for (NameId name = 0; name < problem.names.size(); ++name) by_text_.push_back(name);
    std::sort(by_text_.begin(), by_text_.end(),
              [&](NameId a, NameId b) { return problem.names[a].text < problem.names[b].text; });
    text_place_.resize(by_text_.size());
    for (std::uint32_t i = 0; i < by_text_.size(); ++i) text_place_[by_text_[i]] = i;
  }

  std::optional<std::vector<CandidateId>> run(const SolvePlan& plan) {
    for (const NameId name : by_text_) name_ids_[name] = intern({'p', text_place_[name]});
    for (const NameId name : by_text_) add_candidates(name);
    for (const Ladder& ladder : plan.ladders) add_ladder(ladder);
    pool_createwhatprovides(pool_.get());
    set_providers();

    IdQueue jobs;
    for (const Rung& rung : rungs_) jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, rung.name);
    for (const NameId name : plan.install)
      jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, name_ids_[name]);
    // What is in every solution is not asked for by its users, but here, once.
    for (const NameId name : by_text_)
      if (reduced_.required[name] != 0)
        jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, name_ids_[name]);

    const SolverHandle solver(solver_create(pool_.get()));
    if (!solver) throw InternalError("libsolv gives no solver");
    solver_set_flag(solver.get(), SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
    solver_set_flag(solver.get(), SOLVER_FLAG_NO_INFARCHCHECK, 1);
    if (solver_solve(solver.get(), jobs.get()) != 0) return std::nullopt;
    return chosen(solver.get());
  }

 private:
  Id intern(const Label& label) { return pool_str2id(pool_.get(), label.text, 1); }

  /// `rank` in decimal is the version: libsolv's own comparison then is our order.
  Solvable* add_solvable(Id name, std::size_t rank) {
    Solvable* solvable = pool_id2solvable(pool_.get(), repo_add_solvable(repo_));
    solvable->name = name;
    solvable->evr = intern({'0', rank});
    solvable->arch = ARCH_NOARCH;
    solvable->dep_provides = repo_addid(repo_, 0, name);
    return solvable;
  }

  void add_candidates(NameId name) {
    const auto& list = reduced_.ranking.best_first[name];
    for (std::size_t i = 0; i < list.size(); ++i) {
      Solvable* solvable = add_solvable(name_ids_[name], list.size() - i);
      const Id id = pool_solvable2id(pool_.get(), solvable);
      solvable_of_[list[i]] = id;
      candidate_of_.resize(static_cast<std::size_t>(id) + 1, no_id);
      candidate_of_.back() = list[i];
      const Candidate& candidate = problem_.candidates[list[i]];
      for (const SetId set : in_text_order(problem_.required_sets(candidate)))
        if (problem_.sets[set].name != name && !reduced_.asks_nothing(problem_, set))
          solvable->dep_requires = repo_addid(repo_, solvable->dep_requires, required(set));
      for (const SetId set : in_text_order(problem_.allowed_sets(candidate)))
        if (problem_.sets[set].name != name && reduced_.same_as[set] != no_id)
          solvable->dep_conflicts = repo_addid(repo_, solvable->dep_conflicts, excluded(set));
    }
  }

  std::vector<SetId> in_text_order(std::span<const SetId> sets) const {
    std::vector<SetId> sorted(sets.begin(), sets.end());
    std::sort(sorted.begin(), sorted.end(), [&](SetId a, SetId b) {
      return text_place_[problem_.sets[a].name] < text_place_[problem_.sets[b].name];
    });
    return sorted;
  }

  /// The id that the live members of a set provide; the name's own where those are all of them.
  Id required(SetId set) {
    const SetId same = reduced_.same_as[set];
    if (same == no_id) return name_ids_[problem_.sets[set].name];
    if (set_ids_[same] == 0) set_ids_[same] = intern({'d', same});
    return set_ids_[same];
  }

  /// The id that the live candidates outside a set provide.
  Id excluded(SetId set) {
    const SetId same = reduced_.same_as[set];
    if (not_ids_[same] == 0) not_ids_[same] = intern({'n', same});
    return not_ids_[same];
  }

  /// A ladder of n groups has n - 1 rungs, each a choice between "yes" and "no". "Yes" on rung i
  /// excludes group i + 1 and asks "yes" of rung i + 1: so it means "nothing below group i".
  void add_ladder(const Ladder& ladder) {
    std::vector<std::vector<CandidateId>> groups = ladder.classes;
    std::vector<CandidateId> listed;
    for (const auto& group : groups) listed.insert(listed.end(), group.begin(), group.end());
    std::sort(listed.begin(), listed.end());
    std::vector<CandidateId> rest;
    for (const CandidateId candidate : reduced_.ranking.best_first[ladder.name])
      if (!std::binary_search(listed.begin(), listed.end(), candidate)) rest.push_back(candidate);
    if (!rest.empty()) groups.push_back(std::move(rest));
    for (std::size_t i = 0; i + 1 < groups.size(); ++i) {
      const std::size_t number = rungs_.size();
      const Id name = intern({'r', number}), below = intern({'b', number});
      rungs_.push_back({name, below, std::move(groups[i + 1])});
      Solvable* yes = add_solvable(name, 2);
      yes->dep_provides = repo_addid(repo_, yes->dep_provides, intern({'y', number}));
      yes->dep_conflicts = repo_addid(repo_, yes->dep_conflicts, below);
      if (i + 2 < groups.size())
        yes->dep_requires = repo_addid(repo_, yes->dep_requires, intern({'y', number + 1}));
      add_solvable(name, 1);
    }
  }

  /// What every id that stands for a set provides: our matching, not libsolv's.
  void set_providers() {
    for (SetId set = 0; set < problem_.sets.size(); ++set) {
      if (set_ids_[set] == 0 && not_ids_[set] == 0) continue;
      std::vector<CandidateId> inside, outside;
      for (const CandidateId candidate : reduced_.ranking.best_first[problem_.sets[set].name])
        (problem_.accepts(set, candidate) ? inside : outside).push_back(candidate);
      if (set_ids_[set] != 0) set_provider(set_ids_[set], inside);
      if (not_ids_[set] != 0) set_provider(not_ids_[set], outside);
    }
    for (const Rung& rung : rungs_) set_provider(rung.below, rung.excluded);
  }

  void set_provider(Id id, const std::vector<CandidateId>& candidates) {
    std::vector<Id> solvables;
    for (const CandidateId candidate : candidates) solvables.push_back(solvable_of_[candidate]);
    std::sort(solvables.begin(), solvables.end());
    queue_.clear();
    for (const Id solvable : solvables) queue_.push(solvable);
    pool_set_whatprovides(pool_.get(), id, pool_queuetowhatprovides(pool_.get(), queue_.get()));
  }

  std::vector<CandidateId> chosen(Solver* solver) {
    std::vector<CandidateId> candidates;
    queue_.clear();
    solver_get_decisionqueue(solver, queue_.get());
    for (int i = 0; i < queue_.size(); ++i) {
      const Id id = queue_[i];
      if (id <= 0 || static_cast<std::size_t>(id) >= candidate_of_.size()) continue;
      if (const CandidateId candidate = candidate_of_[static_cast<std::size_t>(id)];
          candidate != no_id)
        candidates.push_back(candidate);
    }
    std::sort(candidates.begin(), candidates.end());
    return candidates;
  }

  struct Rung {
    Id name = 0;
    Id below = 0;  ///< Provided by what "yes" excludes.
    std::vector<CandidateId> excluded;
  };

  const LoadedProblem& problem_;
  const Reduced& reduced_;
  PoolHandle pool_;
  Repo* repo_ = nullptr;  // the pool's
  std::vector<NameId> by_text_;
  std::vector<std::uint32_t> text_place_;                       // of each name in by_text_
  std::vector<Id> name_ids_, set_ids_, not_ids_, solvable_of_;  // 0: none yet
  std::vector<CandidateId> candidate_of_;                       // of each solvable
  std::vector<Rung> rungs_;
  IdQueue queue_;
};

}  // namespace

std::optional<std::vector<CandidateId>> run_libsolv(const LoadedProblem& problem,
                                                    const Reduced& reduced, const SolvePlan& plan) {
  return LibsolvRun(problem, reduced).run(plan);
}

}  // namespace envlock
