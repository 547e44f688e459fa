#pragma once

#include <string>

#include "cli/options.hpp"
#include "fetch/cache_clean.hpp"
#include "model/time.hpp"

namespace envlock {

/// The options of `envlock cache clean`.
OptionGroup clean_options();

/// What they ask for. @throws UsageError where they ask for nothing, and for values that cannot be;
/// what load_lock throws
CleanPlan read_clean_plan(const ParsedArgs& args, Instant now);

/// @throws UsageError where one of them is given with another action
void refuse_clean_options(const ParsedArgs& args, const std::string& action);

}  // namespace envlock
