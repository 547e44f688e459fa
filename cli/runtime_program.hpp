#pragma once

#include <string_view>
#include <vector>

#include "model/platform.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// The static program that travels in a pack as bin/envlock-env (pack/runtime/), for a platform;
/// empty where this envlock carries none.
std::string_view runtime_program(const Platform& platform) noexcept;

/// The same as what a pack adds to its packages' files; nothing where there is none.
std::vector<ExtraFile> runtime_files(const Platform& platform);

}  // namespace envlock
