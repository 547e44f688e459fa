#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "pack/frame_codec.hpp"
#include "pack/seek_table.hpp"

namespace envlock {

/// Where a part of a pack is cut. A shorter frame ends a part: unpack decodes parts side by side.
inline constexpr std::size_t pack_frame_bytes = std::size_t{8} << 20U;

struct FrameSettings {
  PackCompression compression = PackCompression::zstd;
  int level = 0;
  std::size_t threads = 1;
  std::size_t frame_bytes = pack_frame_bytes;
  /// Of frames that wait for those before them; twice as much where the output is slow.
  std::size_t waiting_bytes = std::size_t{96} << 20U;
};

/// Compresses parts that come side by side, and hands their frames on in the order of the parts:
/// what comes out does not depend on threads. Memory is bounded: who is too far ahead waits.
class FrameWriter {
 public:
  /// Gets the frames in order, one call at a time.
  using Out = std::function<void(std::span<const std::byte>)>;

  FrameWriter(const FrameSettings& settings, Out out, const std::stop_token& stop);
  /// Ends the threads, whatever is left.
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  /// Adds to a part; one thread at a time for each. Parts are numbered from 0 without gaps.
  /// @throws what `out` threw, Interrupted
  void write(std::size_t part, std::span<const std::byte> bytes);
  /// No more comes; call it for each part, also an empty one.
  void end_part(std::size_t part);
  /// Lets everybody who waits throw `why`.
  void fail(const std::exception_ptr& why);
  /// Waits until all is written. Call last, after every part's end.
  /// @return what was written, in order
  std::vector<Frame> finish();

 private:
  struct Job {
    std::size_t part, number;  ///< The number is that in its part.
    std::vector<std::byte> bytes;
    bool is_last;
  };
  struct Done {
    std::vector<std::byte> bytes;
    Frame frame;
    bool is_last;
  };
  struct Part {
    std::vector<std::byte> bytes;  ///< Of the frame that is being filled.
    std::size_t frames = 0;
  };

  void submit(std::size_t part, std::vector<std::byte> bytes, bool is_last);
  void work(const std::stop_token& end);
  void hand_on(std::unique_lock<std::mutex>& lock);
  void throw_failure() const;
  Part& part_of(std::size_t part);

  FrameSettings settings_;
  Out out_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::size_t, Part> parts_;
  std::deque<Job> jobs_;
  std::size_t raw_frames_ = 0;  ///< Waiting for a thread, or in work.
  std::size_t waiting_bytes_ = 0;
  std::map<std::pair<std::size_t, std::size_t>, Done> done_;
  std::pair<std::size_t, std::size_t> next_{0, 0};  ///< What is to be handed on.
  bool is_handing_on_ = false;
  std::exception_ptr failure_;
  std::vector<Frame> frames_;
  std::vector<std::jthread> threads_;  ///< Last: they use all of the above.
};

}  // namespace envlock
