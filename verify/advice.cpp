#include "verify/advice.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/shell_word.hpp"

namespace envlock {
namespace {

constexpr std::string_view lock_mark = "{lock}";

using Fillers = std::array<std::pair<std::string_view, std::string>, 5>;

std::string filled(std::string_view text, const Fillers& fillers) {
  std::string out;
  while (!text.empty()) {
    const auto filler =
        std::ranges::find_if(fillers, [&](const auto& one) { return text.starts_with(one.first); });
    if (filler == fillers.end()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += filler->second;
      text.remove_prefix(filler->first.size());
    }
  }
  return out;
}

/// Where a finding is, for a shell in any folder.
std::string absolute(const std::string& path, const std::string& prefix) {
  if (path.empty() || path == ".") return prefix;
  return path.front() == '/' ? path : prefix + '/' + path;
}

}  // namespace

std::string general_advice(const Rule& rule) {
  return filled(rule.advice, {{{"{prefix}", "PREFIX"},
                               {"{path}", "PATH"},
                               {lock_mark, "LOCK"},
                               {"{id}", "FINDING-ID"},
                               {"{against}", "the lock or baseline"}}});
}

void advise(std::vector<Finding>& findings, const AdvicePlaces& places) {
  const std::string prefix = shell_word(places.prefix);
  const auto is_another = [](const Finding& one) { return one.rule == "EL230"; };
  const bool holds_another = std::ranges::any_of(findings, is_another);
  for (Finding& finding : findings) {
    if (holds_another && !is_another(finding)) {
      finding.advice.clear();
      continue;
    }
    // By a lock it would lose what moves it.
    if (places.was_unpacked && finding.advice.find(lock_mark) != std::string::npos) {
      finding.advice = is_another(finding)
                           ? "this is another environment: name its own lock or baseline"
                           : "unpack its pack anew: envlock-env unpack FILE " + prefix +
                                 " --replace (or envlock unpack)";
      continue;
    }
    const std::string path = absolute(finding.path, places.prefix);
    finding.advice = filled(finding.advice,
                            {{{"{prefix}", prefix},
                              {"{path}", shell_word(path)},
                              {lock_mark, places.lock.empty() ? "LOCK" : shell_word(places.lock)},
                              {"{id}", finding.id},
                              {"{against}", places.against}}});
  }
}

}  // namespace envlock
