#pragma once

#include "cli/console.hpp"
#include "model/json_writer.hpp"
#include "solver/solve.hpp"

namespace envlock {

/// Prints why there is no solution below the error's own line: the lines indented by their depth,
/// then what to relax.
void print_explanation(Console& console, const Explanation& explanation);

/// The same as members of `error.details`.
void write_explanation(JsonWriter& json, const UnsolvableError& error);

}  // namespace envlock
