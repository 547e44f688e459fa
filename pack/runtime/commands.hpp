#pragma once

#include <stop_token>

#include "model/error.hpp"
#include "pack/runtime/arguments.hpp"

// The commands of envlock-env, as `usage_text` describes them.

namespace envlock::runtime {

ExitCode run_unpack(const Arguments& arguments, const std::stop_token& stop);
ExitCode run_relocate(const Arguments& arguments, const std::stop_token& stop);
ExitCode run_verify(const Arguments& arguments, const std::stop_token& stop);
ExitCode run_check_host(const Arguments& arguments);
ExitCode run_info(const Arguments& arguments);
ExitCode run_activate(const Arguments& arguments);

}  // namespace envlock::runtime
