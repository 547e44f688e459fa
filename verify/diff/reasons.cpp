#include "verify/diff/reasons.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "model/error.hpp"
#include "model/record_match.hpp"

namespace envlock {
namespace {

/// Whether a record meets a dependency's text; true where that cannot be judged.
bool meets(const PackageRecord& record, std::string_view spec) {
  try {
    const auto version = Version::parse(record.version);
    return !version || record_matches(MatchSpec::parse(spec), record, *version);
  } catch (const InputError&) {
    return true;
  }
}

std::string title(const DiffPackage& package) {
  return package.record->name + ' ' + package.record->version;
}

std::string quoted(std::string_view text) { return '\'' + std::string(text) + '\''; }

std::vector<std::string> texts_of(const std::vector<const Requests::Request*>& requests) {
  std::vector<std::string> texts;
  for (const Requests::Request* request : requests) texts.push_back(request->text);
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + quoted(text);
  return out;
}

}  // namespace

Reasons::Reasons(const DiffPlatform& before, const DiffPlatform& after, const Lockfile* before_lock,
                 const Lockfile* after_lock, const Platform& platform)
    : before_(before), after_(after) {
  if (before_lock == nullptr || after_lock == nullptr) return;
  asked_before_ = Requests(before_lock->inputs, platform);
  asked_after_ = Requests(after_lock->inputs, platform);
  knows_requests_ = true;
}

bool Reasons::has_changed(std::string_view name) const {
  const auto was = before_.find(name);
  const auto is = after_.find(name);
  if (!was || !is) return was.has_value() != is.has_value();
  return !(*before_.package(*was).record == *after_.package(*is).record);
}

std::optional<std::string> Reasons::request_change(std::string_view name) const {
  if (!knows_requests_) return std::nullopt;
  const std::vector<std::string> was = texts_of(asked_before_.of(name));
  const std::vector<std::string> is = texts_of(asked_after_.of(name));
  if (was == is) return std::nullopt;
  if (was.empty()) return "you asked for " + joined(is);
  if (is.empty()) return "you no longer ask for " + joined(was);
  return "you changed " + joined(was) + " to " + joined(is);
}

std::vector<Reasons::Push> Reasons::pushes_on_added(std::size_t now) const {
  std::vector<Push> pushes;
  for (const DependencyView::Edge& edge : after_.needed_by(now)) {
    const DiffPackage& who = after_.package(edge.node);
    pushes.push_back({who.record->name, title(who) + " needs " + quoted(edge.spec)});
  }
  // Who changed explains more than who was there all the time.
  std::ranges::stable_partition(pushes, [&](const Push& push) { return has_changed(push.name); });
  return pushes;
}

std::vector<Reasons::Push> Reasons::pushes_on_moved(std::size_t was, std::size_t now) const {
  std::vector<Push> pushes;
  const PackageRecord& old = *before_.package(was).record;
  const auto add = [&](const std::vector<DependencyView::Edge>& edges, std::string_view verb) {
    for (const DependencyView::Edge& edge : edges) {
      if (meets(old, edge.spec)) continue;
      const DiffPackage& who = after_.package(edge.node);
      pushes.push_back({who.record->name, title(who) + std::string(verb) + quoted(edge.spec) +
                                              ", which " + old.version + ' ' + old.build +
                                              " is not"});
    }
  };
  add(after_.needed_by(now), " needs ");
  add(after_.constrained_by(now), " allows only ");
  for (const std::string& spec : old.depends) {
    const auto other = after_.find(dependency_name(spec));
    if (!other || meets(*after_.package(*other).record, spec)) continue;
    const DiffPackage& who = after_.package(*other);
    pushes.push_back({who.record->name, old.version + ' ' + old.build + " needed " + quoted(spec) +
                                            ", and there is " + title(who) + ' ' +
                                            who.record->build + " now"});
  }
  return pushes;
}

std::vector<Reasons::Push> Reasons::pushes_on_removed(std::size_t was) const {
  std::vector<Push> pushes;
  for (const DependencyView::Edge& edge : before_.needed_by(was)) {
    const DiffPackage& who = before_.package(edge.node);
    const auto now = after_.find(who.record->name);
    pushes.push_back({who.record->name, now ? title(after_.package(*now)) + " does not need it"
                                            : title(who) + ", which needed it, is gone"});
  }
  return pushes;
}

const std::vector<Reasons::Push>& Reasons::pushes_on(std::string_view name) {
  const auto known = pushes_.find(name);
  if (known != pushes_.end()) return known->second;
  return pushes_.emplace(std::string(name), find_pushes_on(name)).first->second;
}

std::vector<Reasons::Push> Reasons::find_pushes_on(std::string_view name) const {
  if (const auto change = request_change(name)) return {{{}, *change}};
  const auto was = before_.find(name);
  const auto is = after_.find(name);
  if (was && is) return pushes_on_moved(*was, *is);
  if (is) return pushes_on_added(*is);
  if (was) return pushes_on_removed(*was);
  return {};
}

std::string Reasons::chain_to(const DependencyView& view, const Requests& requests,
                              std::string_view name) const {
  const auto node = view.find(name);
  if (!node) return {};
  const std::vector<std::size_t> way = view.way_to(*node);
  if (way.empty()) return {};
  std::string chain;
  if (const auto asked = requests.of(view.package(way.front()).record->name); !asked.empty())
    chain = asked.front()->file + ": " + quoted(asked.front()->text);
  // A request names its package already; a package alone is no way.
  if (way.size() == 1) return chain;
  for (const std::size_t at : way) {
    if (at == way.front() && !chain.empty()) continue;
    chain += (chain.empty() ? "" : " -> ") + view.package(at).record->name;
  }
  return chain;
}

std::string Reasons::cause_of(std::string_view name) {
  std::set<std::string, std::less<>> seen{std::string(name)};
  std::deque<std::string> waiting{std::string(name)};
  std::string last(name);
  while (!waiting.empty()) {
    const std::string at = std::move(waiting.front());
    waiting.pop_front();
    const std::vector<Push>& pushes = pushes_on(at);
    for (const Push& push : pushes) {
      if (push.name.empty()) return push.text;
      if (has_changed(push.name) && seen.insert(push.name).second) waiting.push_back(push.name);
    }
    if (pushes.empty()) last = at;
  }
  if (last != name) return quoted(last) + " moved";
  return "other releases";
}

void Reasons::explain(Change& change) {
  const DependencyView& view = change.after != nullptr ? after_ : before_;
  const Requests& requests = change.after != nullptr ? asked_after_ : asked_before_;
  std::string chain = chain_to(view, requests, change.name);
  if (!chain.empty()) {
    change.why.push_back((change.after == nullptr ? "came by " : "comes by ") + std::move(chain));
  }
  constexpr std::size_t most_pushes = 3;
  for (const Push& push : pushes_on(change.name)) {
    if (change.why.size() > most_pushes) break;
    change.why.push_back(push.text);
  }
  change.cause = cause_of(change.name);
}

}  // namespace envlock
