#include "pack/frame_writer.hpp"

#include <algorithm>
#include <string>

#include "model/error.hpp"

namespace envlock {
namespace {

/// All codecs together, whatever the level and the number of processors.
constexpr std::size_t max_codec_memory = std::size_t{192} << 20U;

std::size_t encoder_threads(const FrameSettings& settings) {
  const std::size_t each = codec_memory(settings.compression, settings.level, settings.frame_bytes);
  return std::clamp<std::size_t>(max_codec_memory / each, 1,
                                 std::max<std::size_t>(1, settings.threads));
}

}  // namespace

FrameWriter::FrameWriter(const FrameSettings& settings, Out out, const std::stop_token& stop)
    : settings_(settings), out_(std::move(out)), stop_(stop) {
  settings_.threads = encoder_threads(settings);
  for (std::size_t i = 0; i < settings_.threads; ++i)
    threads_.emplace_back([this](const std::stop_token& end) { work(end); });
}

FrameWriter::~FrameWriter() {
  for (std::jthread& thread : threads_) thread.request_stop();
  changed_.notify_all();
}

FrameWriter::Part& FrameWriter::part_of(std::size_t part) {
  const std::lock_guard lock(mutex_);
  return parts_[part];
}

void FrameWriter::write(std::size_t part, std::span<const std::byte> bytes) {
  Part& current = part_of(part);
  while (!bytes.empty()) {
    // A full frame waits for one more byte: the last frame of a part is known as such.
    if (current.bytes.size() == settings_.frame_bytes) {
      submit(part, std::move(current.bytes), false);
      current.bytes = {};
    }
    if (current.bytes.empty() && bytes.size() > 4096) current.bytes.reserve(settings_.frame_bytes);
    const std::size_t count = std::min(bytes.size(), settings_.frame_bytes - current.bytes.size());
    const auto taken = bytes.first(count);
    current.bytes.insert(current.bytes.end(), taken.begin(), taken.end());
    bytes = bytes.subspan(count);
  }
}

void FrameWriter::end_part(std::size_t part) { submit(part, std::move(part_of(part).bytes), true); }

void FrameWriter::submit(std::size_t part, std::vector<std::byte> bytes, bool is_last) {
  std::unique_lock lock(mutex_);
  // Who is next never waits for those behind, so that this ends; but it waits for a slow output,
  // which takes what is there until nothing is left of it.
  const auto has_room = [&] {
    if (waiting_bytes_ < settings_.waiting_bytes) return true;
    return part == next_.first && (!is_handing_on_ || waiting_bytes_ < 2 * settings_.waiting_bytes);
  };
  const bool woken = changed_.wait(
      lock, stop_, [&] { return failure_ || (raw_frames_ < 2 * settings_.threads && has_room()); });
  throw_failure();
  if (!woken) throw Interrupted();
  const std::size_t number = parts_[part].frames++;
  if (is_last) parts_.erase(part);
  ++raw_frames_;
  jobs_.push_back({part, number, std::move(bytes), is_last});
  changed_.notify_all();
}

void FrameWriter::work(const std::stop_token& end) {
  try {
    const auto codec = make_frame_codec(settings_.compression, settings_.level);
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, end, [&] { return !jobs_.empty(); })) {
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      Done done{{}, {0, job.bytes.size()}, job.is_last};
      if (!job.bytes.empty()) codec->compress(job.bytes, done.bytes);
      done.frame.written_bytes = done.bytes.size();
      done.bytes.shrink_to_fit();
      lock.lock();
      --raw_frames_;
      waiting_bytes_ += done.bytes.size();
      done_.emplace(std::pair(job.part, job.number), std::move(done));
      hand_on(lock);
      changed_.notify_all();
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

void FrameWriter::hand_on(std::unique_lock<std::mutex>& lock) {
  if (is_handing_on_) return;  // that thread takes ours as well
  is_handing_on_ = true;
  for (auto found = done_.find(next_); found != done_.end() && !failure_;
       found = done_.find(next_)) {
    const Done done = std::move(found->second);
    done_.erase(found);
    lock.unlock();
    try {
      if (!done.bytes.empty()) out_(done.bytes);
    } catch (...) {
      lock.lock();
      if (!failure_) failure_ = std::current_exception();
      break;
    }
    lock.lock();
    if (!done.bytes.empty()) frames_.push_back(done.frame);
    waiting_bytes_ -= done.bytes.size();
    next_ = done.is_last ? std::pair<std::size_t, std::size_t>(next_.first + 1, 0)
                         : std::pair(next_.first, next_.second + 1);
    changed_.notify_all();
  }
  is_handing_on_ = false;
}

void FrameWriter::throw_failure() const {
  if (failure_) std::rethrow_exception(failure_);
}

void FrameWriter::fail(const std::exception_ptr& why) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = why;
  changed_.notify_all();
}

std::vector<Frame> FrameWriter::finish() {
  std::unique_lock lock(mutex_);
  const bool woken = changed_.wait(lock, stop_, [&] {
    return failure_ || (jobs_.empty() && raw_frames_ == 0 && done_.empty() && !is_handing_on_);
  });
  throw_failure();
  if (!woken) throw Interrupted();
  if (!parts_.empty())
    throw InternalError("part " + std::to_string(parts_.begin()->first) + " of a pack has no end");
  return std::move(frames_);
}

}  // namespace envlock
