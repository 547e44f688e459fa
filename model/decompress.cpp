#include "model/decompress.hpp"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <utility>
#include <vector>

#include "model/c_handle.hpp"

namespace envlock {

/// What the formats share: the name, the limits and the counted way out.
class Decompressor::Codec {
 public:
  Codec(std::string name, const DecompressLimits& limits, Sink sink)
      : limits_(limits), name_(std::move(name)), sink_(std::move(sink)) {}
  virtual ~Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual void feed(std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;

 protected:
  void emit(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > limits_.max_output_bytes - emitted_)
      throw TrustError("'" + name_ + "' holds more than the " +
                       std::to_string(limits_.max_output_bytes) + " bytes that are allowed");
    emitted_ += bytes.size();
    sink_(bytes);
  }
  [[noreturn]] void damaged(const std::string& what) const {
    throw InputError("'" + name_ + "' " + what);
  }
  [[noreturn]] void ends_early() const {
    throw StreamEndsEarly("'" + name_ + "' ends early: it was cut, or is damaged");
  }

  DecompressLimits limits_;
  std::string name_;

 private:
  Sink sink_;
  std::uint64_t emitted_ = 0;
};

namespace {

class PlainCodec final : public Decompressor::Codec {
 public:
  using Codec::Codec;
  void feed(std::span<const std::byte> bytes) override { emit(bytes); }
  void finish() override {}
};

/// Frames are told apart here, so that skippable ones are counted and anything else between frames
/// is refused; libzstd sees whole standard frames only, and itself checks checksums and refuses
/// dictionaries.
class ZstdCodec final : public Decompressor::Codec {
 public:
  ZstdCodec(std::string name, const DecompressLimits& limits, Decompressor::Sink sink)
      : Codec(std::move(name), limits, std::move(sink)),
        context_(ZSTD_createDCtx()),
        output_(ZSTD_DStreamOutSize()) {
    if (!context_ || ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                                                         limits.max_window_log)))
      throw InternalError("libzstd cannot be set up");
  }

  void feed(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      switch (state_) {
        case State::header:
          bytes = take_header(bytes);
          break;
        case State::frame:
          bytes = decode(bytes);
          break;
        case State::skipping: {
          const auto count = std::min<std::uint64_t>(bytes.size(), to_skip_);
          bytes = bytes.subspan(static_cast<std::size_t>(count));
          to_skip_ -= count;
          if (to_skip_ == 0) next_frame();
          break;
        }
      }
    }
  }

  void finish() override {
    // Skippable frames alone hold nothing: somebody's first part of a file.
    if (state_ != State::header || header_size_ != 0 || !seen_frame_) ends_early();
  }

 private:
  enum class State { header, frame, skipping };

  static constexpr std::uint32_t magic = 0xFD2FB528U;  // RFC 8878, 3.1.1
  static constexpr std::uint32_t skippable_magic = 0x184D2A50U;
  static constexpr std::uint32_t skippable_mask = 0xFFFFFFF0U;

  [[nodiscard]] std::uint32_t header_word(std::size_t at) const noexcept {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;)
      word = word << 8U | std::to_integer<std::uint32_t>(header_[at + i]);
    return word;
  }

  /// Collects the 4 bytes that tell the kind of a frame, and 4 more with the size of a skippable
  /// one.
  std::span<const std::byte> take_header(std::span<const std::byte> bytes) {
    const bool skippable = header_size_ >= 4;
    const std::size_t wanted = skippable ? 8 : 4;
    const std::size_t count = std::min(wanted - header_size_, bytes.size());
    std::memcpy(header_.data() + header_size_, bytes.data(), count);
    header_size_ += count;
    bytes = bytes.subspan(count);
    if (header_size_ < wanted) return bytes;

    const std::uint32_t word = header_word(0);
    if (skippable) {
      to_skip_ = header_word(4);
      skipped_ += to_skip_ + 8;
      if (skipped_ > limits_.max_skippable_bytes)
        throw TrustError("'" + name_ + "' has more than the " +
                         std::to_string(limits_.max_skippable_bytes) +
                         " bytes of skippable zstd frames that are allowed");
      state_ = State::skipping;
      if (to_skip_ == 0) next_frame();
    } else if (word == magic) {
      state_ = State::frame;
      seen_frame_ = true;
      decode(std::span(header_).first(4));
    } else if ((word & skippable_mask) != skippable_magic) {
      damaged(seen_frame_ ? "has bytes after its zstd data that are no zstd frame"
                          : "is not zstd data");
    }
    return bytes;
  }

  std::span<const std::byte> decode(std::span<const std::byte> bytes) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(result)) fail(result);
      emit(std::span(output_).first(out.pos));
      if (result == 0) {
        next_frame();
        break;
      }
      // A full output buffer may hide more output that needs no more input.
      if (in.pos == in.size && out.pos < out.size) break;
    }
    return bytes.subspan(in.pos);
  }

  [[noreturn]] void fail(std::size_t result) const {
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        throw TrustError("'" + name_ + "' wants a zstd window above 2^" +
                         std::to_string(limits_.max_window_log) + " bytes of memory");
      case ZSTD_error_dictionary_wrong:
        damaged("wants a zstd dictionary, which is not allowed here");
      case ZSTD_error_checksum_wrong:
        damaged("is damaged: a zstd checksum does not match");
      default:
        damaged(std::string("is damaged: ") + ZSTD_getErrorName(result));
    }
  }

  void next_frame() noexcept {
    state_ = State::header;
    header_size_ = 0;
  }

  std::unique_ptr<ZSTD_DCtx, CFree<&ZSTD_freeDCtx>> context_;
  std::vector<std::byte> output_;
  State state_ = State::header;
  std::array<std::byte, 8> header_{};
  std::size_t header_size_ = 0;
  bool seen_frame_ = false;
  std::uint64_t to_skip_ = 0;
  std::uint64_t skipped_ = 0;
};

/// bz_stream frees itself only through its own call, once set up.
class Bzip2Stream {
 public:
  Bzip2Stream() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK)
      throw InternalError("libbz2 cannot be set up");
  }
  ~Bzip2Stream() { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Stream(const Bzip2Stream&) = delete;
  Bzip2Stream& operator=(const Bzip2Stream&) = delete;
  bz_stream* get() noexcept { return &stream_; }

 private:
  bz_stream stream_{};
};

/// Several streams one after another are one file, as for bzip2 itself.
class Bzip2Codec final : public Decompressor::Codec {
 public:
  Bzip2Codec(std::string name, const DecompressLimits& limits, Decompressor::Sink sink)
      : Codec(std::move(name), limits, std::move(sink)), output_(std::size_t{128} * 1024) {}

  void feed(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      if (!stream_) stream_ = std::make_unique<Bzip2Stream>();
      bytes = decode(bytes);
    }
  }

  void finish() override {
    if (stream_ || !seen_stream_) ends_early();
  }

 private:
  std::span<const std::byte> decode(std::span<const std::byte> bytes) {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), UINT_MAX));
    bz_stream* const bz = stream_->get();
    // libbz2 never writes through next_in; it only lacks the const.
    bz->next_in = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // NOLINT
    bz->avail_in = count;
    for (;;) {
      bz->next_out = reinterpret_cast<char*>(output_.data());  // NOLINT: bytes either way
      bz->avail_out = static_cast<unsigned>(output_.size());
      const int result = BZ2_bzDecompress(bz);
      if (result != BZ_OK && result != BZ_STREAM_END) fail(result);
      emit(std::span(output_).first(output_.size() - bz->avail_out));
      const std::size_t left = bz->avail_in;
      if (result == BZ_STREAM_END) {
        stream_.reset();
        seen_stream_ = true;
        return bytes.subspan(count - left);
      }
      if (left == 0 && bz->avail_out > 0) return bytes.subspan(count);
    }
  }

  [[noreturn]] void fail(int result) const {
    if (result == BZ_DATA_ERROR_MAGIC)
      damaged(seen_stream_ ? "has bytes after its bzip2 data that are no bzip2 stream"
                           : "is not bzip2 data");
    if (result == BZ_MEM_ERROR) throw std::bad_alloc();
    damaged("is damaged: its bzip2 data is broken, or a checksum does not match");
  }

  std::unique_ptr<Bzip2Stream> stream_;  ///< Null between streams.
  std::vector<std::byte> output_;
  bool seen_stream_ = false;
};

/// z_stream frees itself only through its own call, once set up.
class GzipStream {
 public:
  GzipStream() {
    constexpr int gzip_window = 15 + 16;
    if (inflateInit2(&stream_, gzip_window) != Z_OK) throw InternalError("zlib cannot be set up");
  }
  ~GzipStream() { inflateEnd(&stream_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  z_stream* get() noexcept { return &stream_; }

 private:
  z_stream stream_{};
};

/// Several members one after another are one file (RFC 1952, 2.2).
class GzipCodec final : public Decompressor::Codec {
 public:
  GzipCodec(std::string name, const DecompressLimits& limits, Decompressor::Sink sink)
      : Codec(std::move(name), limits, std::move(sink)), output_(std::size_t{128} * 1024) {}

  void feed(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      is_in_member_ = true;
      bytes = decode(bytes);
    }
  }

  void finish() override {
    if (is_in_member_ || !seen_member_) ends_early();
  }

 private:
  std::span<const std::byte> decode(std::span<const std::byte> bytes) {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), UINT_MAX));
    z_stream* const gz = stream_.get();
    // zlib never writes through next_in; it only lacks the const.
    gz->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // NOLINT
    gz->avail_in = count;
    for (;;) {
      gz->next_out = reinterpret_cast<Bytef*>(output_.data());  // NOLINT: bytes either way
      gz->avail_out = static_cast<unsigned>(output_.size());
      const int result = inflate(gz, Z_NO_FLUSH);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        damaged("is damaged: its gzip data is broken, or a checksum does not match");
      emit(std::span(output_).first(output_.size() - gz->avail_out));
      const std::size_t left = gz->avail_in;
      if (result == Z_STREAM_END) {
        inflateReset(gz);
        is_in_member_ = false;
        seen_member_ = true;
        return bytes.subspan(count - left);
      }
      if (left == 0 && gz->avail_out > 0) return bytes.subspan(count);
    }
  }

  GzipStream stream_;
  std::vector<std::byte> output_;
  bool is_in_member_ = false;
  bool seen_member_ = false;
};

}  // namespace

Compression compression_of(std::string_view file_name) noexcept {
  if (file_name.ends_with(".zst")) return Compression::zstd;
  if (file_name.ends_with(".bz2")) return Compression::bzip2;
  if (file_name.ends_with(".gz")) return Compression::gzip;
  return Compression::none;
}

Decompressor::Decompressor(Compression compression, std::string name,
                           const DecompressLimits& limits, Sink sink) {
  switch (compression) {
    case Compression::zstd:
      codec_ = std::make_unique<ZstdCodec>(std::move(name), limits, std::move(sink));
      return;
    case Compression::gzip:
      codec_ = std::make_unique<GzipCodec>(std::move(name), limits, std::move(sink));
      return;
    case Compression::bzip2:
      codec_ = std::make_unique<Bzip2Codec>(std::move(name), limits, std::move(sink));
      return;
    case Compression::none:
      break;
  }
  codec_ = std::make_unique<PlainCodec>(std::move(name), limits, std::move(sink));
}

Decompressor::~Decompressor() = default;

void Decompressor::feed(std::span<const std::byte> bytes) { codec_->feed(bytes); }

void Decompressor::finish() { codec_->finish(); }

}  // namespace envlock
