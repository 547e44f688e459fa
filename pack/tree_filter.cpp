#include "pack/tree_filter.hpp"

#include <algorithm>

#include "model/string_matcher.hpp"

namespace envlock {

bool is_below_match(std::string_view glob, std::string_view path) {
  for (;;) {
    if (glob_matches(glob, path, LetterCase::matters)) return true;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return false;
    path = path.substr(0, slash);
  }
}

FilteredTree filter_tree(TreePlan& plan, std::span<const FilterStep> steps,
                         std::span<const std::string> others) {
  FilteredTree filtered;
  std::vector<bool> is_out(plan.files.size(), false);
  for (const FilterStep& step : steps) {
    const bool out = step.kind == FilterStep::Kind::exclude;
    bool any = std::ranges::any_of(
        others, [&](const std::string& path) { return is_below_match(step.glob, path); });
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
      const bool is_own = plan.files[i].owners.front() >= plan.packages.size();
      if (is_own || !is_below_match(step.glob, plan.files[i].path)) continue;
      any = true;
      is_out[i] = out;
    }
    if (!any) filtered.unmatched.push_back(step);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    if (is_out[i]) continue;
    if (kept != i) plan.files[kept] = std::move(plan.files[i]);
    ++kept;
  }
  filtered.removed = plan.files.size() - kept;
  plan.files.erase(plan.files.begin() + static_cast<std::ptrdiff_t>(kept), plan.files.end());
  return filtered;
}

std::string told_unmatched(const FilterStep& step) {
  return "no file of the environment matches '" + step.glob + "' of " +
         (step.kind == FilterStep::Kind::exclude ? "--exclude" : "--include");
}

}  // namespace envlock
