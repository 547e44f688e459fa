#include "model/platform.hpp"

#include <algorithm>
#include <array>

namespace envlock {
namespace {

// conda's list (conda/base/constants.py) and those that rattler adds; sorted.
constexpr std::array<std::string_view, 28> subdirs = {
    "android-64",    "android-aarch64", "emscripten-wasm32",
    "freebsd-64",    "freebsd-aarch64", "ios-aarch64",
    "linux-32",      "linux-64",        "linux-aarch64",
    "linux-armv6l",  "linux-armv7l",    "linux-loongarch64",
    "linux-ppc64",   "linux-ppc64le",   "linux-riscv32",
    "linux-riscv64", "linux-s390x",     "linux-sparc64",
    "noarch",        "osx-64",          "osx-arm64",
    "wasi-wasm32",   "wasip1-wasm32",   "wasip2-wasm32",
    "win-32",        "win-64",          "win-arm64",
    "zos-z",
};
static_assert(std::ranges::is_sorted(subdirs));

bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<Platform> Platform::parse(std::string_view subdir) {
  const std::size_t dash = subdir.find('-');
  if (subdir.size() > 32 || dash == std::string_view::npos || dash == 0 ||
      dash + 1 == subdir.size())
    return std::nullopt;
  for (std::size_t i = 0; i < subdir.size(); ++i) {
    if (i != dash && !is_lower_or_digit(subdir[i])) return std::nullopt;
  }
  return Platform(std::string(subdir));
}

Platform Platform::host() {
#if defined(__linux__) && defined(__x86_64__)
  return Platform("linux-64");
#elif defined(__linux__) && defined(__i386__)
  return Platform("linux-32");
#elif defined(__linux__) && defined(__aarch64__)
  return Platform("linux-aarch64");
#elif defined(__linux__) && defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
  return Platform("linux-ppc64le");
#elif defined(__linux__) && defined(__s390x__)
  return Platform("linux-s390x");
#elif defined(__linux__) && defined(__riscv) && __riscv_xlen == 64
  return Platform("linux-riscv64");
#else
#error "envlock has no name for this platform: add its subdir here"
#endif
}

std::string_view Platform::os() const noexcept {
  return std::string_view(subdir_).substr(0, subdir_.find('-'));
}

std::string_view Platform::arch() const noexcept {
  return std::string_view(subdir_).substr(subdir_.find('-') + 1);
}

std::span<const std::string_view> known_subdirs() noexcept { return subdirs; }

bool is_known_subdir(std::string_view text) noexcept {
  return std::ranges::binary_search(subdirs, text);
}

}  // namespace envlock
