#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lockfile.hpp"

// Wheels by their file names (PyPA: binary distribution format; platform compatibility tags).

namespace envlock {

/// NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl, taken apart; each of the three tags may be
/// several.
struct WheelName {
  std::string name, version, build;  ///< As spelt: with '_' for '-'.
  std::vector<std::string> pythons, abis, platforms;
  friend bool operator==(const WheelName&, const WheelName&) = default;
};

/// Nothing where `file_name` (decoded) is no wheel's: other parts, an empty one, or a letter that
/// no such name has.
std::optional<WheelName> parse_wheel_name(std::string_view file_name);

/// A name by which Python projects are compared: lower case, runs of '-', '_' and '.' as one '-'
/// (PEP 503).
std::string project_key(std::string_view name);

/// Whether a name of that kind is one that a project can have: lower case letters, digits and '-',
/// which neither begins nor ends it (PEP 508). What begins with '-' would be an option to pip.
bool is_project_key(std::string_view key);

/// A version by which those of Python projects are compared: two spellings of one version (PEP 440)
/// have equal ones. What is no such version is only put in lower case.
std::string python_version_key(std::string_view version);

/// What wheels must fit: the locked python, and the machine that the lock assumes.
struct WheelTarget {
  Platform platform;
  unsigned python_major = 0, python_minor = 0;
  bool is_cpython = true;         ///< Else wheels for every Python alone fit.
  bool is_free_threaded = false;  ///< CPython without its global lock: "cp313t".
  /// As the lock assumes it ("2.28"); empty: it assumes none, and every one fits.
  std::string glibc, macos;
};

/// @return nothing where the platform has no python
std::optional<WheelTarget> wheel_target(const Platform& platform, const LockPlatform& content);

/// Whether some combination of the wheel's tags fits: `cp312-cp312`, `cp3N-abi3` of no newer
/// python, `py3-none` and so on, for `any` or a platform tag that the target meets.
bool fits(const WheelName& wheel, const WheelTarget& target);

/// "python 3.12 on linux-64 with glibc 2.28", for messages.
std::string describe(const WheelTarget& target);

}  // namespace envlock
