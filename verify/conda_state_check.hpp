#pragma once

#include <map>
#include <string>
#include <string_view>

#include "verify/check_context.hpp"
#include "verify/small_file.hpp"

namespace envlock {

inline constexpr std::string_view conda_state_path = "conda-meta/state";
/// Where `install` leaves the lock.
inline constexpr std::string_view installed_lock_file = "conda-meta/envlock.lock";

/// Holds the variables that activation takes from conda-meta/state against those of the lock. Their
/// values are in no finding: they may be secrets.
void check_conda_state(CheckContext& context, const std::map<std::string, std::string>& variables,
                       int prefix_fd, BeneathMethod method);

}  // namespace envlock
