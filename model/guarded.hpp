#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace envlock {

/// Data together with its mutex: it cannot be reached without the lock.
template <class T>
class Guarded {
 public:
  /// Holds the mutex for as long as it lives.
  class Locked {
   public:
    T* operator->() const noexcept { return value_; }
    T& operator*() const noexcept { return *value_; }
    /// Waits until `done(value)` or a requested stop. @return what `done` says at the end
    template <class Done>
    bool wait(std::condition_variable_any& changed, std::stop_token stop, Done done) {
      return changed.wait(lock_, std::move(stop), [&] { return done(*value_); });
    }

   private:
    friend class Guarded;
    Locked(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  [[nodiscard]] Locked lock() { return Locked(mutex_, value_); }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace envlock
