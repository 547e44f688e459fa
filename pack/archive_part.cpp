#include "pack/archive_part.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "model/error.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

/// Large enough that system calls do not show, small enough for the cache of a processor.
constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

/// Whether the first bytes are those of the format (C08). Of a skippable frame too: what follows it
/// is for the decompressor to judge.
bool has_magic(Compression compression, std::span<const std::byte> bytes) {
  const auto byte_is = [&](std::size_t at, unsigned value, unsigned mask = 0xFF) {
    return at >= bytes.size() || (std::to_integer<unsigned>(bytes[at]) & mask) == value;
  };
  if (compression == Compression::bzip2)
    return byte_is(0, 'B') && byte_is(1, 'Z') && byte_is(2, 'h');
  const bool frame = byte_is(0, 0x28) && byte_is(1, 0xB5) && byte_is(2, 0x2F) && byte_is(3, 0xFD);
  const bool skippable =
      byte_is(0, 0x50, 0xF0) && byte_is(1, 0x2A) && byte_is(2, 0x4D) && byte_is(3, 0x18);
  return frame || skippable;
}

/// The layers between the file and the visitor.
class PartPipe {
 public:
  PartPipe(const ArchivePart& part, const PartLimits& limits, const std::string& package,
           TarVisitor& visitor)
      : part_(part),
        package_(package),
        left_(limits.max_output_bytes),
        max_(limits.max_output_bytes),
        tar_(package, limits.max_entries, visitor),
        // Output is counted here, where the rule is known.
        decompressor_(part.compression, part.name,
                      {.max_output_bytes = std::numeric_limits<std::uint64_t>::max(),
                       .max_window_log = limits.max_window_log},
                      [this](std::span<const std::byte> bytes) { take(bytes); }) {}

  void feed(std::span<const std::byte> bytes) {
    in_rules([&] { decompressor_.feed(bytes); });
  }
  void finish() {
    in_rules([&] { decompressor_.finish(); });
    tar_.finish();
  }

 private:
  void take(std::span<const std::byte> bytes) {
    // What is thrown from here on is not the decompressor's.
    beyond_decompressor_ = true;
    if (bytes.size() > left_)
      refuse(package_, part_.name,
             "unpacks to more than the " + std::to_string(max_) + " bytes that are allowed", "C01");
    left_ -= bytes.size();
    tar_.feed(bytes);
    beyond_decompressor_ = false;
  }

  /// What the decompressor finds wrong is a matter of trust in a package, whose bytes are those of
  /// the lock: no slip of the user's.
  template <class Call>
  void in_rules(Call call) {
    const bool is_zstd = part_.compression == Compression::zstd;
    try {
      call();
    } catch (const StreamEndsEarly& error) {
      if (beyond_decompressor_) throw;
      refuse(package_, "", error.what(), "C07");
    } catch (const InputError& error) {
      if (beyond_decompressor_) throw;
      refuse(package_, "", error.what(), is_zstd ? "C03 to C05" : "C06");
    } catch (const TrustError& error) {
      if (beyond_decompressor_) throw;
      refuse(package_, "", error.what(), "C02, C04");
    }
  }

  const ArchivePart& part_;
  const std::string& package_;
  std::uint64_t left_, max_;
  TarReader tar_;
  Decompressor decompressor_;
  bool beyond_decompressor_ = false;
};

}  // namespace

void read_part(const ReadAt& read_at, const ArchivePart& part, const PartLimits& limits,
               const std::string& package, TarVisitor& visitor, const std::stop_token& stop,
               const std::function<bool()>& is_enough) {
  PartPipe pipe(part, limits, package, visitor);
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, part.size_bytes)));
  for (std::uint64_t at = 0; at < part.size_bytes;) {
    if (stop.stop_requested()) throw Interrupted();
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), part.size_bytes - at)));
    read_at(part.offset_bytes + at, piece);
    if (at == 0 && !has_magic(part.compression, piece))
      refuse(package, part.name,
             part.compression == Compression::zstd ? "is not zstd data" : "is not bzip2 data",
             "C08");
    pipe.feed(piece);
    if (is_enough && is_enough()) return;
    at += piece.size();
  }
  pipe.finish();
}

}  // namespace envlock
