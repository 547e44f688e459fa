#pragma once

#include <optional>

#include "model/host_requirements.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// What an environment asks of CUDA; see HostRequirements.
struct CudaNeeds {
  std::optional<HostFloor> made_with;
  std::optional<HostFloor> strict;
};

/// Real CUDA builds rarely state a version in `__cuda`: they depend on a package that stands for
/// one (cuda-version, cudatoolkit, pytorch-cuda, cuda-cudart, or NVIDIA's runtime among the
/// wheels), and the newest of those in the lock is what they were made with. A constraint on
/// `__cuda` needs no GPU: openmpi and ffmpeg have some in environments without CUDA.
CudaNeeds cuda_needs(const LockPlatform& locked);

}  // namespace envlock
