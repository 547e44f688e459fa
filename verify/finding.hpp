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

/// One kind of finding. Ids and names are an interface: never renumbered, never reused.
struct Rule {
  std::string_view id;    ///< "EL203"
  std::string_view name;  ///< "changed-file"
  Severity severity = Severity::error;
  std::string_view help;    ///< What it means, one or two sentences.
  std::string_view advice;  ///< What to do.
  /// What it is about can run, or decides what runs: a policy may lower it, but never silence it.
  bool runs_code = true;
  /// It explains the others, so that reports begin with it.
  bool leads = false;
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
  bool leads = false;   ///< Rule::leads
  std::string path;     ///< In the prefix; absolute where it is outside; empty: none.
  std::string package;  ///< "name version build"; empty: none.
  std::string expected, found;
  std::string message;  ///< One sentence without a full stop.
  std::string advice;   ///< The next step.
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

/// What explains others, then the worst first, then by path, rule and id: the order of every
/// report.
void sort_findings(std::vector<Finding>& findings);

}  // namespace envlock
