#include "model/cuda_floor.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "model/host_floors.hpp"
#include "model/match_spec.hpp"

namespace envlock {
namespace {

/// In this order where several say the same: the first says it most plainly.
constexpr std::array<std::string_view, 5> packages{"cuda-version", "cudatoolkit", "pytorch-cuda",
                                                   "cuda-cudart", "cuda-runtime"};
constexpr std::string_view wheel = "nvidia-cuda-runtime";
/// What any driver that is still in use serves, for a `__cuda` without a version.
constexpr std::string_view oldest_cuda = "9.0";

/// "12.4" of "12.4.127": a third number is the package's own.
std::optional<NumberVersion> major_minor(std::string_view version) {
  const std::size_t first = version.find('.');
  const std::size_t second = first == std::string_view::npos ? first : version.find('.', first + 1);
  return NumberVersion::parse(version.substr(0, second));
}

void raise(std::optional<HostFloor>& floor, const std::optional<NumberVersion>& version,
           const std::string& package) {
  if (!version) return;
  if (!floor || floor->version < *version) floor = HostFloor{*version, package};
}

void add_virtual(const LockedPackage& package, CudaNeeds& needs) {
  const PackageRecord& record = package.record;
  for (const auto* list : {&record.depends, &record.constrains}) {
    for (const std::string& text : *list) {
      if (text.substr(0, 6) != "__cuda" || MatchSpec::parse(text).name() != "__cuda") continue;
      const auto floor = version_floor(text);
      raise(needs.strict, floor, record.name);
      if (list == &record.depends)
        raise(needs.made_with, floor ? floor : NumberVersion::parse(oldest_cuda), record.name);
    }
  }
}

bool is_runtime_wheel(std::string_view name) {
  return name.substr(0, wheel.size()) == wheel &&
         (name.size() == wheel.size() || name.substr(wheel.size(), 3) == "-cu");
}

}  // namespace

CudaNeeds cuda_needs(const LockPlatform& locked) {
  CudaNeeds needs;
  for (const std::string_view name : packages) {
    const auto package =
        std::find_if(locked.packages.begin(), locked.packages.end(),
                     [&](const LockedPackage& one) { return one.record.name == name; });
    if (package == locked.packages.end()) continue;
    raise(needs.made_with, major_minor(package->record.version), package->record.name);
  }
  for (const LockedPypi& package : locked.pypi) {
    if (is_runtime_wheel(package.name))
      raise(needs.made_with, major_minor(package.version), package.name);
  }
  for (const LockedPackage& package : locked.packages) add_virtual(package, needs);
  return needs;
}

}  // namespace envlock
