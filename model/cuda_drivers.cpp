#include "model/cuda_drivers.hpp"

#include <array>
#include <string_view>

namespace envlock {
namespace {

struct Release {
  std::string_view cuda;
  std::string_view driver;  ///< The oldest for Linux.
};

// NVIDIA's CUDA release notes, "CUDA Toolkit and Corresponding Driver Versions": the first release
// of each toolkit, oldest first, as of June 2026. Toolkits below 9 are made for no GPU that is
// still sold.
constexpr std::array<Release, 28> releases{{
    {"9.0", "384.81"},     {"9.1", "390.46"},     {"9.2", "396.26"},     {"10.0", "410.48"},
    {"10.1", "418.39"},    {"10.2", "440.33"},    {"11.0", "450.36.06"}, {"11.1", "455.23"},
    {"11.2", "460.27.03"}, {"11.3", "465.19.01"}, {"11.4", "470.42.01"}, {"11.5", "495.29.05"},
    {"11.6", "510.39.01"}, {"11.7", "515.43.04"}, {"11.8", "520.61.05"}, {"12.0", "525.60.13"},
    {"12.1", "530.30.02"}, {"12.2", "535.54.03"}, {"12.3", "545.23.06"}, {"12.4", "550.54.14"},
    {"12.5", "555.42.02"}, {"12.6", "560.28.03"}, {"12.8", "570.26"},    {"12.9", "575.51.03"},
    {"13.0", "580.65.06"}, {"13.1", "590.44.01"}, {"13.2", "595.45.04"}, {"13.3", "610.43.02"},
}};

// The same notes, "Minimum Required Driver Version for CUDA Minor Version Compatibility".
constexpr std::array<Release, 3> minor_compatible{
    {{"11.0", "450.80.02"}, {"12.0", "525.60.13"}, {"13.0", "580.0"}}};

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

/// "12.4" of 12.4.127: drivers serve minor versions, whatever the toolkit's own third number.
bool serves(const NumberVersion& cuda, const NumberVersion& needed) {
  return cuda.part(0) != needed.part(0) ? cuda.part(0) > needed.part(0)
                                        : cuda.part(1) >= needed.part(1);
}

}  // namespace

std::optional<NumberVersion> cuda_of_driver(const NumberVersion& driver) {
  std::optional<NumberVersion> newest;
  for (const Release& release : releases) {
    if (number(release.driver) <= driver) newest = number(release.cuda);
  }
  return newest;
}

std::optional<NumberVersion> driver_for_cuda(const NumberVersion& cuda) {
  for (const Release& release : releases) {
    if (serves(number(release.cuda), cuda)) return number(release.driver);
  }
  return std::nullopt;
}

std::optional<NumberVersion> minor_compatible_driver(const NumberVersion& cuda) {
  for (const Release& family : minor_compatible) {
    if (number(family.cuda).part(0) == cuda.part(0)) return number(family.driver);
  }
  return std::nullopt;
}

CudaFit cuda_fit_of_driver(const NumberVersion& driver, const NumberVersion& needed) {
  const auto served = cuda_of_driver(driver);
  if (served && serves(*served, needed)) return CudaFit::fits;
  const auto least = minor_compatible_driver(needed);
  return least && driver >= *least ? CudaFit::minor_compatible : CudaFit::too_old;
}

CudaFit cuda_fit(const NumberVersion& served, const NumberVersion& needed) {
  if (serves(served, needed)) return CudaFit::fits;
  const bool same_family = served.part(0) == needed.part(0) && minor_compatible_driver(needed);
  return same_family ? CudaFit::minor_compatible : CudaFit::too_old;
}

std::string driver_advice(const NumberVersion& cuda) {
  const auto driver = driver_for_cuda(cuda);
  const std::string major_minor = std::to_string(cuda.part(0)) + '.' + std::to_string(cuda.part(1));
  return driver ? "an NVIDIA driver of version " + driver->text() + " or newer"
                : "an NVIDIA driver that serves CUDA " + major_minor;
}

}  // namespace envlock
