#pragma once

#include <string>

#include "model/error.hpp"

namespace envlock {

/// Calls `work`. Where that cannot open, read or write something and does not know what the user
/// can do about it, who calls does.
template <class Work>
auto with_hint(const std::string& hint, const Work& work) {
  try {
    return work();
  } catch (const IoError& error) {
    if (!error.hint().empty()) throw;
    throw IoError(error.what(), hint);
  }
}

}  // namespace envlock
