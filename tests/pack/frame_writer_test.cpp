#include "pack/frame_writer.hpp"

#include <zstd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

#include "model/error.hpp"

namespace envlock::test {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Parts of different sizes, written side by side by as many threads.
std::string written(std::size_t threads, std::vector<Frame>* frames = nullptr,
                    PackCompression compression = PackCompression::zstd) {
  constexpr std::size_t parts = 9;
  std::string out;
  const FrameSettings settings{
      .compression = compression, .threads = threads, .frame_bytes = 1000, .waiting_bytes = 3000};
  FrameWriter writer(settings,
                     [&](std::span<const std::byte> bytes) {
                       out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                     },
                     {});
  {
    std::vector<std::jthread> writers;
    for (std::size_t part = 0; part < parts; ++part) {
      writers.emplace_back([&writer, part] {
        // Part 3 is empty, part 4 ends with a whole frame.
        const std::size_t size = part == 3 ? 0 : part == 4 ? 2000 : part * 777;
        const std::string text(size, static_cast<char>('a' + part));
        for (std::size_t at = 0; at < size; at += 300)
          writer.write(part, bytes_of(text.substr(at, 300)));
        writer.end_part(part);
      });
    }
  }
  auto all = writer.finish();
  if (frames != nullptr) *frames = std::move(all);
  return out;
}

FrameSettings small() {
  return {.compression = PackCompression::none, .threads = 1, .frame_bytes = 10};
}

}  // namespace

TEST_CASE("FrameWriter: parts come in their order, cut alike by any number of threads",
          "[frames]") {
  std::vector<Frame> frames;
  const std::string one = written(1, &frames);
  CHECK(written(4) == one);
  std::uint64_t sum = 0, content = 0;
  for (const Frame& frame : frames) {
    sum += frame.written_bytes;
    content += frame.bytes;
    CHECK(frame.bytes <= 1000);
    CHECK(frame.bytes > 0);
  }
  CHECK(sum == one.size());
  const std::string plain = written(3, nullptr, PackCompression::none);
  CHECK(content == plain.size());
  CHECK(std::is_sorted(plain.begin(), plain.end()));
  // Frames one after the other are one zstd file.
  std::string decoded;
  std::size_t at = 0;
  for (const Frame& frame : frames) {
    std::string piece(frame.bytes, '\0');
    REQUIRE(ZSTD_decompress(piece.data(), piece.size(), one.data() + at, frame.written_bytes) ==
            frame.bytes);
    decoded += piece;
    at += frame.written_bytes;
  }
  CHECK(decoded == plain);
}

TEST_CASE("FrameWriter: what the sink throws reaches who writes and who waits", "[frames]") {
  FrameWriter writer(small(), [](std::span<const std::byte>) { throw IoError("disk full"); }, {});
  const auto write_much = [&] {
    for (int i = 0; i < 10000; ++i) writer.write(0, bytes_of("0123456789"));
    writer.end_part(0);
  };
  CHECK_THROWS_AS(write_much(), IoError);
  CHECK_THROWS_AS(writer.finish(), IoError);
}

TEST_CASE("FrameWriter: who is too far ahead waits, and is let go where another part fails",
          "[frames]") {
  FrameSettings settings = small();
  settings.waiting_bytes = 30;
  std::atomic<std::size_t> ahead{0};
  FrameWriter writer(settings, [](std::span<const std::byte>) {}, {});
  std::atomic<bool> failed{false};
  std::jthread second([&] {
    try {
      for (int i = 0; i < 1000; ++i, ++ahead) writer.write(1, bytes_of("0123456789"));
    } catch (const TrustError&) {
      failed = true;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(ahead < 12);  // 3 frames wait, 2 are in work, 1 is being filled
  writer.fail(std::make_exception_ptr(TrustError("a package lies")));
  second.join();
  CHECK(failed);
  CHECK_THROWS_AS(writer.finish(), TrustError);
}

TEST_CASE("FrameWriter: a slow output holds up who writes, also the part that is next",
          "[frames]") {
  FrameSettings settings = small();
  settings.threads = 4;
  settings.waiting_bytes = 30;
  std::atomic<bool> is_slow{true};
  std::atomic<std::size_t> bytes_out{0}, ahead{0};
  FrameWriter writer(settings,
                     [&](std::span<const std::byte> bytes) {
                       while (is_slow) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                       bytes_out += bytes.size();
                     },
                     {});
  std::jthread first([&] {
    for (int i = 0; i < 1000; ++i, ++ahead) writer.write(0, bytes_of("0123456789"));
    writer.end_part(0);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(ahead < 20);  // 6 frames wait, at most 8 are in work, 1 is being filled
  is_slow = false;
  first.join();
  CHECK(writer.finish().size() == 1000);
  CHECK(bytes_out == 10000);
}

TEST_CASE("FrameWriter: stopped, it throws Interrupted to who waits", "[frames]") {
  std::stop_source stop;
  FrameSettings settings = small();
  settings.waiting_bytes = 10;
  FrameWriter writer(
      settings, [](std::span<const std::byte>) {}, stop.get_token());
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  const auto write_ahead = [&] {
    for (int i = 0; i < 1000; ++i) writer.write(1, bytes_of("0123456789"));
  };
  CHECK_THROWS_AS(write_ahead(), Interrupted);
}

}  // namespace envlock::test
