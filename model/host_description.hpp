#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/json_writer.hpp"
#include "model/number_version.hpp"
#include "model/platform.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

/// Where an environment shall lie, as its file system says. What could not be found out is absent.
struct HostTarget {
  std::string path;                          ///< Absolute, as asked; it need not exist.
  std::optional<std::uint64_t> free_bytes;   ///< For this user.
  std::optional<std::uint64_t> free_inodes;  ///< Absent where the file system counts none (btrfs).
  std::optional<bool> noexec;                ///< Mounted so that no program can be run from it.
  std::optional<bool> writable;              ///< This user may make something there.
  std::optional<bool> case_insensitive;
  std::string file_system;                  ///< "ext4", "xfs", "nfs"; empty: not known.
  std::optional<std::uint64_t> name_bytes;  ///< The longest file name.
  std::optional<std::uint64_t> path_bytes;  ///< The longest path, its final NUL not counted.
  friend bool operator==(const HostTarget&, const HostTarget&) = default;
};

/// What a machine is, as far as an environment cares: the content of host.json, which
/// `envlock host` and the script of `envlock host-script` write. docs/host.md is its specification.
struct HostDescription {
  static constexpr int current_version = 1;
  Platform platform = Platform::host();
  std::string kernel;                  ///< uname's release: "4.18.0-553.el8_10.x86_64".
  unsigned x86_64_level = 0;           ///< 1 to 4 (the psABI's levels); 0: no x86-64, or not known.
  std::optional<NumberVersion> glibc;  ///< Absent: the machine's programs use another C library.
  std::optional<NumberVersion> nvidia_driver;
  /// The newest CUDA that the driver serves without any compatibility mode.
  std::optional<NumberVersion> cuda;
  std::vector<NumberVersion> compute_capabilities;  ///< Of its GPUs, ascending, each once.
  bool container = false;
  bool wsl = false;
  /// The variables that replaced what was found ("CONDA_OVERRIDE_CUDA"), sorted.
  std::vector<std::string> overrides;
  std::optional<HostTarget> target;
  friend bool operator==(const HostDescription&, const HostDescription&) = default;
};

/// Its text: JSON, keys in a fixed order, what is absent or false left out, trailing newline. Same
/// description, same bytes.
std::string write_host_description(const HostDescription& host);

/// The same as one object of a larger document.
void write_host_description(JsonWriter& json, const HostDescription& host);

/// Reads it strictly; `cuda` follows from the driver where the text does not say it.
/// @throws InputError (3) naming the line, also for unknown keys and another `host_version`
HostDescription read_host_description(std::string_view json, const std::string& file);

/// What CONDA_OVERRIDE_GLIBC and CONDA_OVERRIDE_CUDA say in place of what was found; other
/// variables are left to apply_override. An overridden CUDA makes the driver unknown, an empty
/// value means that there is none.
/// @param variables  name and value of those that are set
/// @throws InputError where a value is no version of two or three numbers
HostDescription with_host_overrides(HostDescription host,
                                    std::span<const std::pair<std::string, std::string>> variables);

/// The virtual packages of such a machine (CF 6.6), sorted by name: `__unix`, `__linux`, `__glibc`,
/// `__archspec` and, with an NVIDIA driver, `__cuda`. `__archspec` names the generic x86-64 level.
std::vector<VirtualPackage> virtual_packages_of(const HostDescription& host);

}  // namespace envlock
