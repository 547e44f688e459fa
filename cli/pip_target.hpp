#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/lockfile.hpp"
#include "model/requirement.hpp"

namespace envlock {

/// The interpreter of a locked environment, as pip must see it, on whatever machine pip runs.
struct PipTarget {
  std::string python;  ///< "3.12.7"
  std::array<std::uint64_t, 3> version{};
  std::string abi;                     ///< "cp312"
  std::vector<std::string> platforms;  ///< Wheels' platform tags, the best first.
  MarkerVariables markers;             ///< Without platform_release and platform_version.
};

/// @return why it cannot be known, as a part of a sentence, where it cannot
std::variant<PipTarget, std::string> pip_target(const Platform& platform,
                                                const LockPlatform& locked);

}  // namespace envlock
