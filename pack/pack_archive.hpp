#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "pack/frame_writer.hpp"
#include "pack/pack_documents.hpp"

namespace envlock {

struct PackedArchive {
  std::uint64_t bytes = 0;
  Sha256 sha256 = {};
  Sha256 manifest_sha256 = {};
  std::size_t files = 0;             ///< Of the manifest.
  std::vector<std::string> notices;  ///< As Assembly::notices.
};

struct PackSettings {
  PackCompression compression = PackCompression::zstd;
  int level = 0;  ///< 0: the default.
  std::size_t threads = 1;
  /// What stands before the archive: the start of a self-extracting file.
  std::string head = {};
  bool executable = false;  ///< The file's mode: 0755, else 0644.
  /// From which size of the plan's files on a .tar.zst keeps room for its head in front, so that it
  /// is written once. The bytes depend on it.
  std::uint64_t room_from_bytes = std::uint64_t{64} << 20U;
  /// Sees every byte of the archive once, in order; may be empty.
  std::function<void(std::span<const std::byte>)> observe = {};
};

/// Writes an environment as one archive, straight from its packages, each read once: nothing is
/// installed. Same plan, content and settings, same bytes, whatever the number of threads. The file
/// appears whole or not at all.
/// @param replace  a file of that name is replaced, else it stays and this fails
/// @throws what assemble throws; IoError; Interrupted
PackedArchive pack_archive(const TreePlan& plan, const PackContent& content,
                           const PackSettings& settings, const std::string& path, bool replace,
                           const std::stop_token& stop);

/// The same to a stream, which cannot go back to its start: every package is read twice.
/// @param out  gets the bytes in order
PackedArchive pack_stream(const TreePlan& plan, const PackContent& content,
                          const PackSettings& settings,
                          const std::function<void(std::span<const std::byte>)>& out,
                          const std::stop_token& stop);

}  // namespace envlock
