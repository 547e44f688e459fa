#include "pack/host_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "model/unique_fd.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

/// libc.so.6 has about 2 MiB.
constexpr std::size_t max_libc_bytes = std::size_t{16} << 20U;
/// NVIDIA's branches have three digits; a smaller number is the library's own ("libcuda.so.1.1").
constexpr std::uint32_t least_driver_branch = 100;

struct Architecture {
  std::string_view machine;   ///< uname's.
  std::string_view triple;    ///< Of Debian's library folders.
  std::uint16_t elf_machine;  ///< e_machine (elf.h).
  bool is_64;
};
constexpr std::array<Architecture, 6> architectures{{{"x86_64", "x86_64-linux-gnu", 62, true},
                                                     {"aarch64", "aarch64-linux-gnu", 183, true},
                                                     {"ppc64le", "powerpc64le-linux-gnu", 21, true},
                                                     {"s390x", "s390x-linux-gnu", 22, true},
                                                     {"riscv64", "riscv64-linux-gnu", 243, true},
                                                     {"i686", "i386-linux-gnu", 3, false}}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The two or three numbers joined by dots that `text` starts with.
std::optional<NumberVersion> leading_version(std::string_view text) {
  std::size_t end = 0;
  int dots = 0;
  for (; end < text.size(); ++end) {
    if (is_digit(text[end])) continue;
    const bool before_number = end + 1 < text.size() && is_digit(text[end + 1]);
    if (text[end] != '.' || !before_number || ++dots > 2) break;
  }
  return NumberVersion::parse(text.substr(0, end));
}

/// Multilib systems have libraries of other word sizes in other folders, and their programs are not
/// ours.
bool is_for(std::string_view elf, const Architecture& architecture) {
  if (elf.size() < 20 || elf.substr(0, 4) !=
                             "\x7f"
                             "ELF")
    return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(elf[at]); };
  const bool big_endian = byte(5) == 2;
  const unsigned machine = big_endian ? byte(18) * 256U + byte(19) : byte(19) * 256U + byte(18);
  return (byte(4) == 2) == architecture.is_64 && machine == architecture.elf_machine;
}

std::optional<NumberVersion> driver_version(std::string_view text) {
  auto version = NumberVersion::parse(text);
  if (version && version->part(0) < least_driver_branch) version.reset();
  return version;
}

/// By what the kernel module says: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05
/// ...".
std::optional<NumberVersion> loaded_driver(const fs::path& root) {
  const std::string text = read_beginning(root / "proc/driver/nvidia/version", 4096);
  const std::string line = text.substr(0, text.find('\n'));
  if (line.rfind("NVRM version:", 0) != 0) return std::nullopt;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    if (const auto version = driver_version(std::string_view(line).substr(at, end - at)))
      return version;
    at = end + 1;
  }
  return std::nullopt;
}

/// By the file name, for containers that see no /proc entry. The folders: of distributions, of
/// NVIDIA's container runtime, of Kubernetes' device plugin, of Apptainer, NixOS and WSL.
std::optional<NumberVersion> installed_driver(const fs::path& root) {
  constexpr std::string_view prefix = "libcuda.so.";
  constexpr std::size_t max_entries = 100'000;
  std::optional<NumberVersion> newest;
  for (const char* folder :
       {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib64/nvidia",
        "usr/lib", "usr/lib/nvidia", "usr/local/nvidia/lib64", "usr/local/nvidia/lib",
        ".singularity.d/libs", "run/opengl-driver/lib", "usr/lib/wsl/lib"}) {
    std::error_code fault;
    std::size_t seen = 0;
    for (fs::directory_iterator entry(root / folder, fault), end;
         !fault && entry != end && seen < max_entries; entry.increment(fault), ++seen) {
      const std::string name = entry->path().filename().string();
      if (name.rfind(prefix, 0) != 0) continue;
      auto version = driver_version(std::string_view(name).substr(prefix.size()));
      if (version && (!newest || *newest < *version)) newest = std::move(version);
    }
  }
  return newest;
}

}  // namespace

std::string read_beginning(const fs::path& file, std::size_t most) {
  // Not blocking: what stands there may be a FIFO.
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < most) {
    const ssize_t got =
        ::read(fd.get(), buffer.data(), std::min(buffer.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<NumberVersion> glibc_version_in(std::string_view libc) {
  // "GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.": the name in
  // brackets is the distribution's.
  constexpr std::string_view banner = "GNU C Library ";
  constexpr std::string_view word = " version ";
  constexpr std::size_t max_banner_bytes = 256;
  for (std::size_t at = libc.find(banner); at != std::string_view::npos;
       at = libc.find(banner, at + 1)) {
    std::string_view line = libc.substr(at, max_banner_bytes);
    line = line.substr(0, line.find_first_of(std::string_view("\0\n", 2)));
    const std::size_t number = line.rfind(word);
    if (number == std::string_view::npos) continue;
    if (const auto version = leading_version(line.substr(number + word.size()))) return version;
  }
  constexpr std::string_view symbol = "GLIBC_";
  std::optional<NumberVersion> newest;
  for (std::size_t at = libc.find(symbol); at != std::string_view::npos;
       at = libc.find(symbol, at + 1)) {
    const auto version = leading_version(libc.substr(at + symbol.size(), 32));
    if (version && (!newest || *newest < *version)) newest = version;
  }
  return newest;
}

std::optional<NumberVersion> read_glibc_version(const fs::path& root, std::string_view machine) {
  if (machine.size() == 4 && machine[0] == 'i' && machine.substr(2) == "86") machine = "i686";
  const auto architecture =
      std::find_if(architectures.begin(), architectures.end(),
                   [&](const Architecture& one) { return one.machine == machine; });
  if (architecture == architectures.end()) return std::nullopt;
  const std::string triple(architecture->triple);
  for (const std::string& folder :
       {std::string("lib64"), "lib/" + triple, std::string("usr/lib64"), "usr/lib/" + triple,
        std::string("lib"), std::string("usr/lib")}) {
    const std::string libc = read_beginning(root / folder / "libc.so.6", max_libc_bytes);
    if (!is_for(libc, *architecture)) continue;
    if (auto version = glibc_version_in(libc)) return version;
  }
  return std::nullopt;
}

std::optional<NumberVersion> read_nvidia_driver(const fs::path& root) {
  auto loaded = loaded_driver(root);
  return loaded ? loaded : installed_driver(root);
}

bool has_container_signs(const fs::path& root) {
  std::error_code fault;
  for (const char* sign :
       {".dockerenv", "run/.containerenv", ".singularity.d", "run/systemd/container"}) {
    if (fs::exists(root / sign, fault)) return true;
  }
  const std::string groups = read_beginning(root / "proc/1/cgroup", 65536);
  constexpr std::array<std::string_view, 5> runtimes{"docker", "kubepods", "libpod", "lxc",
                                                     "containerd"};
  return std::any_of(runtimes.begin(), runtimes.end(), [&](std::string_view runtime) {
    return groups.find(runtime) != std::string::npos;
  });
}

}  // namespace envlock
