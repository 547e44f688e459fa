#include "solver/prune.hpp"

#include <algorithm>
#include <deque>
#include <span>

namespace envlock {

CandidateBits::CandidateBits(const LoadedProblem& problem) : problem_(&problem) {
  for (const Name& name : problem.names) {
    first_word_.push_back(static_cast<std::uint32_t>(words_.size()));
    for (std::size_t bit = 0; bit < name.size(); bit += 64)
      words_.push_back(name.size() - bit >= 64 ? ~std::uint64_t{0}
                                               : (std::uint64_t{1} << (name.size() - bit)) - 1);
  }
  first_word_.push_back(static_cast<std::uint32_t>(words_.size()));
}

std::span<std::uint64_t> CandidateBits::own_words(NameId name) {
  return {words_.data() + first_word_[name], first_word_[name + 1] - first_word_[name]};
}

std::span<const std::uint64_t> CandidateBits::words(NameId name) const {
  return {words_.data() + first_word_[name], first_word_[name + 1] - first_word_[name]};
}

bool CandidateBits::contains(CandidateId candidate) const {
  const NameId name = problem_->candidates[candidate].name;
  const std::size_t bit = candidate - problem_->names[name].first;
  return ((words(name)[bit / 64] >> (bit % 64)) & 1U) != 0;
}

void CandidateBits::erase(CandidateId candidate) {
  const NameId name = problem_->candidates[candidate].name;
  const std::size_t bit = candidate - problem_->names[name].first;
  own_words(name)[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
}

bool CandidateBits::intersects(SetId set) const {
  const auto live = words(problem_->sets[set].name), wanted = problem_->words_of(set);
  for (std::size_t i = 0; i < live.size(); ++i)
    if ((live[i] & wanted[i]) != 0) return true;
  return false;
}

std::vector<CandidateId> CandidateBits::of_name(NameId name) const {
  std::vector<CandidateId> found;
  const auto live = words(name);
  for (std::size_t i = 0; i < live.size(); ++i)
    for (std::uint64_t rest = live[i]; rest != 0; rest &= rest - 1)
      found.push_back(problem_->names[name].first + static_cast<CandidateId>(i * 64) +
                      static_cast<CandidateId>(__builtin_ctzll(rest)));
  return found;
}

bool CandidateBits::any_of_name(NameId name) const {
  const auto live = words(name);
  return std::any_of(live.begin(), live.end(), [](std::uint64_t word) { return word != 0; });
}

std::size_t CandidateBits::count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_)
    count += static_cast<std::size_t>(__builtin_popcountll(word));
  return count;
}

bool CandidateBits::keep(NameId name, std::span<const std::uint64_t> wanted) {
  bool changed = false;
  const auto live = own_words(name);
  for (std::size_t i = 0; i < live.size(); ++i) {
    changed = changed || (live[i] & ~wanted[i]) != 0;
    live[i] &= wanted[i];
  }
  return changed;
}

/// The fixpoint. A name is dirty when its live candidates have become fewer since it was last
/// looked at.
class Pruner {
 public:
  explicit Pruner(const LoadedProblem& problem)
      : problem_(problem),
        live_(problem),
        required_(problem.names.size()),
        dirty_(problem.names.size(), 1),
        sets_of_name_(problem.names.size()),
        users_(problem.sets.size()),
        allowers_(problem.sets.size()),
        tally_(problem.names.size()) {
    for (SetId set = 0; set < problem.sets.size(); ++set)
      sets_of_name_[problem.sets[set].name].push_back(set);
    for (CandidateId c = 0; c < problem.candidates.size(); ++c) {
      for (const SetId set : problem.required_sets(problem.candidates[c])) users_[set].push_back(c);
      for (const SetId set : problem.allowed_sets(problem.candidates[c]))
        allowers_[set].push_back(c);
    }
    for (NameId name = 0; name < problem.names.size(); ++name) queue_.push_back(name);
  }

  std::optional<Pruned> run(const std::vector<bool>* requests) {
    for (std::size_t i = 0; i < problem_.requests.size(); ++i) {
      if (requests != nullptr && !(*requests)[i]) continue;
      const LoadedRequest& request = problem_.requests[i];
      required_[request.name] = 1;
      live_.keep(request.name, problem_.words_of(request.accepts));
    }
    for (NameId name = 0; name < problem_.names.size(); ++name)
      if (problem_.names[name].is_virtual && problem_.names[name].size() != 0) required_[name] = 1;
    drop_self_excluding();
    while (!queue_.empty()) {
      const NameId name = queue_.front();
      queue_.pop_front();
      dirty_[name] = 0;
      if (required_[name] != 0 && !live_.any_of_name(name)) return std::nullopt;
      drop_unsatisfied(name);
      if (required_[name] != 0) follow_required(name);
    }
    drop_unreachable();
    Pruned pruned{std::move(live_), {}};
    for (NameId name = 0; name < required_.size(); ++name)
      if (required_[name] != 0) pruned.required.push_back(name);
    return pruned;
  }

 private:
  void mark_dirty(NameId name) {
    if (dirty_[name] != 0) return;
    dirty_[name] = 1;
    queue_.push_back(name);
  }

  void kill(CandidateId candidate) {
    if (!live_.contains(candidate)) return;
    live_.erase(candidate);
    mark_dirty(problem_.candidates[candidate].name);
  }

  /// A record that does not accept itself under its own name.
  void drop_self_excluding() {
    for (CandidateId c = 0; c < problem_.candidates.size(); ++c) {
      const Candidate& candidate = problem_.candidates[c];
      const auto refuses = [&](SetId set) {
        return problem_.sets[set].name == candidate.name && !problem_.accepts(set, c);
      };
      const auto required = problem_.required_sets(candidate);
      const auto allowed = problem_.allowed_sets(candidate);
      if (std::any_of(required.begin(), required.end(), refuses) ||
          std::any_of(allowed.begin(), allowed.end(), refuses))
        kill(c);
    }
  }

  /// Candidates that need something of `name` of which nothing is left; where the name is required,
  /// also those that only allow such.
  void drop_unsatisfied(NameId name) {
    for (const SetId set : sets_of_name_[name]) {
      if (live_.intersects(set)) continue;
      for (const CandidateId user : users_[set]) kill(user);
      if (required_[name] != 0)
        for (const CandidateId allower : allowers_[set]) kill(allower);
    }
  }

  struct Tally {
    std::uint32_t needing = 0, limiting = 0;
    std::vector<std::uint64_t> accepted;  // by any of them
  };

  /// What all live candidates of a required name need is required; what none of them accepts goes.
  void follow_required(NameId name) {
    const std::vector<CandidateId> members = live_.of_name(name);
    std::vector<NameId> touched;
    const auto tally = [&](SetId set, bool needs) {
      const NameId other = problem_.sets[set].name;
      if (other == name) return;
      Tally& entry = tally_[other];
      const auto words = problem_.words_of(set);
      if (entry.limiting == 0) {
        touched.push_back(other);
        entry.accepted.assign(words.begin(), words.end());
      } else {
        for (std::size_t i = 0; i < words.size(); ++i) entry.accepted[i] |= words[i];
      }
      ++entry.limiting;
      if (needs) ++entry.needing;
    };
    for (const CandidateId member : members) {
      for (const SetId set : problem_.required_sets(problem_.candidates[member])) tally(set, true);
      for (const SetId set : problem_.allowed_sets(problem_.candidates[member])) tally(set, false);
    }
    for (const NameId other : touched) {
      Tally& entry = tally_[other];
      if (entry.limiting == members.size() && live_.keep(other, entry.accepted)) mark_dirty(other);
      if (entry.needing == members.size() && required_[other] == 0) {
        required_[other] = 1;
        mark_dirty(other);
      }
      entry.limiting = entry.needing = 0;
    }
  }

  /// Follows live dependencies from the required names; the rest could only be idle.
  void drop_unreachable() {
    std::vector<char> reached(problem_.candidates.size());
    std::vector<char> followed(problem_.sets.size());
    std::vector<CandidateId> open;
    const auto reach = [&](CandidateId candidate) {
      if (reached[candidate] != 0) return;
      reached[candidate] = 1;
      open.push_back(candidate);
    };
    for (NameId name = 0; name < required_.size(); ++name)
      if (required_[name] != 0)
        for (const CandidateId candidate : live_.of_name(name)) reach(candidate);
    while (!open.empty()) {
      const CandidateId candidate = open.back();
      open.pop_back();
      for (const SetId set : problem_.required_sets(problem_.candidates[candidate])) {
        if (followed[set] != 0) continue;
        followed[set] = 1;
        for (const CandidateId other : live_.of_name(problem_.sets[set].name))
          if (problem_.accepts(set, other)) reach(other);
      }
    }
    for (CandidateId c = 0; c < reached.size(); ++c)
      if (reached[c] == 0) live_.erase(c);
  }

  const LoadedProblem& problem_;
  CandidateBits live_;
  std::vector<char> required_, dirty_;
  std::deque<NameId> queue_;
  std::vector<std::vector<SetId>> sets_of_name_;
  std::vector<std::vector<CandidateId>> users_, allowers_;  // of each set
  std::vector<Tally> tally_;
};

std::optional<Pruned> prune(const LoadedProblem& problem, const std::vector<bool>* requests) {
  return Pruner(problem).run(requests);
}

std::vector<NameId> needed_names(const LoadedProblem& problem) {
  std::vector<char> needed(problem.names.size());
  std::vector<NameId> open;
  const auto need = [&](NameId name) {
    if (needed[name] != 0) return;
    needed[name] = 1;
    open.push_back(name);
  };
  CandidateBits asked(problem);
  for (const LoadedRequest& request : problem.requests) {
    asked.keep(request.name, problem.words_of(request.accepts));
    need(request.name);
  }
  while (!open.empty()) {
    const std::vector<CandidateId> members = asked.of_name(open.back());
    open.pop_back();
    std::vector<std::uint32_t> needing(problem.names.size());
    for (const CandidateId member : members)
      for (const SetId set : problem.required_sets(problem.candidates[member]))
        if (++needing[problem.sets[set].name] == members.size()) need(problem.sets[set].name);
  }
  std::vector<NameId> sorted;
  for (NameId name = 0; name < needed.size(); ++name)
    if (needed[name] != 0) sorted.push_back(name);
  return sorted;
}

}  // namespace envlock
