#include "pack/pack_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>

#include "model/decompress.hpp"
#include "model/error.hpp"
#include "model/parallel.hpp"
#include "pack/frame_writer.hpp"
#include "pack/refusal.hpp"
#include "pack/tar_header.hpp"

namespace envlock {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
constexpr std::size_t beginning_bytes = 512;
constexpr std::uint64_t max_members = 20'000'000;
constexpr std::string_view script_start = "#!/bin/sh\n";
constexpr std::size_t offset_digits = 12;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_zstd(std::string_view bytes) { return bytes.starts_with("\x28\xB5\x2F\xFD"); }
bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }
bool is_tar(std::string_view bytes) {
  return bytes.size() >= beginning_bytes && bytes.substr(257, 5) == "ustar";
}

}  // namespace

PackFile::PackFile(const std::string& path) : shown_(path == "-" ? "standard input" : path) {
  fd_ = UniqueFd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) throw IoError("cannot open '" + shown_ + "'", errno);
  struct stat facts {};
  if (::fstat(fd_.get(), &facts) != 0) throw IoError("cannot look at '" + shown_ + "'", errno);
  if (S_ISDIR(facts.st_mode)) {
    throw IoError("'" + shown_ + "' is a folder",
                  "what lies in it is unpacked by: " + shown_ + "/bin/envlock-env unpack");
  }
  is_seekable_ = S_ISREG(facts.st_mode) && path != "-";
  end_ = is_seekable_ ? static_cast<std::uint64_t>(facts.st_size) : 0;
  find_payload();
  if (form_ == Form::zstd && is_seekable_) find_parts();
}

void PackFile::damaged(const std::string& what) const {
  throw TrustError("'" + shown_ + "' is no pack of envlock, or damaged: " + what,
                   damaged_pack_hint);
}

std::size_t PackFile::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t count = is_seekable_ ? ::pread(fd_.get(), to.data() + done, to.size() - done,
                                                 static_cast<off_t>(offset + done))
                                       : ::read(fd_.get(), to.data() + done, to.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot read '" + shown_ + "'", errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

void PackFile::find_payload() {
  beginning_.resize(beginning_bytes);
  beginning_.resize(read_at(0, beginning_));
  if (beginning_.empty()) damaged("it is empty");
  std::string_view text = text_of(beginning_);
  if (text.starts_with(script_start)) {
    text.remove_prefix(script_start.size());
    if (!text.starts_with(self_extracting_mark) || !is_seekable_)
      damaged("it is a script, and none that extracts itself");
    for (const char digit : text.substr(self_extracting_mark.size(), offset_digits)) {
      if (digit < '0' || digit > '9') damaged("it does not tell where its archive starts");
      start_ = start_ * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (start_ >= end_) damaged("it ends before its archive: it was cut");
    beginning_.resize(beginning_bytes);
    beginning_.resize(read_at(start_, beginning_));
    text = text_of(beginning_);
  }
  if (is_zstd(text)) {
    form_ = Form::zstd;
  } else if (is_gzip(text)) {
    form_ = Form::gzip;
  } else if (is_tar(text)) {
    form_ = Form::tar;
  } else {
    damaged("it is neither a tar nor one in zstd or gzip");
  }
}

void PackFile::find_parts() {
  std::array<std::byte, seek_table_footer_bytes> footer{};
  if (end_ - start_ < footer.size()) return;
  read_at(end_ - footer.size(), footer);
  const auto size = seek_table_size(footer);
  if (!size) {
    damaged("the table of its frames is missing at its end: it was cut, or compressed anew");
  }
  if (*size > end_ - start_) damaged("its table of frames is longer than the file");
  std::vector<std::byte> table(static_cast<std::size_t>(*size));
  read_at(end_ - *size, table);
  const auto frames = read_seek_table(table);
  if (!frames) damaged("its table of frames is broken");
  Part part{.offset = start_, .written_bytes = 0, .frames = {}};
  const auto end_part = [&] {
    const std::uint64_t next = part.offset + part.written_bytes;
    parts_.push_back(std::move(part));
    part = Part{.offset = next, .written_bytes = 0, .frames = {}};
  };
  bool is_padded = false;
  for (const Frame& frame : *frames) {
    if (frame.bytes == 0 && !is_padded && parts_.size() + (part.frames.empty() ? 0 : 1) == 1) {
      is_padded = true;
      if (!part.frames.empty()) end_part();  // the head's last frame may be a full one
      require_padding(part.offset, frame.written_bytes);
      part.offset += frame.written_bytes;
      continue;
    }
    if (frame.bytes == 0 || frame.bytes > pack_frame_bytes || frame.written_bytes == 0)
      damaged("its table of frames is broken");
    part.written_bytes += frame.written_bytes;
    part.frames.push_back(frame);
    if (frame.bytes < pack_frame_bytes) end_part();
  }
  if (!part.frames.empty()) parts_.push_back(part);
  const std::uint64_t sum =
      parts_.empty() ? start_ : parts_.back().offset + parts_.back().written_bytes;
  if (sum != end_ - *size) damaged("its table of frames is not that of its frames");
}

void PackFile::require_padding(std::uint64_t offset, std::uint64_t bytes) const {
  std::array<std::byte, min_padding_bytes> header{};
  if (bytes > end_ - offset || read_at(offset, header) != header.size() ||
      !is_padding(header, bytes)) {
    damaged("its table of frames is not that of its frames");
  }
  std::vector<std::byte> piece(piece_bytes);
  for (std::uint64_t at = offset + header.size(); at < offset + bytes;) {
    const auto part = std::span(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), offset + bytes - at)));
    if (read_at(at, part) != part.size() ||
        std::ranges::any_of(part, [](std::byte byte) { return byte != std::byte{0}; })) {
      damaged("the padding behind its head is not zeros");
    }
    at += part.size();
  }
}

void PackFile::read_part(const Part& part, TarReader& reader, const std::stop_token& stop) const {
  std::uint64_t at = part.offset;
  std::vector<std::byte> piece(piece_bytes);
  for (const Frame& frame : part.frames) {
    std::uint64_t come = 0;
    DecompressLimits limits;
    limits.max_output_bytes = frame.bytes;
    Decompressor decompressor(Compression::zstd, shown_, limits,
                              [&](std::span<const std::byte> bytes) {
                                come += bytes.size();
                                reader.feed(bytes);
                              });
    for (std::uint64_t left = frame.written_bytes; left > 0;) {
      if (stop.stop_requested()) throw Interrupted();
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
      const std::size_t got = read_at(at, std::span(piece).first(wanted));
      if (got != wanted) damaged("it was cut while it was read");
      decompressor.feed(std::span(piece).first(got));
      at += got;
      left -= got;
    }
    decompressor.finish();
    if (come != frame.bytes) damaged("its table of frames is not that of its frames");
  }
}

void PackFile::read_parts(const std::function<void(PackHead)>& take_head,
                          const std::function<TarVisitor&()>& new_visitor, std::size_t threads,
                          const std::stop_token& stop) {
  {
    PackHeadVisitor visitor(shown_, [&](PackHead head) -> TarVisitor& {
      take_head(std::move(head));
      return new_visitor();
    });
    TarReader reader(shown_, max_members, visitor, TarReader::From::pack);
    read_part(parts_.front(), reader, stop);
    visitor.finish_head();
    if (!reader.is_between_members()) damaged("its table of frames is not that of its frames");
  }
  std::vector<std::size_t> order(parts_.size() - 1);
  std::iota(order.begin(), order.end(), 1);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return parts_[i].written_bytes; });
  parallel_for(order.size(), threads, stop, [&](std::size_t i) {
    TarReader reader(shown_, max_members, new_visitor(), TarReader::From::pack);
    read_part(parts_[order[i]], reader, stop);
    if (order[i] + 1 == parts_.size()) return reader.finish();
    if (!reader.is_between_members()) damaged("its table of frames is not that of its frames");
  });
}

void PackFile::read_stream(const std::function<void(PackHead)>& take_head,
                           const std::function<TarVisitor&()>& new_visitor,
                           const std::stop_token& stop) {
  PackHeadVisitor visitor(shown_, [&](PackHead head) -> TarVisitor& {
    take_head(std::move(head));
    return new_visitor();
  });
  TarReader reader(shown_, max_members, visitor, TarReader::From::pack);
  const Compression compression = form_ == Form::zstd   ? Compression::zstd
                                  : form_ == Form::gzip ? Compression::gzip
                                                        : Compression::none;
  DecompressLimits limits;
  limits.max_output_bytes = std::uint64_t{1} << 50U;  // the manifest bounds what is written
  limits.max_skippable_bytes = std::uint64_t{1} << 31U;
  Decompressor decompressor(compression, shown_, limits,
                            [&](std::span<const std::byte> bytes) { reader.feed(bytes); });
  decompressor.feed(beginning_);
  std::vector<std::byte> piece(piece_bytes);
  for (std::uint64_t at = start_ + beginning_.size();;) {
    if (stop.stop_requested()) throw Interrupted();
    const std::size_t got = read_at(at, piece);
    decompressor.feed(std::span(piece).first(got));
    at += got;
    if (got < piece.size()) break;
  }
  decompressor.finish();
  visitor.finish_head();
  reader.finish();
}

void PackFile::read(const std::function<void(PackHead)>& take_head,
                    const std::function<TarVisitor&()>& new_visitor, std::size_t threads,
                    const std::stop_token& stop) {
  const auto take = [&](PackHead head) {
    try {
      take_head(std::move(head));
    } catch (...) {
      caller_failed_ = true;
      throw;
    }
  };
  try {
    if (parts_.empty()) {
      read_stream(take, new_visitor, stop);
    } else {
      read_parts(take, new_visitor, threads, stop);
    }
  } catch (const InputError& error) {  // of the decompressor
    if (caller_failed_) throw;
    damaged(error.what());
  }
}

void PackFile::drain(const std::stop_token& stop) const {
  if (is_seekable_) return;
  std::vector<std::byte> piece(std::size_t{64} << 10U);
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t count = ::read(fd_.get(), piece.data(), piece.size());
    if (count == 0) return;
    if (count < 0 && errno != EINTR) throw IoError("cannot read '" + shown_ + "'", errno);
  }
}

}  // namespace envlock
