#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/pack_output.hpp"
#include "model/platform.hpp"
#include "pack/pack_archive.hpp"

namespace envlock {

/// A pack that was written, for those who read of it.
struct PackReport {
  PackOutput output = {};
  PackedArchive archive = {};  ///< Of a folder only `files` and `manifest_sha256`.
  Platform platform = Platform::host();
  std::size_t packages = 0, excluded = 0;
  std::string sha256_file = {}, signature_file = {};  ///< Empty: none.
  bool is_signed =
      false;  ///< The manifest is; a pack that is a file has a signature beside it, too.
  std::string dest_prefix = {};  ///< Empty: any place.
  /// What a prefix has against its packages, and somebody accepted.
  std::vector<AcceptedItem> accepted = {};
  bool has_program = false;  ///< It can unpack itself.
};

/// Says on the console, or in JSON, what was packed and what to do next with it. Where standard
/// output is the archive, it goes to the other one.
ExitCode report_pack(const PackReport& report, Context& context);

/// What to type next: at home, and where the pack is to run. One line each.
std::vector<std::string> next_steps(const PackReport& report);

}  // namespace envlock
