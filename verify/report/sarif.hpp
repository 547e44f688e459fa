#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "model/json_writer.hpp"
#include "verify/finding.hpp"

// What the SARIF 2.1.0 reports of all commands have in common.

namespace envlock {

constexpr std::size_t max_sarif_results = 25'000;  ///< GitHub takes no more in one run.

/// A document up to the members of its only run behind `tool`.
/// @param rules  none: the run ended before it had a verdict
void begin_sarif(JsonWriter& json, std::string_view version, std::span<const Rule> rules);

/// Ends what `begin_sarif` began.
std::string end_sarif(JsonWriter& json);

void write_sarif_text(JsonWriter& json, std::string_view key, std::string_view text);

/// Where a reader sees a finding.
struct SarifPlace {
  std::string uri;
  std::size_t line = 0;  ///< 0: the first.
  std::string name;      ///< Of what it is about.
};

/// A result, which the caller ends: there may be more to say of it.
/// @param text  not escaped
void begin_sarif_result(JsonWriter& json, std::span<const Rule> rules, const Finding& finding,
                        std::string_view text, const SarifPlace& place);

}  // namespace envlock
