#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/host_description.hpp"
#include "model/json_writer.hpp"
#include "model/number_version.hpp"
#include "model/platform.hpp"
#include "model/strict_json.hpp"

namespace envlock {

/// The least version of something, and the package that asks for it.
struct HostFloor {
  NumberVersion version;
  std::string package;
  friend bool operator==(const HostFloor&, const HostFloor&) = default;
};

/// The newest glibc symbol version that the environment's ELF files need, and a file that does.
struct GlibcSymbols {
  NumberVersion version;
  std::string file;
  /// False where some file could not be judged exactly: the version is then no lower than needed,
  /// but may be higher.
  bool exact = true;
  friend bool operator==(const GlibcSymbols&, const GlibcSymbols&) = default;
};

/// What a machine and a folder must have so that an environment runs there. Written into packs.
struct HostRequirements {
  Platform platform = Platform::host();
  std::optional<HostFloor> kernel;  ///< From dependencies on `__linux`.
  std::optional<HostFloor> glibc;   ///< From dependencies on `__glibc`.
  std::optional<GlibcSymbols> glibc_symbols;
  unsigned x86_64_level = 0;  ///< From dependencies on `__archspec`; 0 or 1: any x86-64.
  std::string x86_64_level_package;
  /// The CUDA that the environment was made with (cuda-version, cudatoolkit, ...): without a GPU
  /// it does not run.
  std::optional<HostFloor> cuda;
  /// From dependencies and constraints on `__cuda`: where the machine has a driver, minor version
  /// compatibility does not help below this one, because the packages' builders ruled it out.
  std::optional<HostFloor> cuda_strict;
  std::uint64_t disk_bytes = 0;  ///< In blocks of 4 KiB, so that small files count as they will.
  std::uint64_t inodes = 0;
  /// The longest path of a prefix, in bytes; nothing where no file has a placeholder that limits
  /// it.
  std::optional<std::uint64_t> longest_prefix_bytes;
  std::uint64_t longest_path_bytes = 0;  ///< The longest path below the prefix.
  std::uint64_t longest_name_bytes = 0;  ///< The longest name of a file.
  bool case_sensitive = false;           ///< Some paths differ only in case.
  friend bool operator==(const HostRequirements&, const HostRequirements&) = default;
};

/// As one object, keys in a fixed order, what is absent left out.
void write_host_requirements(JsonWriter& json, const HostRequirements& needs);
/// @throws InputError (3) naming the line, also for unknown keys
HostRequirements read_host_requirements(const JsonNode& node);

/// In what way a host does not fit. The names are those of `--force CLASS`.
enum class MisfitClass : std::uint8_t {
  platform,
  glibc,
  cuda,
  disk,
  inodes,
  path,
  noexec,
  case_insensitive,  ///< "case"
  permission,
};
std::string_view to_string(MisfitClass misfit) noexcept;
std::optional<MisfitClass> parse_misfit_class(std::string_view name) noexcept;
std::span<const std::string_view> misfit_class_names() noexcept;

struct Misfit {
  MisfitClass misfit_class = MisfitClass::platform;
  std::string needed;     ///< "glibc 2.34"
  std::string found;      ///< "glibc 2.28"
  std::string message;    ///< One sentence with both.
  std::string next_step;  ///< What the user can do.
  friend bool operator==(const Misfit&, const Misfit&) = default;
};

struct HostVerdict {
  std::vector<Misfit> misfits;   ///< All of them, in the order of the classes.
  std::vector<Misfit> warnings;  ///< It runs, but not everything may: CUDA's minor compatibility.
  /// Classes about which the description says nothing ("disk" where it has no target).
  std::vector<MisfitClass> unjudged;
};

/// Holds what is needed against what a machine has.
/// @param target_prefix  where the environment shall lie (its length counts); empty: not known
HostVerdict judge_host(const HostRequirements& needs, const HostDescription& host,
                       std::string_view target_prefix);

}  // namespace envlock
