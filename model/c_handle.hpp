#pragma once

namespace envlock {

/// Deleter for std::unique_ptr that calls the C function `Fn`; adds nothing to the size of the
/// pointer.
template <auto Fn>
struct CFree {
  template <class T>
  void operator()(T* handle) const noexcept {
    Fn(handle);
  }
};

}  // namespace envlock
