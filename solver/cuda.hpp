#pragma once

#include <optional>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// Where no `__cuda` is assumed, and chosen packages have builds of the same or a newer version
/// that need it: the `__cuda` with which to try whether they were passed over for that alone.
std::optional<VirtualPackage> cuda_to_try(const LoadedProblem& problem,
                                          const std::vector<CandidateId>& chosen);

/// The notice that CUDA builds were passed over, where `with_cuda`, the solution of the same
/// question with `cuda` assumed, has such builds of packages that `chosen` has without.
std::optional<SolveNotice> cuda_notice(const LoadedProblem& problem,
                                       const std::vector<CandidateId>& chosen,
                                       const VirtualPackage& cuda,
                                       const std::vector<PackageRecord>& with_cuda);

}  // namespace envlock
