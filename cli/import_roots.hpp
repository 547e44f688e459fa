#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace envlock {

/// Who needs whom, by name.
using NameGraph = std::map<std::string, std::set<std::string>>;

/// The names from which all others are reached: those that nobody else needs, and of names that
/// need each other in a circle which nobody else needs one ("python", else the first). Sorted.
std::vector<std::string> roots_of(const NameGraph& needs);

}  // namespace envlock
