#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/guarded.hpp"

namespace envlock {

/// How the places that serve packages (a channel, its mirrors) do in this run, by their base URL.
/// Thread-safe.
class SourceHealth {
 public:
  /// The places worth asking, as positions in `bases`: those with fewer failures in a row first,
  /// among equals in the order given. Excluded ones are left out.
  [[nodiscard]] std::vector<std::size_t> order(std::span<const std::string> bases) const;

  /// It served what was asked for.
  void succeeded(const std::string& base);
  /// It did not answer, or broke off. @return whether that was the first time in this run
  bool failed(const std::string& base);
  /// It cannot be trusted: not asked again in this run. @return false where that was known
  bool exclude(const std::string& base);

 private:
  struct State {
    unsigned failures = 0;  ///< In a row.
    bool has_failed = false;
    bool excluded = false;
  };
  mutable Guarded<std::map<std::string, State>> states_;
};

}  // namespace envlock
