#include "solver/reduce.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "solver/plan.hpp"

namespace envlock {
namespace {

class Reducer {
 public:
  Reducer(const LoadedProblem& problem, Pruned& pruned, Ranking ranking)
      : problem_(problem), live_(pruned.live) {
    reduced_.ranking = std::move(ranking);
    reduced_.required.resize(problem.names.size());
    for (const NameId name : pruned.required) reduced_.required[name] = 1;
    sets_of_name_.resize(problem.names.size());
    for (SetId set = 0; set < problem.sets.size(); ++set)
      sets_of_name_[problem.sets[set].name].push_back(set);
    for (NameId name = 0; name < problem.names.size(); ++name)
      if (!problem.question->prefer.empty())
        if (const auto candidate = preferred(problem, live_, name)) kept_.push_back(*candidate);
    std::sort(kept_.begin(), kept_.end());
  }

  Reduced run() {
    // A name with fewer candidates tells fewer sets apart, so that more candidates become alike.
    do {
      find_used_sets();
      reduced_.same_as.assign(problem_.sets.size(), no_id);
      for (NameId name = 0; name < problem_.names.size(); ++name) unite_sets(name);
    } while (drop_alike() != 0);
    for (const auto& list : reduced_.ranking.best_first)
      for (std::uint32_t i = 0; i < list.size(); ++i) reduced_.ranking.place[list[i]] = i;
    return std::move(reduced_);
  }

 private:
  using Key = std::vector<std::uint32_t>;
  using Words = std::vector<std::uint64_t>;
  struct ListHash {
    template <class Number>
    std::size_t operator()(const std::vector<Number>& list) const noexcept {
      return std::hash<std::string_view>()(
          {reinterpret_cast<const char*>(list.data()), list.size() * sizeof(Number)});
    }
  };

  void find_used_sets() {
    used_.assign(problem_.sets.size(), 0);
    for (const auto& list : reduced_.ranking.best_first)
      for (const CandidateId candidate : list) {
        for (const SetId set : problem_.required_sets(problem_.candidates[candidate]))
          used_[set] = 1;
        for (const SetId set : problem_.allowed_sets(problem_.candidates[candidate]))
          used_[set] = 1;
      }
  }

  /// Sets with the same live members are one.
  void unite_sets(NameId name) {
    std::unordered_map<Words, SetId, ListHash> known;
    const auto live = live_.words(name);
    for (const SetId set : sets_of_name_[name]) {
      if (used_[set] == 0) continue;
      const auto accepted = problem_.words_of(set);
      Words members(live.begin(), live.end());
      for (std::size_t i = 0; i < members.size(); ++i) members[i] &= accepted[i];
      if (std::equal(members.begin(), members.end(), live.begin())) continue;
      reduced_.same_as[set] = known.try_emplace(std::move(members), set).first->second;
    }
  }

  std::size_t drop_alike() {
    std::size_t dropped = 0;
    for (NameId name = 0; name < problem_.names.size(); ++name) {
      auto& list = reduced_.ranking.best_first[name];
      if (list.size() < 2) continue;
      std::vector<Key> keys(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) add_needs(keys[i], list[i]);
      // Which dependencies accept it.
      for (const SetId set : sets_of_name_[name])
        if (used_[set] != 0 && reduced_.same_as[set] == set)
          for (std::size_t i = 0; i < list.size(); ++i)
            if (problem_.accepts(set, list[i])) keys[i].push_back(set);
      std::unordered_map<Key, CandidateId, ListHash> known;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < list.size(); ++i) {
        const bool wanted = std::binary_search(kept_.begin(), kept_.end(), list[i]);
        if (wanted) keys[i].push_back(no_id);  // like no other
        if (known.try_emplace(std::move(keys[i]), list[i]).second)
          list[kept++] = list[i];
        else
          live_.erase(list[i]);
      }
      dropped += list.size() - kept;
      list.resize(kept);
    }
    return dropped;
  }

  void add_needs(Key& key, CandidateId id) const {
    const Candidate& candidate = problem_.candidates[id];
    for (const SetId set : problem_.required_sets(candidate)) {
      if (reduced_.asks_nothing(problem_, set)) continue;
      key.push_back(problem_.sets[set].name);
      key.push_back(reduced_.same_as[set]);
    }
    key.push_back(no_id);
    for (const SetId set : problem_.allowed_sets(candidate))
      if (reduced_.same_as[set] != no_id) key.push_back(reduced_.same_as[set]);
    key.push_back(no_id);
  }

  const LoadedProblem& problem_;
  CandidateBits& live_;
  Reduced reduced_;
  std::vector<std::vector<SetId>> sets_of_name_;
  std::vector<char> used_;         // of each set: a live candidate refers to it
  std::vector<CandidateId> kept_;  // ascending
};

}  // namespace

Reduced reduce(const LoadedProblem& problem, Pruned& pruned, Ranking ranking) {
  return Reducer(problem, pruned, std::move(ranking)).run();
}

}  // namespace envlock
