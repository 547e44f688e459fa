#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/package_info.hpp"

// The files that a wheel tells of itself with, in NAME-VERSION.dist-info (PyPA: binary distribution
// format, recording installed projects, entry points). Bytes in, values out.

namespace envlock {

/// WHEEL, as far as an installer must know it.
struct WheelHeader {
  bool root_is_purelib = false;
  std::vector<std::string> tags;
};

/// One line of RECORD.
struct WheelRecordLine {
  std::string path;  ///< In the wheel; not judged.
  std::optional<Sha256> sha256;
  std::optional<std::uint64_t> size_bytes;
  friend bool operator==(const WheelRecordLine&, const WheelRecordLine&) = default;
};

/// What METADATA calls the project.
struct WheelProject {
  std::string name, version;
};

// Each throws TrustError (6): the bytes are those of the lock, so that this is no slip of the
// user's. `wheel` names the archive in messages.

/// @throws also for a Wheel-Version other than 1.x: another one may be laid out in another way
WheelHeader read_wheel_header(std::string_view text, const std::string& wheel);

/// The headers of METADATA up to its first empty line.
WheelProject read_wheel_project(std::string_view text, const std::string& wheel);

/// CSV in three columns; a hash is a sha256 in URL-safe base64 without padding (PEP 376, PEP 427
/// want nothing weaker, and no other occurs), or nothing. Equal lines count once.
/// @return sorted by path, each once
std::vector<WheelRecordLine> read_wheel_record(std::string_view text, const std::string& wheel);

/// The commands of console_scripts and gui_scripts in entry_points.txt, in its order; extras are
/// passed over, as installers do.
std::vector<EntryPoint> read_wheel_commands(std::string_view text, const std::string& wheel);

/// RECORD of an installed project: a line for each, in CSV, sorted by path; a path without hash
/// (its own, and what depends on the place of the prefix) has two empty columns.
std::string write_wheel_record(std::vector<WheelRecordLine> lines);

}  // namespace envlock
