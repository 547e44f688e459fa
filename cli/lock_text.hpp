#pragma once

#include <string>
#include <vector>

#include "model/lockfile.hpp"

namespace envlock {

/// A lock as lines that a text diff of two locks can be read by: one for each part of the question,
/// one for each package of each platform, every line whole by itself. Whatever differs between two
/// locks differs in some line. Not escaped for terminals.
std::vector<std::string> lock_text(const Lockfile& lock);

}  // namespace envlock
