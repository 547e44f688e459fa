#include "verify/diff/question.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/readable_spec.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// Fields that say what is wanted; all others say who may answer and how far he is believed.
bool is_wish(std::string_view field) {
  return field.ends_with(": specs") || field.ends_with(": pip") || field == "platforms" ||
         field.find(": specs ") != std::string_view::npos ||
         field.find(": pip ") != std::string_view::npos || field == "files";
}

/// "2026-01-01", and not an age such as "7d", which would be believed less or more for good.
bool is_date(std::string_view cutoff) { return cutoff.size() >= 10 && cutoff[4] == '-'; }

void add_variables(const Lockfile& before, const Lockfile& after, std::vector<Change>& changes) {
  std::map<std::string, std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : before.variables) all[name].first = value;
  for (const auto& [name, value] : after.variables) all[name].second = value;
  for (auto& [name, values] : all) {
    const bool was = before.variables.contains(name);
    const bool is = after.variables.contains(name);
    if (was && is && values.first == values.second) continue;
    Change change = make_change("variables-changed", ChangeKind::question, {}, {}, name);
    change.finding.expected = was ? values.first : "";
    change.finding.found = is ? values.second : "";
    change.finding.message = "activation " +
                             std::string(!is    ? "no longer sets"
                                         : !was ? "now sets"
                                                : "sets another") +
                             " '" + name + "'";
    changes.push_back(std::move(change));
  }
}

/// A lock that no longer says what was asked for hides every other change of the question.
Change forgotten_question(const Lockfile& before, const Lockfile& after) {
  Change change = make_change("rules-changed", ChangeKind::rules, {}, {}, "origin");
  change.name = "origin";
  change.finding.expected = before.origin;
  change.finding.found = after.origin;
  change.finding.message = "origin: " + before.origin + " became " + after.origin +
                           ", so what is asked for, and by which rules, is no longer known";
  change.finding.sha256 = sha256_of(before.origin + '\n' + after.origin);
  return change;
}

}  // namespace

bool knows_question(const Lockfile& lock) noexcept {
  return lock.origin != "adopted" || !lock.inputs.files.empty();
}

std::vector<Change> compare_questions(const Lockfile& before, const Lockfile& after) {
  std::vector<Change> changes;
  add_variables(before, after, changes);
  if (!knows_question(before)) return changes;
  if (!knows_question(after)) {
    changes.push_back(forgotten_question(before, after));
    return changes;
  }
  for (InputChange& input : compare_inputs(before.inputs, after.inputs)) {
    // A later date is how newer packages are asked for; whether there is one at all is a rule.
    const bool wish = is_wish(input.field) || (input.field == "exclude_newer" &&
                                               is_date(input.locked) && is_date(input.current));
    Change change = make_change(wish ? "question-changed" : "rules-changed",
                                wish ? ChangeKind::question : ChangeKind::rules, {}, {},
                                input.field + '/' + input.locked + '/' + input.current);
    change.name = input.field;
    const Sha256 bound = sha256_of(input.locked + '\n' + input.current);
    if (input.field.find(": specs") != std::string::npos) {
      input.locked = readable_spec(input.locked);
      input.current = readable_spec(input.current);
    }
    change.finding.message = input.field + ": " +
                             (input.locked.empty()    ? "added " + input.current
                              : input.current.empty() ? "removed " + input.locked
                                                      : input.locked + " became " + input.current);
    change.finding.sha256 = bound;
    change.finding.expected = std::move(input.locked);
    change.finding.found = std::move(input.current);
    changes.push_back(std::move(change));
  }
  for (const auto& [platform, content] : after.platforms) {
    if (!before.platforms.contains(platform)) continue;
    std::map<std::string, std::pair<std::string, std::string>> assumed;
    for (const VirtualPackage& one : before.platforms.at(platform).virtual_packages)
      assumed[one.name].first = one.version;
    for (const VirtualPackage& one : content.virtual_packages)
      assumed[one.name].second = one.version;
    for (auto& [name, versions] : assumed) {
      if (versions.first == versions.second) continue;
      Change change = make_change("rules-changed", ChangeKind::rules, {}, platform.subdir(), name);
      change.finding.message = "assumed of the target: " + name + ' ' +
                               (versions.first.empty() ? "was not there" : versions.first) +
                               ", now " + (versions.second.empty() ? "is not" : versions.second);
      change.finding.sha256 = sha256_of(versions.first + '\n' + versions.second);
      change.finding.expected = versions.first;
      change.finding.found = versions.second;
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

Requests::Requests(const LockInputs& inputs, const Platform& platform) {
  const auto add = [&](const LockInputs::File& file, const std::vector<std::string>& specs) {
    for (const std::string& spec : specs)
      requests_.push_back({MatchSpec::parse(spec), readable_spec(spec), file.path});
  };
  for (const LockInputs::File& file : inputs.files) {
    add(file, file.specs);
    const auto limited = file.platform_specs.find(platform);
    if (limited != file.platform_specs.end()) add(file, limited->second);
  }
  std::ranges::stable_sort(requests_, {}, &Request::text);
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const MatchSpec& spec = requests_[i].spec;
    (spec.has_exact_name() ? by_name_[spec.name()] : patterns_).push_back(i);
  }
}

std::vector<const Requests::Request*> Requests::of(std::string_view name) const {
  std::vector<std::size_t> indices;
  if (const auto exact = by_name_.find(to_lower(name)); exact != by_name_.end())
    indices = exact->second;
  for (const std::size_t i : patterns_) {
    if (requests_[i].spec.matches_name(name)) indices.push_back(i);
  }
  std::ranges::sort(indices);
  std::vector<const Request*> found;
  for (const std::size_t i : indices) found.push_back(&requests_[i]);
  return found;
}

}  // namespace envlock
