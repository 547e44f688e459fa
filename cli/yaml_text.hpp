#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// A YAML scalar on one line that every reader takes for this text: as it is where that is safe in
/// YAML 1.1 and 1.2, else in double quotes, whose escapes are those of JSON.
std::string yaml_scalar(std::string_view text);

}  // namespace envlock
