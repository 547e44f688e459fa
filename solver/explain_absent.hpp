#pragma once

#include <string>

#include "solver/problem.hpp"

namespace envlock {

/// Adds to an explanation why a name, or what a request wants of it, has no candidate at all.
class AbsenceExplainer {
 public:
  AbsenceExplainer(const LoadedProblem& problem, Explanation& why) : problem_(problem), why_(why) {}

  /// A name without any candidate. @return one line that says so, for a headline
  std::string explain_name(NameId name, int depth);
  /// A name with candidates of which none meets `spec`. @return as above
  std::string explain_versions(NameId name, const MatchSpec& spec, const std::string& text,
                               int depth);

 private:
  std::string explain_virtual(const Name& name, int depth);
  std::string explain_unknown(const Name& name, int depth);
  void add_hidden(const Name& name, const MatchSpec* spec, int depth);
  void add_left_out(const Name& name, int depth);
  void add_line(int depth, std::string text) { why_.lines.push_back({depth, std::move(text), {}}); }
  void suggest(std::string text);

  const LoadedProblem& problem_;
  Explanation& why_;
};

}  // namespace envlock
