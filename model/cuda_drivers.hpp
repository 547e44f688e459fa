#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/number_version.hpp"

namespace envlock {

/// The newest CUDA version that an NVIDIA driver for Linux serves without any compatibility mode;
/// nothing for a driver older than all of the table. A driver newer than the table serves at least
/// the table's last.
std::optional<NumberVersion> cuda_of_driver(const NumberVersion& driver);

/// The oldest driver that serves `cuda` without any compatibility mode; nothing where the table
/// ends below it.
std::optional<NumberVersion> driver_for_cuda(const NumberVersion& cuda);

/// The oldest driver on which programs made with any minor version of this CUDA's major version
/// run ("CUDA minor version compatibility"); nothing where there is no such promise (below 11).
std::optional<NumberVersion> minor_compatible_driver(const NumberVersion& cuda);

/// Whether programs that were made with a CUDA version run.
enum class CudaFit : std::uint8_t {
  too_old = 0,
  minor_compatible,  ///< They run, but what is compiled at run time (PTX, NVRTC) may fail.
  fits,
};

/// @param driver  the host's
/// @param needed  the CUDA that the environment was made with
CudaFit cuda_fit_of_driver(const NumberVersion& driver, const NumberVersion& needed);

/// The same where only the CUDA version is known that the host's driver serves.
CudaFit cuda_fit(const NumberVersion& served, const NumberVersion& needed);

/// What to tell a user who needs another driver: "driver 535.54.03 or newer", or that CUDA's name
/// where the table ends below it.
std::string driver_advice(const NumberVersion& cuda);

}  // namespace envlock
