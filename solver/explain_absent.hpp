#pragma once

#include <string>

#include "solver/problem.hpp"

namespace envlock {

/// Adds to an explanation why a name, or what is wanted of it, has no candidate at all.
class AbsenceExplainer {
 public:
  AbsenceExplainer(const LoadedProblem& problem, Explanation& why) : problem_(problem), why_(why) {}

  /// More than one name is explained: suggestions say which they are about.
  void set_several() { several_ = true; }

  /// A name without any candidate.
  /// @param requested  by the user, not by a package: only then can it be a slip of the pen
  /// @param wanted     what is asked of it: "__cuda >=12"; the request itself where it is one
  /// @return one line that says so, for a headline
  std::string explain_name(NameId name, bool requested, const std::string& wanted, int depth);
  /// A name with candidates of which none meets `spec`. @return as above
  std::string explain_versions(NameId name, const MatchSpec& spec, const std::string& text,
                               int depth);

 private:
  std::string explain_virtual(const Name& name, const std::string& wanted, int depth);
  std::string explain_unknown(const Name& name, bool requested, int depth);
  void add_builds(const Name& name, const MatchSpec& spec, int depth);
  void add_hidden(const Name& name, const MatchSpec* spec, int depth);
  bool add_left_out(const Name& name, int depth);
  void add_neighbours(const Name& name, const MatchSpec& spec, int depth);
  void suggest_later(const Name& name, const MatchSpec* spec);
  /// Calls `see` with the index and id of each record that channels which may serve the name have
  /// for `spec`, usable or not; null: of any.
  template <class See>
  void see_in_reach(const Name& name, const MatchSpec* spec, const See& see) const;
  void add_line(int depth, std::string text, const SourcePlace& place = {}) {
    why_.lines.push_back({depth, std::move(text), place});
  }
  void suggest(std::string text);

  const LoadedProblem& problem_;
  Explanation& why_;
  bool several_ = false;
};

}  // namespace envlock
