#pragma once

#include <cstdint>

#include "model/package_record.hpp"

namespace envlock {

/// The time that a package's files get, in seconds since 1970: its record's, never before 1980
/// (CF 7.3), so that it is the same on every machine.
std::int64_t file_time_s(const PackageRecord& record) noexcept;

}  // namespace envlock
