#include "pack/file_time.hpp"

#include <algorithm>

namespace envlock {

std::int64_t file_time_s(const PackageRecord& record) noexcept {
  constexpr std::int64_t year_1980 = 315'532'800;
  // A file system may hold no more than 32 bits, and byte code names the time with as many.
  constexpr std::int64_t year_2106 = 4'294'967'295;
  return std::clamp(record.timestamp_ms.value_or(0) / 1000, year_1980, year_2106);
}

}  // namespace envlock
