#pragma once

#include <string_view>

#include "model/platform.hpp"

namespace envlock {

/// The static program that travels in a pack as bin/envlock-env (pack/runtime/), for a platform;
/// empty where this envlock carries none.
std::string_view runtime_program(const Platform& platform) noexcept;

}  // namespace envlock
