#pragma once

#include "pack/assemble.hpp"

namespace envlock {

/// What a host must have for the files of a tree, added to what the packages' records ask.
/// @param assembly  made with `read_elf_needs`
HostRequirements pack_needs(HostRequirements needs, const TreePlan& plan, const Assembly& assembly);

}  // namespace envlock
