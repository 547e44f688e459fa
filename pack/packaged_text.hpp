#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "pack/tree_plan.hpp"

namespace envlock {

/// The bytes of the planned files whose path starts with `folder`, as packaged and checked, by
/// path. Each up to 1 MiB.
/// @throws TrustError (6) for one that is longer or not what its manifest says
std::map<std::string, std::string> packaged_texts(const TreePlan& plan, std::string_view folder,
                                                  const std::stop_token& stop);

/// Gives a file of the installer's own another content. @throws InternalError where there is none
void replace_own_file(TreePlan& plan, std::string_view path, std::string content);

}  // namespace envlock
