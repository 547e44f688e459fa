#pragma once

#include <string>

namespace envlock {

/// A spec in the lock's canonical form (CF 4.5) as people write it: "numpy[version='<2']" is "numpy
/// <2". What has other bracket keys stays as it is. Only for messages: the canonical form is what
/// is compared.
std::string readable_spec(const std::string& canonical);

}  // namespace envlock
