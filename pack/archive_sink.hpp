#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pack/frame_writer.hpp"
#include "pack/tree_sink.hpp"

namespace envlock {

/// Writes a tree as tar members. What belongs to no package is the first part of the frames, each
/// package one of its own; so the order of members depends on the plan alone, whatever the threads
/// do.
class ArchiveSink final : public TreeSink {
 public:
  /// @param folders   every folder of the tree, sorted: they come first, so that readers make them
  ///                  with the right mode
  /// @param packages  how many parts will be begun
  /// @param frames    must outlive the sink
  ArchiveSink(FrameWriter& frames, const std::set<std::string>& folders, std::size_t packages);
  ~ArchiveSink() override;

  void directory(const std::string& path) override;
  std::unique_ptr<File> file(const TreeFile& file) override;
  void link(const std::string& path, const std::string& target, std::int64_t mtime_s) override;
  TreeSink& begin_part(std::size_t number) override;
  void end_part(std::size_t number) override;
  void abandon(const std::exception_ptr& why) override;

  /// The sink for what comes after all packages.
  TreeSink& last_part();
  /// Ends the tar. Call once, last.
  void finish();

 private:
  class Part;
  FrameWriter& frames_;
  std::mutex mutex_;
  bool own_is_open_ = true;
  std::vector<std::unique_ptr<Part>> parts_;  ///< Own, packages, last.

  void end_own();
};

}  // namespace envlock
