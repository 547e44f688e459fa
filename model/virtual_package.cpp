#include "model/virtual_package.hpp"

#include <algorithm>
#include <array>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

constexpr std::array<OverrideVariable, 7> overrides = {{
    {"CONDA_OVERRIDE_ARCHSPEC", "__archspec"},
    {"CONDA_OVERRIDE_CUDA", "__cuda"},
    {"CONDA_OVERRIDE_CUDA_ARCH", "__cuda_arch"},
    {"CONDA_OVERRIDE_GLIBC", "__glibc"},
    {"CONDA_OVERRIDE_LINUX", "__linux"},
    {"CONDA_OVERRIDE_OSX", "__osx"},
    {"CONDA_OVERRIDE_WIN", "__win"},
}};
constexpr std::string_view forms =
    "write NAME=VERSION or NAME=VERSION=BUILD, for example __cuda=12.4";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || is_digit(c); }

/// CEP 26: two underscores, then words of lower-case letters and digits with one separator between.
bool is_virtual_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 64 || name.substr(0, 2) != "__") return false;
  bool after_separator = true;
  for (const char c : name.substr(2)) {
    const bool separator = c == '.' || c == '-' || c == '_';
    if (!is_lower_or_digit(c) && (!separator || after_separator)) return false;
    after_separator = separator;
  }
  return true;
}

/// CEP 26's build strings.
bool is_build(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '+';
  });
}

bool is_version(std::string_view text) {
  return text.size() <= 64 && Version::parse(text).has_value();
}

/// CEP 30's annex; what no table knows is its own name.
std::string plain_architecture(const Platform& platform) {
  const std::string_view arch = platform.arch();
  if (arch == "64") return "x86_64";
  if (arch == "32") return "x86";
  if (arch == "arm64") return "aarch64";
  return std::string(arch);
}

/// The numbers that a kernel's release starts with: "6.1.0-13-amd64" is 6.1.0 (conda's rule: two to
/// four of them).
std::string_view leading_kernel_version(std::string_view text) {
  std::size_t end = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; count < 4 && at < text.size() && is_digit(text[at]); ++count) {
    while (at < text.size() && is_digit(text[at])) ++at;
    end = at;
    if (at == text.size() || text[at] != '.') {
      ++count;
      break;
    }
    ++at;
  }
  return count < 2 ? std::string_view() : text.substr(0, end);
}

[[noreturn]] void refuse_override(std::string_view variable, std::string_view value,
                                  const std::string& wanted) {
  throw InputError(
      std::string(variable) + ": '" + std::string(value) + "' is not " + wanted,
      "unset the variable, or leave it empty to say that the target has no such thing");
}

}  // namespace

std::string VirtualPackage::to_string() const { return name + '=' + version + '=' + build; }

VirtualPackage parse_virtual_package(std::string_view text) {
  const std::string_view whole = text;
  const auto refuse = [&](const std::string& why, std::string hint) {
    throw InputError("virtual package '" + std::string(whole) + "': " + why, std::move(hint));
  };
  text = trim(text);
  const std::size_t first = text.find('=');
  if (first == std::string_view::npos) refuse("has no version", std::string(forms));
  VirtualPackage package;
  package.name = trim(text.substr(0, first));
  if (package.name.substr(0, 2) != "__") package.name.insert(0, "__");
  text.remove_prefix(first + 1);
  const std::size_t second = text.find('=');
  package.version = trim(text.substr(0, second));
  if (second != std::string_view::npos) package.build = trim(text.substr(second + 1));
  if (!is_virtual_name(package.name))
    refuse("'" + package.name + "' is not a virtual package's name", std::string(forms));
  // "__archspec=x86_64_v3" would otherwise be read as a version, and no package would ever match.
  if (package.name == "__archspec" && second == std::string_view::npos)
    refuse("the micro-architecture is its build, not its version",
           "write __archspec=1=" + package.version);
  if (!is_version(package.version))
    refuse("'" + package.version + "' is not a version", std::string(forms));
  if (!is_build(package.build))
    refuse("'" + package.build + "' is not a build", std::string(forms));
  return package;
}

std::vector<VirtualPackage> default_virtual_packages(const Platform& platform) {
  std::vector<VirtualPackage> packages;
  packages.push_back({"__archspec", "1", plain_architecture(platform)});
  if (platform.os() == "linux") {
    // RHEL 8 and what is built from it: the oldest Linux that is both widely run and still
    // maintained, and the level that conda-forge's newer packages ask for.
    packages.push_back({"__glibc", "2.28", "0"});
    packages.push_back({"__linux", "4.18", "0"});
  }
  if (platform.os() == "osx") packages.push_back({"__osx", "13.0", "0"});
  if (virtual_package_fits("__unix", platform)) packages.push_back({"__unix", "0", "0"});
  // Windows Server 2019, the oldest that is maintained.
  if (platform.os() == "win") packages.push_back({"__win", "10.0.17763", "0"});
  return packages;
}

bool virtual_package_fits(std::string_view name, const Platform& platform) {
  const std::string_view os = platform.os();
  if (name == "__linux" || name == "__glibc" || name == "__musl") return os == "linux";
  if (name == "__osx") return os == "osx";
  if (name == "__win") return os == "win";
  if (name == "__unix")
    return os == "linux" || os == "osx" || os == "freebsd" || os == "emscripten";
  if (name == "__cuda" || name == "__cuda_arch")
    return os == "linux" || os == "win" || platform.subdir() == "osx-64";
  return true;
}

std::span<const OverrideVariable> override_variables() noexcept { return overrides; }

std::optional<OverrideChange> apply_override(std::string_view variable, std::string_view value,
                                             const Platform& platform) {
  const auto known = std::ranges::find(overrides, variable, &OverrideVariable::variable);
  if (known == overrides.end() || !virtual_package_fits(known->package, platform))
    return std::nullopt;
  const std::string name(known->package);
  const std::string_view text = trim(value);
  if (text.empty()) {
    if (name == "__linux") return OverrideChange{name, VirtualPackage{name, "0", "0"}};
    return OverrideChange{name, std::nullopt};
  }
  if (name == "__archspec") {
    if (!is_build(text)) refuse_override(variable, value, "a micro-architecture's name");
    return OverrideChange{name, VirtualPackage{name, "1", std::string(text)}};
  }
  std::string_view version = text;
  if (name == "__linux") {
    version = leading_kernel_version(text);
    if (version.empty()) refuse_override(variable, value, "a kernel's version such as 5.14");
  }
  if (!is_version(version)) refuse_override(variable, value, "a version");
  return OverrideChange{name, VirtualPackage{name, std::string(version), "0"}};
}

std::vector<VirtualPackage> with_overrides(std::vector<VirtualPackage> packages,
                                           std::span<const OverrideChange> changes) {
  for (const OverrideChange& change : changes) {
    std::erase_if(packages, [&](const auto& package) { return package.name == change.name; });
    if (change.value) packages.push_back(*change.value);
  }
  if (std::ranges::find(packages, "__cuda", &VirtualPackage::name) == packages.end())
    std::erase_if(packages, [](const auto& package) { return package.name == "__cuda_arch"; });
  std::ranges::sort(packages);
  return packages;
}

}  // namespace envlock
