#include "cli/host_probe.hpp"

#include <gnu/libc-version.h>
#include <sys/utsname.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <system_error>

namespace envlock {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The numbers joined by dots that `text` starts with, at most `most` of them: "6.1.0" of
/// "6.1.0-18-amd64".
std::string_view leading_numbers(std::string_view text, int most) noexcept {
  std::size_t end = 0;
  for (std::size_t at = 0; most > 0 && at < text.size() && is_digit(text[at]); --most) {
    while (at < text.size() && is_digit(text[at])) ++at;
    end = at;
    if (at == text.size() || text[at] != '.') break;
    ++at;
  }
  return text.substr(0, end);
}

/// "535.104.05": three digits, then one or two more numbers.
bool is_driver_version(std::string_view text) noexcept {
  return text.size() > 4 && text[3] == '.' && leading_numbers(text, 3) == text;
}

/// The driver that is loaded, by what its kernel module says.
std::string loaded_driver(const fs::path& root) {
  std::ifstream in(root / "proc/driver/nvidia/version");
  std::string line;
  if (!std::getline(in, line) || line.rfind("NVRM version:", 0) != 0) return {};
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string word = line.substr(at, end - at);
    if (is_driver_version(word)) return word;
    at = end + 1;
  }
  return {};
}

/// The newest user-space driver by its file name, for containers that see no /proc entry.
std::string installed_driver(const fs::path& root) {
  constexpr std::string_view prefix = "libcuda.so.";
  std::string newest;
  for (const char* folder : {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64",
                             "usr/lib64/nvidia", "usr/lib"}) {
    std::error_code fault;
    for (fs::directory_iterator entry(root / folder, fault), end; !fault && entry != end;
         entry.increment(fault)) {
      const std::string name = entry->path().filename().string();
      if (name.rfind(prefix, 0) != 0) continue;
      const std::string version = name.substr(prefix.size());
      if (is_driver_version(version)) newest = std::max(newest, version);
    }
  }
  return newest;
}

#if defined(__x86_64__)
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

bool has_all(unsigned value, unsigned bits) noexcept { return (value & bits) == bits; }

/// The vector registers that the operating system saves (XCR0); a processor's AVX is of no use
/// where it does not.
unsigned saved_state() noexcept {
  unsigned low = 0;
  unsigned high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/// The level of the x86-64 psABI: each needs all of the one below.
unsigned processor_level() noexcept {
  constexpr unsigned xsave_in_use = 1U << 27U;
  constexpr unsigned avx_state = 0x6;      // XMM and YMM
  constexpr unsigned avx512_state = 0xE6;  // and the mask and ZMM registers
  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  const Registers amd = cpuid(0x80000001);
  if (!has_all(basic.c,
               bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT) ||
      !has_all(amd.c, bit_LAHF_LM)) {
    return 1;
  }
  if (!has_all(basic.c, bit_FMA | bit_MOVBE | xsave_in_use | bit_AVX | bit_F16C) ||
      !has_all(extended.b, bit_BMI | bit_AVX2 | bit_BMI2) || !has_all(amd.c, bit_LZCNT) ||
      !has_all(saved_state(), avx_state)) {
    return 2;
  }
  if (!has_all(extended.b,
               bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL) ||
      !has_all(saved_state(), avx512_state)) {
    return 3;
  }
  return 4;
}
#else
unsigned processor_level() noexcept { return 0; }
#endif

}  // namespace

HostFacts read_host_facts() {
  HostFacts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts.kernel_release = name.release;
    facts.machine = name.machine;
  }
  facts.x86_64_level = processor_level();
  facts.libc_version = ::gnu_get_libc_version();
  return facts;
}

std::vector<VirtualPackage> probe_host(const HostFacts& facts, const fs::path& root) {
  std::string architecture = facts.machine;
  if (facts.x86_64_level > 1) architecture = "x86_64_v" + std::to_string(facts.x86_64_level);
  std::vector<VirtualPackage> packages;
  if (!architecture.empty()) packages.push_back({"__archspec", "1", architecture});
  const std::string loaded = loaded_driver(root);
  if (const auto cuda = cuda_of_driver(loaded.empty() ? installed_driver(root) : loaded)) {
    packages.push_back({"__cuda", *cuda, "0"});
  }
  if (const auto glibc = leading_numbers(facts.libc_version, 2); !glibc.empty()) {
    packages.push_back({"__glibc", std::string(glibc), "0"});
  }
  const std::string_view kernel = leading_numbers(facts.kernel_release, 4);
  packages.push_back({"__linux", kernel.empty() ? "0" : std::string(kernel), "0"});
  packages.push_back({"__unix", "0", "0"});
  return packages;
}

std::optional<std::string> cuda_of_driver(std::string_view driver_version) {
  // NVIDIA's CUDA release notes, "CUDA Toolkit and Corresponding Driver Versions", as of January
  // 2026: the newest toolkit that each driver branch serves. A newer branch serves at least the
  // last one.
  struct Branch {
    unsigned driver;
    std::string_view cuda;
  };
  constexpr std::array<Branch, 23> branches{{
      {396, "9.2"},  {410, "10.0"}, {418, "10.1"}, {440, "10.2"}, {450, "11.0"}, {455, "11.1"},
      {460, "11.2"}, {465, "11.3"}, {470, "11.4"}, {495, "11.5"}, {510, "11.6"}, {515, "11.7"},
      {520, "11.8"}, {525, "12.0"}, {530, "12.1"}, {535, "12.2"}, {545, "12.3"}, {550, "12.4"},
      {555, "12.5"}, {560, "12.6"}, {570, "12.8"}, {575, "12.9"}, {580, "13.0"},
  }};
  unsigned driver = 0;
  const char* end = driver_version.data() + driver_version.size();
  if (std::from_chars(driver_version.data(), end, driver).ec != std::errc{}) return std::nullopt;
  std::optional<std::string> newest;
  for (const Branch& branch : branches) {
    if (branch.driver <= driver) newest = branch.cuda;
  }
  return newest;
}

}  // namespace envlock
