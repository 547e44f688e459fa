#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace envlock {

/// Told how far transfers are; whoever draws derives from it. Called from several threads at once,
/// also at a rate that is too high to draw.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  /// A transfer begins: `what` is a redacted URL or a path.
  virtual void started(std::size_t item, std::string_view what) = 0;
  /// Bytes so far as served (compressed), and their number in all where the server says it.
  virtual void advanced(std::size_t item, std::uint64_t bytes,
                        std::optional<std::uint64_t> total) = 0;
  /// No more of this item, whether done or failed.
  virtual void finished(std::size_t item) = 0;
};

}  // namespace envlock
