#include "solver/order.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <tuple>

namespace envlock {
namespace {

class Ranker {
 public:
  Ranker(const LoadedProblem& problem, const CandidateBits& live)
      : problem_(problem),
        live_(live),
        base_class_(problem.candidates.size(), no_id),
        best_of_set_(problem.sets.size()) {
    ranking_.best_first.resize(problem.names.size());
    ranking_.place.resize(problem.candidates.size(), no_id);
    ranking_.version_class.resize(problem.candidates.size(), no_id);
  }

  Ranking run() {
    for (NameId name = 0; name < problem_.names.size(); ++name) sort_by_record(name);
    for (NameId name = 0; name < problem_.names.size(); ++name) {
      sort_ties(name);
      auto& list = ranking_.best_first[name];
      for (std::uint32_t i = 0; i < list.size(); ++i) ranking_.place[list[i]] = i;
    }
    return std::move(ranking_);
  }

 private:
  /// What ranks as high as the version, or above; smaller is better.
  [[nodiscard]] auto version_key(CandidateId id) const {
    const Candidate& candidate = problem_.candidates[id];
    const bool flexible = problem_.question->priority == ChannelPriority::flexible;
    return std::tuple(flexible ? candidate.channel : 0, candidate.track_features,
                      ~problem_.version_order(candidate));
  }

  /// All that ranks above the comparison of dependencies.
  [[nodiscard]] auto base_key(CandidateId id) const {
    const Candidate& candidate = problem_.candidates[id];
    const bool disabled = problem_.question->priority == ChannelPriority::disabled;
    return std::tuple(version_key(id), disabled ? candidate.channel : 0, ~candidate.build_number);
  }

  void sort_by_record(NameId name) {
    auto& list = ranking_.best_first[name];
    list = live_.of_name(name);
    std::sort(list.begin(), list.end(), [&](CandidateId a, CandidateId b) {
      const auto order = base_key(a) <=> base_key(b);
      return order != 0 ? order < 0 : a < b;
    });
    std::uint32_t version = 0, base = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i != 0 && version_key(list[i - 1]) != version_key(list[i])) ++version;
      if (i != 0 && base_key(list[i - 1]) != base_key(list[i])) ++base;
      ranking_.version_class[list[i]] = version;
      base_class_[list[i]] = base;
    }
  }

  void sort_ties(NameId name) {
    auto& list = ranking_.best_first[name];
    for (std::size_t begin = 0; begin < list.size();) {
      std::size_t end = begin + 1;
      while (end < list.size() && base_class_[list[end]] == base_class_[list[begin]]) ++end;
      if (end - begin > 1) refine({list.data() + begin, end - begin});
      begin = end;
    }
  }

  /// The best live candidate that a set allows.
  struct BestOfSet {
    std::uint32_t base_class = no_id;
    bool only_tracked = true;  ///< Everything it allows has track_features.
    bool known = false;
  };

  const BestOfSet& best_of(SetId set) {
    BestOfSet& best = best_of_set_[set];
    if (best.known) return best;
    best.known = true;
    for (const CandidateId candidate : live_.of_name(problem_.sets[set].name)) {
      if (!problem_.accepts(set, candidate)) continue;
      best.base_class = std::min(best.base_class, base_class_[candidate]);
      best.only_tracked = best.only_tracked && problem_.candidates[candidate].track_features != 0;
    }
    return best;
  }

  /// How good a candidate's dependencies are, beside those of its group; smaller is better.
  struct DependencyKey {
    std::uint32_t tracked = 0;  ///< Dependencies that leave only packages with track_features.
    std::uint32_t python = 0;
    std::uint64_t sum = 0;              ///< Of the places among the group, over the other names.
    std::vector<std::uint32_t> places;  ///< By name, to tell equal sums apart.
    friend auto operator<=>(const DependencyKey&, const DependencyKey&) = default;
  };

  struct Member {
    CandidateId id = no_id;
    DependencyKey key;
  };

  /// Sorts candidates that their own records do not tell apart. The names that all of the group
  /// need are compared, each by its place among what the members' dependencies allow at best: sums
  /// of places give a total order, which comparing pairs one by one would not.
  void refine(std::span<CandidateId> group) {
    std::vector<Member> members;
    for (const CandidateId id : group) members.push_back({id, {}});
    add_keys(members);
    std::sort(members.begin(), members.end(), [&](const Member& a, const Member& b) {
      const auto order = a.key <=> b.key;
      return order != 0 ? order < 0 : newer(a.id, b.id);
    });
    for (std::size_t i = 0; i < group.size(); ++i) group[i] = members[i].id;
    // Members with equal keys may share more names among themselves than with the whole group.
    for (std::size_t begin = 0; begin < members.size();) {
      std::size_t end = begin + 1;
      while (end < members.size() && members[end].key == members[begin].key) ++end;
      if (end - begin > 1 && end - begin < members.size())
        refine(group.subspan(begin, end - begin));
      begin = end;
    }
  }

  void add_keys(std::vector<Member>& members) {
    std::map<std::string_view, std::vector<SetId>> sets_of;  // by name, one of each member
    for (Member& member : members) {
      for (const SetId set : problem_.required_sets(problem_.candidates[member.id])) {
        sets_of[problem_.names[problem_.sets[set].name].text].push_back(set);
        if (best_of(set).only_tracked) ++member.key.tracked;
      }
    }
    for (const auto& [name, sets] : sets_of) {
      if (sets.size() != members.size()) continue;
      std::vector<std::uint32_t> classes;
      for (const SetId set : sets) classes.push_back(best_of(set).base_class);
      std::vector<std::uint32_t> distinct = classes;
      std::sort(distinct.begin(), distinct.end());
      distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
      if (distinct.size() == 1) continue;
      for (std::size_t i = 0; i < members.size(); ++i) {
        const auto place = static_cast<std::uint32_t>(
            std::lower_bound(distinct.begin(), distinct.end(), classes[i]) - distinct.begin());
        if (name == "python") {
          members[i].key.python = place;
        } else {
          members[i].key.sum += place;
          members[i].key.places.push_back(place);
        }
      }
    }
  }

  /// The last word: the later timestamp, then the file name, then where it comes from.
  [[nodiscard]] bool newer(CandidateId a, CandidateId b) const {
    const Candidate& left = problem_.candidates[a];
    const Candidate& right = problem_.candidates[b];
    if (left.timestamp_ms != right.timestamp_ms) return left.timestamp_ms > right.timestamp_ms;
    if (left.channel == no_id || right.channel == no_id) return left.record < right.record;
    const std::string left_file = problem_.index_of(left).file_name(left.record);
    const std::string right_file = problem_.index_of(right).file_name(right.record);
    if (left_file != right_file) return left_file < right_file;
    return std::tie(left.channel, left.subdir, left.record) <
           std::tie(right.channel, right.subdir, right.record);
  }

  const LoadedProblem& problem_;
  const CandidateBits& live_;
  std::vector<std::uint32_t> base_class_;
  std::vector<BestOfSet> best_of_set_;
  Ranking ranking_;
};

}  // namespace

Ranking rank_candidates(const LoadedProblem& problem, const CandidateBits& live) {
  return Ranker(problem, live).run();
}

}  // namespace envlock
