#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace envlock {

/// Where a tree goes. Several threads call it at once, each for paths of its own; every path comes
/// once, and folders above it need not have come before.
class TreeSink {
 public:
  /// A file that is being written. Destroyed without `close`, it is nobody's.
  class File {
   public:
    File() = default;
    virtual ~File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual void write(std::span<const std::byte> bytes) = 0;
    virtual void close() = 0;
  };

  TreeSink() = default;
  virtual ~TreeSink() = default;
  TreeSink(const TreeSink&) = delete;
  TreeSink& operator=(const TreeSink&) = delete;

  virtual void directory(const std::string& path) = 0;
  /// @param mtime_s  seconds since 1970
  virtual std::unique_ptr<File> file(const std::string& path, bool executable,
                                     std::int64_t mtime_s) = 0;
  virtual void link(const std::string& path, const std::string& target) = 0;
};

}  // namespace envlock
