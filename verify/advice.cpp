#include "verify/advice.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/shell_word.hpp"
#include "verify/unfinished_install.hpp"

namespace envlock {
namespace {

constexpr std::string_view lock_mark = "{lock}";
constexpr std::string_view word_mark = "{word}";

using Fillers = std::array<std::pair<std::string_view, std::string>, 8>;

/// What stands for a mark is put in as it is: it is never looked at for marks itself.
/// @param words  for each "{word}" the next, as a word of a shell
std::string filled(std::string_view text, const Fillers& fillers,
                   std::span<const std::string> words) {
  std::string out;
  while (!text.empty()) {
    const auto filler =
        std::ranges::find_if(fillers, [&](const auto& one) { return text.starts_with(one.first); });
    if (text.starts_with(word_mark)) {
      if (words.empty()) throw InternalError("an advice has a mark without a word for it");
      out += shell_word(words.front());
      words = words.subspan(1);
      text.remove_prefix(word_mark.size());
    } else if (filler == fillers.end()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += filler->second;
      text.remove_prefix(filler->first.size());
    }
  }
  return out;
}

/// The template for a prefix that came out of a pack: by a lock it would lose what moves it. Each
/// clause that installs becomes one that unpacks; other ways stay.
std::string for_unpacked(std::string text) {
  constexpr std::string_view installs = "envlock install {lock}";
  constexpr std::string_view clause_end = "; ";
  constexpr std::string_view unpacks = "envlock unpack PACK --prefix {prefix} --replace{key}";
  for (std::size_t at = 0; (at = text.find(installs, at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find(clause_end, at), text.size());
    text.replace(at, end - at, unpacks);
    at += unpacks.size();
  }
  return text;
}

/// The template for a prefix that `envlock install` refuses as it is.
std::string with_repair(std::string text) {
  constexpr std::string_view installs = "envlock install {lock} --prefix {prefix}";
  constexpr std::string_view repair = " --repair";
  for (std::size_t at = 0; (at = text.find(installs, at)) != std::string::npos;) {
    at += installs.size();
    if (!std::string_view(text).substr(at).starts_with(repair)) text.insert(at, repair);
  }
  return text;
}

/// The template for a host that has no envlock: what takes it is done by the pack or by the
/// prefix's own program, or left out.
std::string for_host_without_envlock(std::string_view text) {
  constexpr std::string_view clause_end = "; ";
  constexpr std::string_view unpacks = "{program} unpack --replace{key} PACK {prefix}";
  std::string out;
  for (bool is_last = text.empty(); !is_last;) {
    const std::size_t end = text.find(clause_end);
    is_last = end == std::string_view::npos;
    std::string clause(text.substr(0, end));
    if (!is_last) text.remove_prefix(end + clause_end.size());
    constexpr std::string_view moves = "envlock relocate {prefix}";
    if (const std::size_t at = clause.find(moves); at != std::string::npos) {
      clause.replace(at, moves.size(), "{program} relocate");
    } else if (clause.find("envlock accept ") != std::string::npos) {
      continue;
    } else if (clause.find("envlock unpack ") != std::string::npos) {
      const bool wants_another = clause.find("envlock of your own") != std::string::npos;
      clause.replace(wants_another ? 0 : clause.find("envlock unpack "), std::string::npos,
                     unpacks);
    }
    if (!out.empty()) out += clause_end;
    out += clause;
  }
  return out.empty() ? std::string(unpacks) : out;
}

/// Where a finding is, for a shell in any folder.
std::string absolute(const std::string& path, const std::string& prefix) {
  if (path.empty() || path == ".") return prefix;
  return path.front() == '/' ? path : prefix + '/' + path;
}

/// `paths`, or else `path`, as words of a shell.
std::string all_paths(const Finding& finding, const std::string& prefix) {
  if (finding.advice_paths.empty()) return shell_word(absolute(finding.path, prefix));
  std::string words;
  for (const std::string& path : finding.advice_paths)
    words += (words.empty() ? "" : " ") + shell_word(absolute(path, prefix));
  return words;
}

/// Whether `paths`, which are sorted, have `path` or something below it.
bool has_at_or_below(const std::vector<std::string>& paths, const std::string& path) {
  if (std::ranges::binary_search(paths, path)) return true;
  const auto below = std::ranges::lower_bound(paths, path + '/');
  return below != paths.end() && below->starts_with(path + '/');
}

bool is_about_included(const Finding& finding, const PackedChoice& choice) {
  if (choice.included.empty()) return false;
  return finding.path == pack_path::manifest || has_at_or_below(choice.included, finding.path);
}

/// Also a record, or a whole package, that lacks what was left out.
bool is_about_left_out(const Finding& finding, const PackedChoice& choice) {
  if (finding.rule == "EL201") return has_at_or_below(choice.left_out, finding.path);
  return (finding.rule == "EL202" || finding.rule == "EL224") &&
         std::ranges::find(choice.thinned, finding.package) != choice.thinned.end();
}

/// The prefix's manifest proves nothing by itself: what vouches for it comes from elsewhere, so
/// that the digest that it has is not said here.
std::string verify_by_manifest(std::string_view why, const std::string& prefix) {
  const std::string manifest = shell_word(prefix + '/' + std::string(pack_path::manifest));
  return "the pack may have " + std::string(why) + ": to prove that, envlock verify " +
         shell_word(prefix) + " --baseline " + manifest +
         " --key KEY.pub, or --digest with what 'envlock pack' printed where it was packed";
}

}  // namespace

std::string general_advice(const Rule& rule) {
  return filled(rule.advice,
                {{{"{prefix}", "PREFIX"},
                  {"{program}", "PREFIX/bin/envlock-env"},
                  {"{path}", "PATH"},
                  {"{paths}", "PATH"},
                  {lock_mark, "LOCK"},
                  {"{id}", "FINDING-ID"},
                  {"{key}", ""},
                  {"{against}", "the lock or baseline"}}},
                {});
}

void advise(std::vector<Finding>& findings, const AdvicePlaces& places) {
  const std::string prefix = shell_word(places.prefix);
  const std::string program = shell_word(places.prefix + '/' + std::string(pack_path::program));
  const auto is_another = [](const Finding& one) { return one.rule == "EL230"; };
  const std::string key = places.key.empty() ? std::string() : " --key " + shell_word(places.key);
  const bool holds_another = std::ranges::any_of(findings, is_another);
  const bool needs_repair = std::ranges::any_of(
      findings, [](const Finding& one) { return has(one.traits, RuleTrait::stops_install); });
  for (Finding& finding : findings) {
    const bool is_interrupted = is_interrupted_install(finding);
    if (holds_another && !is_another(finding) && !is_interrupted) {
      finding.advice.clear();
    } else if (places.was_unpacked && is_another(finding)) {
      finding.advice = "this is another environment: name its own lock or baseline";
    } else if (is_about_included(finding, places.choice)) {
      finding.advice = verify_by_manifest("brought it on purpose (pack --include)", places.prefix);
    } else if (is_about_left_out(finding, places.choice)) {
      finding.advice =
          verify_by_manifest("left that out on purpose (pack --exclude)", places.prefix);
    } else if (places.choice.has_other_program && finding.path == pack_path::program) {
      finding.advice = verify_by_manifest("been made by another version of envlock", places.prefix);
    } else {
      // The next install completes an interrupted one before it looks at anything.
      if (needs_repair && !is_interrupted) finding.advice = with_repair(std::move(finding.advice));
      if (places.was_unpacked && !is_interrupted)
        finding.advice = for_unpacked(std::move(finding.advice));
      if (places.without_envlock) finding.advice = for_host_without_envlock(finding.advice);
      finding.advice = filled(finding.advice,
                              {{{"{prefix}", prefix},
                                {"{program}", program},
                                {"{path}", shell_word(absolute(finding.path, places.prefix))},
                                {"{paths}", all_paths(finding, places.prefix)},
                                {lock_mark, places.lock.empty() ? "LOCK" : shell_word(places.lock)},
                                {"{id}", finding.id},
                                {"{key}", key},
                                {"{against}", places.against}}},
                              finding.advice_words);
    }
    finding.advice_words.clear();
    finding.advice_paths.clear();
  }
}

}  // namespace envlock
