#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

/// How much a finding matters; ascending.
enum class Severity : std::uint8_t { note, warning, error };
std::string_view to_string(Severity severity) noexcept;
std::optional<Severity> parse_severity(std::string_view text) noexcept;

/// What a kind of finding means to those who go by it.
enum class RuleTrait : std::uint16_t {
  none = 0,
  /// What it is about can run, or decides what runs: a policy may lower it, but never silence it.
  decides_what_runs = 1U << 0U,
  leads = 1U << 1U,            ///< It explains the others, so that reports begin with it.
  nothing_checked = 1U << 2U,  ///< The run proves nothing: it fails whatever the threshold is.
  not_looked_at = 1U << 3U,    ///< Something could not be looked at, and nobody asked for that.
  /// Somebody's work, which is lost where another environment takes this one's place.
  somebodys_work = 1U << 4U,
  /// No package brought it: to take it into a pack, or to leave it, settles the finding. Not so
  /// where it stands against a package's own.
  unpackaged = 1U << 5U,
  from_pip = 1U << 6U,          ///< Of a package that pip installed, or a file of one.
  no_pack_holds_it = 1U << 7U,  ///< Though somebody accepts it: there is nothing to pack.
  trails = 1U << 8U,            ///< Others of its severity matter more, so that it follows them.
  /// `envlock install` refuses a prefix that has it; with --repair it does not.
  stops_install = 1U << 9U,
};
constexpr RuleTrait operator|(RuleTrait a, RuleTrait b) noexcept {
  return static_cast<RuleTrait>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether `all` has `one`.
constexpr bool has(RuleTrait all, RuleTrait one) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}
constexpr RuleTrait without(RuleTrait all, RuleTrait one) noexcept {
  return static_cast<RuleTrait>(static_cast<unsigned>(all) & ~static_cast<unsigned>(one));
}

/// The traits of a rule. There is no rule without: each must say what it is, be it `none`.
struct RuleTraits {
  constexpr RuleTraits(RuleTrait all) noexcept : value(all) {}  // NOLINT: a rule's table is read
  RuleTrait value;
};

/// One kind of finding. Ids and names are an interface: never renumbered, never reused.
struct Rule {
  std::string_view id;    ///< "EL203"
  std::string_view name;  ///< "changed-file"
  Severity severity = Severity::error;
  RuleTraits traits;
  std::string_view help;    ///< What it means, one or two sentences.
  std::string_view advice;  ///< What to do, with the marks that verify/advice.hpp fills in.
};

/// The rules of `verify`, by id. Those of the audit have a table of their own.
std::span<const Rule> verify_rules() noexcept;
/// The rule of a table that has this id or name; nothing where there is none.
const Rule* find_rule(std::span<const Rule> rules, std::string_view id_or_name) noexcept;

/// Something that is not as it must be. Text in it may come from outside and is not escaped:
/// whoever prints it does that.
struct Finding {
  std::string id;    ///< The same for the same thing in every run: rule and place, hashed.
  std::string rule;  ///< Rule::id
  Severity severity = Severity::error;
  RuleTrait traits = RuleTrait::none;  ///< Rule::traits
  std::string path;     ///< In the prefix; absolute where it is outside; empty: none.
  std::string package;  ///< "name version build"; empty: none.
  std::string expected, found;
  std::string message;  ///< One sentence without a full stop.
  std::string advice;   ///< The next step. Until `advise`: a template, never with outside text.
  /// Outside texts that `advice` names: each "{word}" takes the next. Until `advise`.
  std::vector<std::string> advice_words;
  /// Paths in the prefix for its "{paths}"; empty: `path`. Until `advise`.
  std::vector<std::string> advice_paths;
  /// Of the bytes that were found, or of what stands for them: an acceptance binds to it. Nothing
  /// where it is not known.
  std::optional<Sha256> sha256;
  /// The id of the finding that this is a part of: who accepts that one accepts this.
  std::string part_of;
};

/// "EL203-" and 12 hex digits that depend on the rule, the place and what kind of thing it is, not
/// on the order of findings nor on the content.
/// @param kind  tells findings of one rule at one place apart; may be empty
std::string finding_id(std::string_view rule, std::string_view path, std::string_view kind);

/// A finding with the rule's severity, advice and an id; the rest is for the caller to fill in.
/// @throws InternalError for a rule that is not in `rules`
Finding make_finding(std::span<const Rule> rules, std::string_view rule, std::string path,
                     std::string_view kind = {});

/// What explains others, then the worst first (of these, what trails last), then by path, rule and
/// id: the order of every report.
void sort_findings(std::vector<Finding>& findings);

}  // namespace envlock
