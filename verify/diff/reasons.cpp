#include "verify/diff/reasons.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_set>

#include "model/error.hpp"
#include "model/record_match.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_pushes = 4;       ///< Told of one package.
constexpr std::size_t most_requests = 5;     ///< Told in one sentence.
constexpr std::size_t max_told_bytes = 200;  ///< Of a version or name, as one may be told often.

/// Whether one record meets dependencies' texts; true where that cannot be judged.
class Meeting {
 public:
  explicit Meeting(const PackageRecord& record)
      : record_(record), version_(Version::parse(record.version)) {}
  [[nodiscard]] bool meets(std::string_view spec) const {
    try {
      return !version_ || record_matches(MatchSpec::parse(spec), record_, *version_);
    } catch (const InputError&) {
      return true;
    }
  }

 private:
  const PackageRecord& record_;
  std::optional<Version> version_;
};

/// Whether nobody who needs one, or is needed by it, could tell the two: the same build from
/// another channel has moved nothing.
bool is_same_to_others(const PackageRecord& a, const PackageRecord& b) {
  return std::tie(a.version, a.build, a.build_number, a.depends, a.constrains, a.track_features) ==
         std::tie(b.version, b.build, b.build_number, b.depends, b.constrains, b.track_features);
}

std::vector<std::string_view> names_of(const DiffPlatform& platform) {
  std::vector<std::string_view> names;
  for (const DiffPackage& package : platform.packages) names.push_back(package.record->name);
  return names;
}

std::string told(std::string_view text) {
  return text.size() <= max_told_bytes ? std::string(text) : printable(text, max_told_bytes);
}

std::string title(const DiffPackage& package) {
  return told(package.record->name) + ' ' + told(package.record->version);
}

std::string quoted(std::string_view text) { return '\'' + told(text) + '\''; }

std::vector<std::string_view> texts_of(const std::vector<const Requests::Request*>& requests) {
  std::vector<std::string_view> texts;
  for (const Requests::Request* request : requests) texts.push_back(request->text);
  return texts;
}

std::string joined(const std::vector<std::string_view>& texts) {
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), most_requests); ++i)
    out += (out.empty() ? "" : ", ") + quoted(texts[i]);
  return out + (texts.size() > most_requests ? ", ..." : "");
}

}  // namespace

Reasons::Reasons(const DiffPlatform& before, const DiffPlatform& after, const Lockfile* before_lock,
                 const Lockfile* after_lock, const Platform& platform)
    : before_(before), after_(after) {
  if (before_lock != nullptr && after_lock != nullptr) {
    asked_before_ = Requests(before_lock->inputs, platform);
    asked_after_ = Requests(after_lock->inputs, platform);
    knows_requests_ = knows_question(*before_lock) && knows_question(*after_lock);
  }
  std::vector<std::string_view> names = names_of(before);
  const std::vector<std::string_view> others = names_of(after);
  const auto middle = names.insert(names.end(), others.begin(), others.end());
  std::inplace_merge(names.begin(), middle, names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase_if(names, [&](std::string_view name) {
    const auto was = before_.find(name);
    const auto is = after_.find(name);
    if (!was || !is) return !was && !is;
    return is_same_to_others(*before_.package(*was).record, *after_.package(*is).record);
  });
  for (std::size_t i = 0; i < names.size(); ++i) moved_at_.emplace(names[i], i);
  moved_.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) find_pushes(names[i], moved_[i]);
  find_causes(names);
}

std::string Reasons::request_change(std::string_view name) const {
  if (!knows_requests_) return {};
  const std::vector<const Requests::Request*> asked_before = asked_before_.of(name);
  const std::vector<const Requests::Request*> asked_after = asked_after_.of(name);
  const std::vector<std::string_view> was = texts_of(asked_before);
  const std::vector<std::string_view> is = texts_of(asked_after);
  if (was == is) return {};
  if (was.empty()) return "you asked for " + joined(is);
  if (is.empty()) return "you no longer ask for " + joined(was);
  return "you changed " + joined(was) + " to " + joined(is);
}

void Reasons::find_pushes(std::string_view name, Moved& moved) const {
  moved.user = request_change(name);
  if (!moved.user.empty()) {
    moved.why.push_back(moved.user);
    return;
  }
  const auto was = before_.find(name);
  const auto is = after_.find(name);
  if (was && is) {
    push_moved(*was, *is, moved);
  } else if (is) {
    push_added(*is, moved);
  } else if (was) {
    push_removed(*was, moved);
  }
}

void Reasons::push_added(std::size_t now, Moved& moved) const {
  // Who changed explains more than who was there all the time.
  for (const bool changed : {true, false}) {
    for (const DependencyView::Edge& edge : after_.needed_by(now)) {
      const DiffPackage& who = after_.package(edge.node);
      if (has_changed(who.record->name) != changed) continue;
      moved.pushers.push_back(who.record->name);
      if (moved.why.size() < most_pushes)
        moved.why.push_back(title(who) + " needs " + quoted(edge.spec));
    }
  }
}

void Reasons::push_moved(std::size_t was, std::size_t now, Moved& moved) const {
  const PackageRecord& old = *before_.package(was).record;
  const Meeting meeting(old);
  const auto push = [&](const DiffPackage& who, const auto& sentence) {
    moved.pushers.push_back(who.record->name);
    if (moved.why.size() < most_pushes) moved.why.push_back(sentence());
  };
  // What was said before already has moved nothing; and parsing it is most of the work.
  std::unordered_set<std::string_view> known;
  const auto add = [&](const std::vector<DependencyView::Edge>& before,
                       const std::vector<DependencyView::Edge>& after, std::string_view verb) {
    known.clear();
    for (const DependencyView::Edge& edge : before) known.insert(edge.spec);
    for (const DependencyView::Edge& edge : after) {
      if (known.contains(edge.spec) || meeting.meets(edge.spec)) continue;
      const DiffPackage& who = after_.package(edge.node);
      push(who, [&] {
        return title(who) + std::string(verb) + quoted(edge.spec) + ", which " + told(old.version) +
               ' ' + told(old.build) + " is not";
      });
    }
  };
  add(before_.needed_by(was), after_.needed_by(now), " needs ");
  add(before_.constrained_by(was), after_.constrained_by(now), " allows only ");
  // The ABI is Python's, though every compiled package names it as well.
  const auto python = after_.find("python");
  if (old.name == "python_abi" && python && has_changed("python")) {
    moved.pushers = {after_.package(*python).record->name};
    moved.why = {title(after_.package(*python)) + " has another ABI than " + told(old.version) +
                 ' ' + told(old.build)};
    return;
  }
  for (const std::string& spec : old.depends) {
    const auto other = after_.find(dependency_name(spec));
    if (!other) continue;
    const DiffPackage& who = after_.package(*other);
    if (!has_changed(who.record->name) || Meeting(*who.record).meets(spec)) continue;
    push(who, [&] {
      return told(old.version) + ' ' + told(old.build) + " needed " + quoted(spec) +
             ", and there is " + title(who) + ' ' + told(who.record->build) + " now";
    });
  }
}

void Reasons::push_removed(std::size_t was, Moved& moved) const {
  for (const DependencyView::Edge& edge : before_.needed_by(was)) {
    const DiffPackage& who = before_.package(edge.node);
    moved.pushers.push_back(who.record->name);
    if (moved.why.size() == most_pushes) continue;
    const auto now = after_.find(who.record->name);
    moved.why.push_back(now ? title(after_.package(*now)) + " does not need it"
                            : title(who) + ", which needed it, is gone");
  }
}

/// Each package's cause is the nearest line of the user's behind it, else the nearest package that
/// nothing pushed: one walk from all of these at once, however many packages moved.
void Reasons::find_causes(const std::vector<std::string_view>& names) {
  std::vector<std::vector<std::size_t>> pushed_by(moved_.size());
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < moved_.size(); ++i) {
    for (const std::string_view pusher : moved_[i].pushers) {
      if (const auto at = moved_at_.find(pusher); at != moved_at_.end())
        pushed_by[at->second].push_back(i);
    }
    moved_[i].cause = moved_[i].user;
    if (!moved_[i].user.empty()) asked.push_back(i);
  }
  // Of two lines that are as near, that of Python explains more.
  // (clang 14 lacks what std::ranges::stable_partition needs.)
  std::stable_partition(asked.begin(), asked.end(),
                        [&](std::size_t i) { return names[i] == "python"; });
  spread_causes(std::move(asked), pushed_by);
  std::vector<std::size_t> unpushed;
  for (std::size_t i = 0; i < moved_.size(); ++i) {
    if (!moved_[i].cause.empty() || !moved_[i].pushers.empty()) continue;
    moved_[i].cause = quoted(names[i]) + " moved";
    unpushed.push_back(i);
  }
  spread_causes(unpushed, pushed_by);
  // What is left are rings and what they pushed. They are led by what needs none of the others.
  std::vector<std::size_t> leaders;
  for (std::size_t i = 0; i < moved_.size(); ++i) {
    if (moved_[i].cause.empty() && leads(names[i])) leaders.push_back(i);
  }
  for (const std::size_t i : leaders) moved_[i].cause = quoted(names[i]) + " moved";
  spread_causes(leaders, pushed_by);
  for (const std::vector<std::size_t>* const list : {&unpushed, &leaders}) {
    for (const std::size_t i : *list) moved_[i].cause.clear();
  }
  for (Moved& moved : moved_) {
    if (moved.cause.empty()) moved.cause = other_releases;
  }
}

bool Reasons::leads(std::string_view name) const {
  const auto now = after_.find(name);
  if (!now) return false;
  return std::ranges::none_of(after_.package(*now).record->depends, [&](const std::string& spec) {
    const auto other = moved_at_.find(dependency_name(spec));
    return other != moved_at_.end() && moved_[other->second].cause.empty();
  });
}

void Reasons::spread_causes(std::vector<std::size_t> waiting,
                            const std::vector<std::vector<std::size_t>>& pushed_by) {
  for (std::size_t at = 0; at < waiting.size(); ++at) {
    for (const std::size_t next : pushed_by[waiting[at]]) {
      if (!moved_[next].cause.empty()) continue;
      moved_[next].cause = moved_[waiting[at]].cause;
      waiting.push_back(next);
    }
  }
}

std::string Reasons::chain_to(const DependencyView& view, const Requests& requests,
                              std::string_view name) const {
  const auto node = view.find(name);
  if (!node) return {};
  const DependencyView::Way way = view.way_to(*node);
  if (way.nodes.empty()) return {};
  std::string chain;
  if (const auto asked = requests.of(view.package(way.nodes.front()).record->name); !asked.empty())
    chain = told(asked.front()->file) + ": " + quoted(asked.front()->text);
  // A request names its package already; a package alone is no way.
  if (way.nodes.size() == 1) return chain;
  for (std::size_t i = chain.empty() ? 0 : 1; i < way.nodes.size(); ++i) {
    if (i == 1 && way.left_out != 0) chain += " -> (" + std::to_string(way.left_out) + " more)";
    chain += (chain.empty() ? "" : " -> ") + told(view.package(way.nodes[i]).record->name);
  }
  return chain;
}

void Reasons::explain(Change& change) const {
  const DependencyView& view = change.after != nullptr ? after_ : before_;
  const Requests& requests = change.after != nullptr ? asked_after_ : asked_before_;
  std::string chain = chain_to(view, requests, change.name);
  if (!chain.empty()) {
    change.why.push_back((change.after == nullptr ? "came by " : "comes by ") + std::move(chain));
  }
  const auto at = moved_at_.find(change.name);
  change.cause = at == moved_at_.end() ? other_releases : moved_[at->second].cause;
  if (at == moved_at_.end()) return;
  for (const std::string& why : moved_[at->second].why) {
    if (change.why.size() == most_pushes) break;
    change.why.push_back(why);
  }
}

}  // namespace envlock
