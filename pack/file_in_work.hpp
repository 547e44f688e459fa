#pragma once

// Private to pack/: one planned file between where it comes from and a sink.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "model/relocation.hpp"
#include "pack/assemble.hpp"
#include "pack/elf_needs.hpp"

namespace envlock {

/// One file on its way: hashed as packaged, relocated, hashed as written, written.
class FileInWork {
 public:
  /// @param planned, settings  must outlive this
  FileInWork(const PlannedFile& planned, const AssembleSettings& settings,
             std::unique_ptr<TreeSink::File> out);
  FileInWork(const FileInWork&) = delete;
  FileInWork& operator=(const FileInWork&) = delete;

  void write(std::span<const std::byte> bytes);  ///< As packaged.

  /// Call once, last; only where it is the planned file, the sink keeps it.
  /// @return why this is not the planned file; nothing where it is
  std::optional<std::string> finish(AssembledFile& done);

 private:
  const PlannedFile& planned_;
  std::unique_ptr<TreeSink::File> out_;
  bool is_rewritten_;
  Sha256Hasher packaged_, installed_;
  std::uint64_t size_bytes_ = 0;
  std::optional<Relocator> relocator_;
  std::optional<ElfNeedsReader> elf_;
};

/// @param size_bytes  as packaged
std::unique_ptr<FileInWork> open_planned(const PlannedFile& planned,
                                         const AssembleSettings& settings, TreeSink& sink,
                                         bool executable, std::uint64_t size_bytes,
                                         std::int64_t mtime_s);

}  // namespace envlock
