#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace envlock {

/// A file of a tree, before its content comes.
struct TreeFile {
  std::string path;
  bool executable = false;
  std::int64_t mtime_s = 0;  ///< Seconds since 1970.
  /// How many bytes will be written; nothing where a text is rewritten on the way.
  std::optional<std::uint64_t> size_bytes = {};
};

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
  virtual std::unique_ptr<File> file(const TreeFile& file) = 0;
  /// @param mtime_s  seconds since 1970
  virtual void link(const std::string& path, const std::string& target, std::int64_t mtime_s) = 0;

  /// The sink for one package's paths, which one thread at a time brings, one file after the other,
  /// in an order that only the package decides. Parts are numbered from 0 and begun in that order.
  virtual TreeSink& begin_part(std::size_t /*number*/) { return *this; }
  /// All of the part has come.
  virtual void end_part(std::size_t /*number*/) {}
  /// A part will never end: those who wait for it must not.
  virtual void abandon(const std::exception_ptr& /*why*/) {}
};

}  // namespace envlock
