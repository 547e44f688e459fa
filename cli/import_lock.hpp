#pragma once

#include <string>
#include <vector>

#include "cli/adopt.hpp"
#include "model/foreign_lock.hpp"

namespace envlock {

/// One environment of another tool's lock, to be adopted.
/// @param environment  "FILE#NAME": of pixi.lock an environment, of conda-lock.yml a category
/// beside
///        "main"; empty: "default", or the only one, or all categories
/// @param platforms  empty: all
/// @throws UsageError naming the choices
Adopted adopted_from(const ForeignLock& lock, const std::string& file,
                     const std::string& environment, const std::vector<Platform>& platforms);

}  // namespace envlock
