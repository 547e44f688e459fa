#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "model/decompress.hpp"
#include "pack/stored_zip.hpp"
#include "pack/tar_reader.hpp"

namespace envlock {

/// A compressed tar: a member of a .conda, or all of a .tar.bz2.
struct ArchivePart {
  std::string name;  ///< For messages.
  Compression compression = Compression::zstd;
  std::uint64_t offset_bytes = 0, size_bytes = 0;
};

struct PartLimits {
  std::uint64_t max_output_bytes = 0;  ///< Of the tar (C01).
  std::uint64_t max_entries = 0;
  int max_window_log = 27;  ///< C02
};

/// Unpacks one part in one pass and hands its members to `visitor`; nothing is kept but the window
/// and one piece of the file.
/// @param is_enough  asked now and then; ends the reading early where it says so, and only then is
///                   the part's end not looked at. Empty: never
/// @throws TrustError for what is refused (C01 to C09 and those of TarReader); Interrupted; what
///         `read_at` and `visitor` throw, unchanged
void read_part(const ReadAt& read_at, const ArchivePart& part, const PartLimits& limits,
               const std::string& package, TarVisitor& visitor, const std::stop_token& stop,
               const std::function<bool()>& is_enough = {});

}  // namespace envlock
