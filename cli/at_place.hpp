#pragma once

#include "model/error.hpp"

namespace envlock {

/// Calls `read`, which knows a text but not where it stands, and gives its InputError the place.
template <class Read>
auto at_place(const SourcePlace& place, Read read) {
  try {
    return read();
  } catch (const InputError& error) {
    throw InputError(place, error.what(), error.hint());
  }
}

}  // namespace envlock
