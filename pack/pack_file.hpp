#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/unique_fd.hpp"
#include "pack/pack_head.hpp"
#include "pack/seek_table.hpp"

namespace envlock {

/// A pack that lies in a file or comes through a pipe: told by its first bytes, not by its name.
class PackFile {
 public:
  /// @param path  "-": standard input
  /// @throws IoError; TrustError (6) for what is no pack
  explicit PackFile(const std::string& path);

  /// Reads it all, in parallel where it has a table of frames.
  /// @param take_head    is called once, before anything else of the pack is read
  /// @param new_visitor  one for each thread's share of what comes after the head
  /// @throws TrustError (6) for damage; what the visitors throw; Interrupted
  void read(const std::function<void(PackHead)>& take_head,
            const std::function<TarVisitor&()>& new_visitor, std::size_t threads,
            const std::stop_token& stop);

  /// Takes what is left in a pipe, so that whoever writes into it is not killed half-way.
  /// @throws IoError; Interrupted
  void drain(const std::stop_token& stop) const;

  /// As messages name it.
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }

 private:
  enum class Form : std::uint8_t { tar, gzip, zstd };
  /// Frames that hold whole members.
  struct Part {
    std::uint64_t offset = 0;  ///< In the file, in bytes.
    std::uint64_t written_bytes = 0;
    std::vector<Frame> frames;
  };

  std::size_t read_at(std::uint64_t offset, std::span<std::byte> to) const;
  void find_payload();
  void find_parts();
  void require_padding(std::uint64_t offset, std::uint64_t bytes) const;
  void read_part(const Part& part, TarReader& reader, const std::stop_token& stop) const;
  void read_parts(const std::function<void(PackHead)>& take_head,
                  const std::function<TarVisitor&()>& new_visitor, std::size_t threads,
                  const std::stop_token& stop);
  void read_stream(const std::function<void(PackHead)>& take_head,
                   const std::function<TarVisitor&()>& new_visitor, const std::stop_token& stop);
  [[noreturn]] void damaged(const std::string& what) const;

  std::string shown_;
  UniqueFd fd_;
  bool is_seekable_ = false;
  std::uint64_t start_ = 0, end_ = 0;  ///< Of the archive in the file; `end_` where it is seekable.
  std::vector<std::byte> beginning_;   ///< What was read of a pipe to tell the form.
  Form form_ = Form::zstd;
  bool caller_failed_ = false;  ///< What `take_head` threw says nothing of the pack.
  std::vector<Part> parts_;     ///< Empty: no table.
};

/// The first line of a self-extracting pack after "#!/bin/sh"; a decimal number of 12 digits, the
/// offset of the archive in bytes, and a line end follow.
inline constexpr std::string_view self_extracting_mark = "{ # envlock pack, archive at byte ";

}  // namespace envlock
