#include "pack/frame_codec.hpp"

#include <new>
#include <string>

#include <zlib.h>
#include <zstd.h>

#include "model/c_handle.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

class PlainCodec final : public FrameCodec {
 public:
  void compress(std::span<const std::byte> frame, std::vector<std::byte>& out) override {
    out.assign(frame.begin(), frame.end());
  }
};

/// Each frame is a gzip member of its own (RFC 1952, 2.2: a file is any number of them), without
/// name and time.
class GzipCodec final : public FrameCodec {
 public:
  explicit GzipCodec(int level) {
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw InternalError("zlib: no encoder for level " + std::to_string(level));
  }
  ~GzipCodec() override { deflateEnd(&stream_); }
  GzipCodec(const GzipCodec&) = delete;
  GzipCodec& operator=(const GzipCodec&) = delete;

  void compress(std::span<const std::byte> frame, std::vector<std::byte>& out) override {
    deflateReset(&stream_);
    out.resize(deflateBound(&stream_, frame.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(frame.data()));
    stream_.avail_in = static_cast<uInt>(frame.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) throw InternalError("zlib: a frame is left");
    out.resize(out.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
};

class ZstdCodec final : public FrameCodec {
 public:
  explicit ZstdCodec(int level) : context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    set(ZSTD_c_compressionLevel, level);
    set(ZSTD_c_checksumFlag, 1);
  }

  void compress(std::span<const std::byte> frame, std::vector<std::byte>& out) override {
    out.resize(ZSTD_compressBound(frame.size()));
    const std::size_t size =
        ZSTD_compress2(context_.get(), out.data(), out.size(), frame.data(), frame.size());
    if (ZSTD_isError(size) != 0U)
      throw InternalError(std::string("zstd: ") + ZSTD_getErrorName(size));
    out.resize(size);
  }

 private:
  void set(ZSTD_cParameter parameter, int value) {
    const std::size_t code = ZSTD_CCtx_setParameter(context_.get(), parameter, value);
    if (ZSTD_isError(code) != 0U)
      throw InternalError(std::string("zstd: ") + ZSTD_getErrorName(code));
  }

  std::unique_ptr<ZSTD_CCtx, CFree<ZSTD_freeCCtx>> context_;
};

}  // namespace

int max_level(PackCompression compression) noexcept {
  switch (compression) {
    case PackCompression::gzip:
      return 9;
    case PackCompression::zstd:
      return 19;
    case PackCompression::none:
      break;
  }
  return 0;
}

int default_level(PackCompression compression) noexcept {
  switch (compression) {
    case PackCompression::gzip:
      return 6;
    case PackCompression::zstd:
      return 3;
    case PackCompression::none:
      break;
  }
  return 0;
}

std::unique_ptr<FrameCodec> make_frame_codec(PackCompression compression, int level) {
  if (level < 0 || level > max_level(compression))
    throw InternalError("no level " + std::to_string(level));
  const int used = level == 0 ? default_level(compression) : level;
  switch (compression) {
    case PackCompression::gzip:
      return std::make_unique<GzipCodec>(used);
    case PackCompression::zstd:
      return std::make_unique<ZstdCodec>(used);
    case PackCompression::none:
      break;
  }
  return std::make_unique<PlainCodec>();
}

std::size_t codec_memory(PackCompression compression, int level, std::size_t frame_bytes) noexcept {
  const int used = level == 0 ? default_level(compression) : level;
  // What ZSTD_estimateCCtxSize tells for frames of 8 MiB (1.5.4); it is no part of the stable API.
  std::size_t tables = std::size_t{1} << 20U;
  if (compression == PackCompression::zstd)
    tables = (used < 10 ? std::size_t{16} : used < 19 ? std::size_t{66} : std::size_t{90}) << 20U;
  return tables + 2 * frame_bytes;
}

}  // namespace envlock
