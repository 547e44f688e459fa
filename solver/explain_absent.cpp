#include "solver/explain_absent.hpp"

#include <algorithm>

#include "model/text.hpp"
#include "solver/explain_text.hpp"
#include "solver/matching.hpp"

namespace envlock {
namespace {

std::string channel_list(const SolveQuestion& question) {
  std::string text;
  for (const SolverChannel& channel : question.channels) {
    if (!channel.only_by_name) text += (text.empty() ? "'" : ", '") + channel.channel.name + "'";
  }
  return text.empty() ? "any channel" : text;
}

}  // namespace

void AbsenceExplainer::suggest(std::string text) {
  if (std::find(why_.suggestions.begin(), why_.suggestions.end(), text) == why_.suggestions.end()) {
    why_.suggestions.push_back(std::move(text));
  }
}

std::string AbsenceExplainer::explain_name(NameId id, int depth) {
  const Name& name = problem_.names[id];
  if (name.is_virtual) return explain_virtual(name, depth);
  const bool left_out = std::any_of(name.left_out.begin(), name.left_out.end(),
                                    [](std::uint32_t n) { return n != 0; });
  if (!left_out) return explain_unknown(name, depth);
  add_line(depth, "'" + name.text + "' has records, but none of them may be used:");
  add_hidden(name, nullptr, depth + 1);
  add_left_out(name, depth + 1);
  return "no record of '" + name.text + "' may be used";
}

std::string AbsenceExplainer::explain_virtual(const Name& name, int depth) {
  const std::string& platform = problem_.question->platform.subdir();
  add_line(depth, "'" + name.text + "' is a virtual package, and none is assumed for " + platform);
  suggest("where the target has it, add --virtual-package " + name.text +
          "=VERSION (or envlock.yml's 'virtual_packages:')");
  return "no '" + name.text + "' is assumed for " + platform;
}

std::string AbsenceExplainer::explain_unknown(const Name& name, int depth) {
  const SolveQuestion& question = *problem_.question;
  const std::string fact = "there is no package '" + name.text + "' in " + channel_list(question);
  add_line(depth, fact + " for " + question.platform.subdir());
  for (const SolverChannel& channel : question.channels) {
    for (const auto& index : channel.subdirs) {
      if (!channel.only_by_name || index->find(name.text).empty()) continue;
      suggest("add '" + channel.channel.name + "' to 'channels:': it has '" + name.text + "'");
      return fact;
    }
  }
  std::vector<std::string_view> known;
  for (const SolverChannel& channel : question.channels) {
    for (const auto& index : channel.subdirs) {
      for (std::size_t i = 0; i < index->name_count(); ++i) known.push_back(index->name_at(i));
    }
  }
  std::sort(known.begin(), known.end());
  if (const auto near = nearest_word(name.text, known)) suggest("did you mean '" + *near + "'?");
  return fact;
}

std::string AbsenceExplainer::explain_versions(NameId id, const MatchSpec& spec,
                                               const std::string& text, int depth) {
  const Name& name = problem_.names[id];
  if (name.is_virtual) {
    const Candidate& assumed = problem_.candidates[name.first];
    const std::string version(problem_.version_text(assumed));
    add_line(depth, "the target is assumed to have '" + name.text + "' " + version + " only");
    suggest("where the target has more, say so: --virtual-package " + name.text + "=VERSION");
    return "'" + text + "' is asked of the target, which is assumed to have " + version;
  }
  add_line(depth, "of '" + name.text + "' there is only " + all_versions(problem_, id));
  add_hidden(name, &spec, depth);
  add_left_out(name, depth);
  return "nothing matches '" + text + "'";
}

/// What strict channel priority keeps out of sight, where it would have helped.
void AbsenceExplainer::add_hidden(const Name& name, const MatchSpec* spec, int depth) {
  const SolveQuestion& question = *problem_.question;
  for (const std::uint32_t c : name.hidden_channels) {
    const SolverChannel& channel = question.channels[c];
    std::optional<Version> best;
    for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
      const Index& index = *channel.subdirs[s];
      const Index::Range range = index.find(name.text);
      for (RecordId id = range.first; id < range.last; ++id) {
        auto version = Version::parse(index.version(id));
        if (!version) continue;
        if (spec != nullptr && !spec_matches(*spec, {&channel, problem_.channel_urls[c], s, id,
                                                     name.text, &*version})) {
          continue;
        }
        if (!best || *best < *version) best = std::move(version);
      }
    }
    if (!best) continue;
    add_line(depth, "hidden by channel priority: " + channel.channel.name + " has " + best->text());
    suggest("ask for '" + channel.channel.name + "::" + name.text +
            "', or use --channel-priority flexible");
  }
}

void AbsenceExplainer::add_left_out(const Name& name, int depth) {
  struct Kind {
    LeftOut why;
    const char* text;
  };
  static constexpr Kind kinds[] = {
      {LeftOut::owned_by_other, "in a channel that does not own the name"},
      {LeftOut::not_the_record, "other than the one that is asked for"},
      {LeftOut::too_new, "newer than 'exclude_newer' allows"},
      {LeftOut::without_time, "without a timestamp, which 'exclude_newer' needs"},
      {LeftOut::without_sha256, "without a sha256"},
      {LeftOut::conditional, "with conditions, extras or flags, which are not read"},
      {LeftOut::denied, "denied by envlock.yml"},
      {LeftOut::constrained, "excluded by --update"},
      {LeftOut::unreadable_dependency, "with a dependency that cannot be read"},
  };
  for (const Kind& kind : kinds) {
    const std::uint32_t count = name.count(kind.why);
    if (count == 0) continue;
    std::string line = std::to_string(count) + (count == 1 ? " record " : " records ") + kind.text;
    if (kind.why == LeftOut::not_the_record && !problem_.question->exactly_from.empty()) {
      line += " (" + problem_.question->exactly_from + ")";
    }
    if (kind.why == LeftOut::constrained) {
      for (const Request& update : problem_.question->updates) {
        if (MatchSpec::parse(update.text).matches_name(name.text)) line += " '" + update.text + "'";
      }
    }
    add_line(depth, line + (count == 1 ? " is left out" : " are left out"));
  }
}

}  // namespace envlock
