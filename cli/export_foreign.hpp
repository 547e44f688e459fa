#pragma once

#include <string>
#include <vector>

#include "model/lockfile.hpp"
#include "model/platform.hpp"

// A lock as the lock of another tool.

namespace envlock {

struct ForeignText {
  std::string document;
  /// What of the lock the format has no place for: phrases that follow "no place for".
  std::vector<std::string> lost;
};

/// A conda-lock.yml, version 1 (CEP 37), which conda-lock, micromamba and pixi read.
/// @param platforms  those of the lock that are written, sorted
ForeignText conda_lock_text(const Lockfile& lock, const std::vector<Platform>& platforms);

/// A pixi.lock, version 6, with one environment, "default".
ForeignText pixi_lock_text(const Lockfile& lock, const std::vector<Platform>& platforms);

/// The URL of a channel. One on disk is stored relative to the lock; its packages know the whole.
std::string channel_base(const Lockfile& lock, const LockInputs::Channel& channel);

/// A channel as any tool understands it: by its name where conda's own rule makes the URL of that,
/// else by its URL.
std::string channel_text(const Lockfile& lock, const LockInputs::Channel& channel);

}  // namespace envlock
