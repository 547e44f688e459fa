#include "pack/archive_sink.hpp"

#include <array>
#include <utility>

#include "model/error.hpp"
#include "pack/assemble.hpp"
#include "pack/tar_header.hpp"
#include "pack/tar_writer.hpp"

namespace envlock {
namespace {

/// A rewritten text is held whole, because its size stands before it.
constexpr std::size_t max_rewritten_text = std::size_t{256} << 20U;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

class ArchiveSink::Part final : public TreeSink {
 public:
  Part(FrameWriter& frames, std::size_t number) : frames_(frames), number_(number) {}

  void directory(const std::string& /*path*/) override {}  // all have come first

  std::unique_ptr<File> file(const TreeFile& file) override {
    TarItem item{.path = file.path,
                 .type = PathType::file,
                 .executable = file.executable,
                 .size_bytes = file.size_bytes.value_or(0),
                 .mtime_s = file.mtime_s};
    return std::make_unique<Member>(*this, std::move(item), file.size_bytes.has_value());
  }

  void link(const std::string& path, const std::string& target, std::int64_t mtime_s) override {
    write(tar_item_header(
        {.path = path, .type = PathType::link, .mtime_s = mtime_s, .target = target}));
  }

  void write(std::span<const std::byte> bytes) { frames_.write(number_, bytes); }
  void write(std::string_view text) { write(bytes_of(text)); }

 private:
  class Member final : public File {
   public:
    Member(Part& part, TarItem item, bool is_sized)
        : part_(part), item_(std::move(item)), is_sized_(is_sized) {
      if (is_sized_) part_.write(tar_item_header(item_));
    }
    void write(std::span<const std::byte> bytes) override {
      written_ += bytes.size();
      if (is_sized_) return part_.write(bytes);
      if (bytes.size() > max_rewritten_text - held_.size())
        throw TrustError("'" + item_.path + "' is a text of more than 256 MiB");
      held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void close() override {
      if (!is_sized_) {
        item_.size_bytes = held_.size();
        part_.write(tar_item_header(item_));
        part_.write(held_);
      } else if (written_ != item_.size_bytes) {
        throw InternalError("'" + item_.path + "' has another size than was said");
      }
      constexpr std::array<std::byte, tar_block_bytes> zeros{};
      part_.write(std::span(zeros).first(tar_padding(item_.size_bytes)));
    }

   private:
    Part& part_;
    TarItem item_;
    bool is_sized_;
    std::uint64_t written_ = 0;
    std::string held_;
  };

  FrameWriter& frames_;
  std::size_t number_;
};

ArchiveSink::ArchiveSink(FrameWriter& frames, const std::set<std::string>& folders,
                         std::size_t packages)
    : frames_(frames) {
  for (std::size_t i = 0; i < packages + 2; ++i)
    parts_.push_back(std::make_unique<Part>(frames, i));
  for (const std::string& folder : folders) {
    parts_.front()->write(
        tar_item_header({.path = folder, .type = PathType::directory, .mtime_s = file_time_s({})}));
  }
}

ArchiveSink::~ArchiveSink() = default;

void ArchiveSink::directory(const std::string& path) { parts_.front()->directory(path); }

std::unique_ptr<TreeSink::File> ArchiveSink::file(const TreeFile& file) {
  return parts_.front()->file(file);
}

void ArchiveSink::link(const std::string& path, const std::string& target, std::int64_t mtime_s) {
  parts_.front()->link(path, target, mtime_s);
}

TreeSink& ArchiveSink::begin_part(std::size_t number) {
  end_own();
  return *parts_.at(number + 1);
}

void ArchiveSink::end_part(std::size_t number) { frames_.end_part(number + 1); }

void ArchiveSink::abandon(const std::exception_ptr& why) { frames_.fail(why); }

TreeSink& ArchiveSink::last_part() {
  end_own();
  return *parts_.back();
}

void ArchiveSink::end_own() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(own_is_open_, false)) return;
  }
  frames_.end_part(0);
}

void ArchiveSink::finish() {
  end_own();
  parts_.back()->write(tar_end());
  frames_.end_part(parts_.size() - 1);
}

}  // namespace envlock
