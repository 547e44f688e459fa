#include "pack/host_probe.hpp"

#include <sys/utsname.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <string_view>

#include "model/cuda_drivers.hpp"
#include "model/text.hpp"
#include "pack/host_files.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

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

/// The subdir of a machine's name where they differ.
Platform platform_of(const std::string& machine) {
  std::string arch = machine;
  if (machine == "x86_64") arch = "64";
  if (machine.size() == 4 && machine[0] == 'i' && machine.substr(2) == "86") arch = "32";
  const auto platform = Platform::parse("linux-" + arch);
  return platform ? *platform : Platform::host();
}

}  // namespace

HostFacts read_host_facts() {
  HostFacts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts.kernel_release = name.release;
    facts.machine = name.machine;
  }
  facts.x86_64_level = processor_level();
  return facts;
}

HostDescription describe_host(const HostFacts& facts, const fs::path& root) {
  HostDescription host;
  host.platform = platform_of(facts.machine);
  host.kernel = facts.kernel_release;
  host.x86_64_level = facts.x86_64_level;
  host.glibc = read_glibc_version(root, facts.machine);
  host.nvidia_driver = read_nvidia_driver(root);
  if (host.nvidia_driver) host.cuda = cuda_of_driver(*host.nvidia_driver);
  host.container = has_container_signs(root);
  host.wsl = to_lower(facts.kernel_release).find("microsoft") != std::string::npos;
  return host;
}

}  // namespace envlock
