#include "cli/pip_target.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "model/pep440.hpp"

namespace envlock {
namespace {

/// How one architecture is called where.
struct Machine {
  std::string_view wheel, marker;
};

const std::map<std::string, Machine, std::less<>>& machines() {
  static const std::map<std::string, Machine, std::less<>> known{
      {"linux-32", {"i686", "i686"}},
      {"linux-64", {"x86_64", "x86_64"}},
      {"linux-aarch64", {"aarch64", "aarch64"}},
      {"linux-armv7l", {"armv7l", "armv7l"}},
      {"linux-ppc64le", {"ppc64le", "ppc64le"}},
      {"linux-s390x", {"s390x", "s390x"}},
      {"osx-64", {"x86_64", "x86_64"}},
      {"osx-arm64", {"arm64", "arm64"}},
      {"win-32", {"win32", "x86"}},
      {"win-64", {"win_amd64", "AMD64"}},
      {"win-arm64", {"win_arm64", "ARM64"}}};
  return known;
}

std::optional<PypiVersion> assumed(const LockPlatform& locked, std::string_view name) {
  for (const VirtualPackage& package : locked.virtual_packages) {
    if (package.name == name) return PypiVersion::parse(package.version);
  }
  return std::nullopt;
}

std::uint64_t part(const PypiVersion& version, std::size_t index) {
  return index < version.release().size() ? version.release()[index] : 0;
}

/// The platform tags of Linux with glibc 2.`minor` (platform compatibility tags, formerly PEP 600).
std::vector<std::string> manylinux(std::uint64_t minor, std::string_view machine) {
  const bool is_intel = machine == "x86_64" || machine == "i686";
  const std::uint64_t first = is_intel ? 5 : 17;
  const std::string end = '_' + std::string(machine);
  std::vector<std::string> tags;
  for (std::uint64_t at = minor; at >= first && at <= minor; --at) {
    tags.push_back("manylinux_2_" + std::to_string(at) + end);
    if (at == 17) tags.push_back("manylinux2014" + end);
    if (at == 12 && is_intel) tags.push_back("manylinux2010" + end);
    if (at == 5 && is_intel) tags.push_back("manylinux1" + end);
  }
  tags.push_back("linux" + end);
  return tags;
}

}  // namespace

std::variant<PipTarget, std::string> pip_target(const Platform& platform,
                                                const LockPlatform& locked) {
  const auto machine = machines().find(platform.subdir());
  if (machine == machines().end()) return "wheels for " + platform.subdir() + " are not known";
  const auto python = std::ranges::find_if(
      locked.packages, [](const LockedPackage& p) { return p.record.name == "python"; });
  if (python == locked.packages.end()) return std::string("the environment has no python");
  const PackageRecord& record = python->record;
  const auto version = PypiVersion::parse(record.version);
  if (!version || version->release().size() < 2)
    return "the version of python, " + record.version + ", is none of Python's";
  if (record.build.find("pypy") != std::string::npos ||
      record.build.find("graalpy") != std::string::npos)
    return std::string("its python is not CPython");

  PipTarget target;
  target.python = version->to_string();
  for (std::size_t i = 0; i < 3; ++i) target.version.at(i) = part(*version, i);
  const std::string minor =
      std::to_string(target.version[0]) + '.' + std::to_string(target.version[1]);
  target.abi = "cp" + std::to_string(target.version[0]) + std::to_string(target.version[1]);
  // A free-threaded python has an ABI of its own.
  if (record.build.find("_" + target.abi + "t") != std::string::npos) target.abi += 't';
  const std::string_view os = platform.os();
  const std::string wheel(machine->second.wheel);
  if (os == "linux") {
    const auto glibc = assumed(locked, "__glibc");
    if (!glibc || part(*glibc, 0) != 2)
      return std::string("no __glibc is assumed, by which wheels are chosen");
    target.platforms = manylinux(part(*glibc, 1), wheel);
  } else if (os == "osx") {
    const auto osx = assumed(locked, "__osx");
    if (!osx) return std::string("no __osx is assumed, by which wheels are chosen");
    const std::uint64_t major = part(*osx, 0);
    // From 11 on, a minor release is none of its own.
    target.platforms = {"macosx_" + std::to_string(major) + '_' +
                        std::to_string(major >= 11 ? 0 : part(*osx, 1)) + '_' + wheel};
  } else {
    target.platforms = {wheel};
  }
  target.markers = {{"implementation_name", "cpython"},
                    {"implementation_version", target.python},
                    {"os_name", os == "win" ? "nt" : "posix"},
                    {"platform_machine", std::string(machine->second.marker)},
                    {"platform_python_implementation", "CPython"},
                    {"platform_system", os == "linux" ? "Linux"
                                        : os == "osx" ? "Darwin"
                                                      : "Windows"},
                    {"python_full_version", target.python},
                    {"python_version", minor},
                    {"sys_platform", os == "linux" ? "linux"
                                     : os == "osx" ? "darwin"
                                                   : "win32"}};
  return target;
}

}  // namespace envlock
