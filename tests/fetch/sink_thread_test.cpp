#include "fetch/sink_thread.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace envlock::test {
namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// Takes its time, and refuses pieces that hold "bad".
class SlowSink : public RepodataSink {
 public:
  explicit SlowSink(std::atomic<int>& taken) : taken_(taken) {}
  void feed(std::span<const std::byte> json) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::string text(reinterpret_cast<const char*>(json.data()), json.size());
    if (text.find("bad") != std::string::npos) throw std::runtime_error("refused: " + text);
    all_ += text;
    ++taken_;
  }
  std::vector<std::byte> finish() override { return bytes_of(all_); }

 private:
  std::atomic<int>& taken_;
  std::string all_;
};

TEST_CASE("a sink thread: every piece arrives, in order, before it finishes") {
  std::atomic<int> taken{0};
  SinkThread sink(std::make_unique<SlowSink>(taken));
  std::string fed;
  for (int i = 0; i < 50; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7 + 1), static_cast<char>('a' + i % 26));
    fed += piece;
    sink.feed(bytes_of(piece));
  }
  const std::vector<std::byte> all = sink.finish();
  CHECK(all == bytes_of(fed));
  CHECK(taken == 50);
}

TEST_CASE("a sink thread: what the sink throws reaches whoever feeds, settles or finishes") {
  std::atomic<int> taken{0};
  SinkThread sink(std::make_unique<SlowSink>(taken));
  sink.feed(bytes_of("good"));
  sink.feed(bytes_of("bad"));
  CHECK_THROWS_WITH(sink.settle(), "refused: bad");
  CHECK_THROWS_WITH(sink.finish(), "refused: bad");
  CHECK_THROWS_WITH(sink.feed(bytes_of("more")), "refused: bad");
  CHECK(taken == 1);
}

TEST_CASE("a sink thread: a feeder that is faster than the sink waits, and a fault wakes it") {
  std::atomic<int> taken{0};
  SinkThread sink(std::make_unique<SlowSink>(taken));
  const auto feed_all = [&] {
    for (int i = 0; i < 1000; ++i) sink.feed(bytes_of(i == 20 ? "bad" : "x"));
  };
  CHECK_THROWS_WITH(feed_all(), "refused: bad");
  CHECK(taken == 20);
}

/// Says when it has begun, and ends when it may.
class HeldSink : public RepodataSink {
 public:
  HeldSink(std::atomic<int>& taken, std::atomic<bool>& may_end)
      : taken_(taken), may_end_(may_end) {}
  void feed(std::span<const std::byte> /*json*/) override {
    ++taken_;
    while (!may_end_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::vector<std::byte> finish() override { return {}; }

 private:
  std::atomic<int>& taken_;
  std::atomic<bool>& may_end_;
};

TEST_CASE("a sink thread: given up with pieces waiting, it drops them") {
  std::atomic<int> taken{0};
  std::atomic<bool> may_end{false};
  std::jthread later;
  {
    SinkThread sink(std::make_unique<HeldSink>(taken, may_end));
    for (int i = 0; i < 8; ++i) sink.feed(bytes_of("x"));
    while (taken == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The destructor has asked it to stop long before.
    later = std::jthread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      may_end = true;
    });
  }
  CHECK(taken == 1);
}

}  // namespace
}  // namespace envlock::test
