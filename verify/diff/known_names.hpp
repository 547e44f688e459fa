#pragma once

#include <optional>
#include <string_view>

#include "model/package_record.hpp"

namespace envlock {

/// A well-known package whose name a new one's is nearly: one edit apart (an exchange of neighbours
/// being one), '-', '_' and '.' counting as equal; nothing for the well-known ones themselves and
/// for names shorter than five letters, of which many are alike.
std::optional<std::string_view> known_name_like(std::string_view name);

/// Which implementation of BLAS or MPI a package stands for ("mkl", "openmpi"); empty for others.
std::string_view flavour_of(const PackageRecord& record);

}  // namespace envlock
