#include "pack/pack_archive.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "model/error.hpp"
#include "pack/archive_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/tar_writer.hpp"
#include "pack/temp_file.hpp"

namespace envlock {
namespace {

using Out = std::function<void(std::span<const std::byte>)>;

FrameSettings frame_settings(const PackSettings& settings) {
  return {
      .compression = settings.compression, .level = settings.level, .threads = settings.threads};
}

void add_folders_above(std::string_view path, std::set<std::string>& folders) {
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos;
       end = path.rfind('/', end - 1)) {
    path = path.substr(0, end);
    if (!folders.emplace(path).second || end == 0) return;
  }
}

std::set<std::string> folders_of(const TreePlan& plan) {
  std::set<std::string> folders{"conda-meta"};
  for (const PlannedFile& file : plan.files) {
    if (file.type == PathType::directory) folders.insert(file.path);
    add_folders_above(file.path, folders);
  }
  add_folders_above(pack_path::facts, folders);
  return folders;
}

/// What comes first, as a tar's members.
std::string first_members(const PackDocuments& documents) {
  std::string out;
  for (const PackDocument& document : documents.first) {
    out += tar_item_header(
        {.path = document.path, .size_bytes = document.text.size(), .mtime_s = file_time_s({})});
    out += document.text;
    out.append(tar_padding(document.text.size()), '\0');
  }
  return out;
}

/// How much room is kept for what comes first, where that is worth it: its digests are as long as
/// they are, the rest is text that shrinks. A guess from the plan alone, as the bytes of the pack
/// depend on it; 0: none.
std::uint64_t room_for_first(const TreePlan& plan, const PackContent& content,
                             const PackSettings& settings) {
  if (settings.compression != PackCompression::zstd) return 0;
  constexpr std::uint64_t digest = 36, package = 512, placeholder = 48, rest = 16384;
  std::uint64_t tree_bytes = 0;
  std::uint64_t room = rest + content.lock_text.size() / 2 + plan.packages.size() * package;
  for (const PlannedFile& file : plan.files) {
    tree_bytes += file.size_bytes.value_or(file.content.size());
    room += digest + file.path.size() / 4 + (file.placeholder.empty() ? 0 : placeholder);
  }
  return tree_bytes < settings.room_from_bytes ? 0 : room;
}

/// What stands in front of the content.
struct Front {
  std::string bytes;
  std::vector<Frame> frames;
  bool fills_room = false;  ///< It is as long as the head and the room, by padding.
};

Front make_front(const PackDocuments& documents, const PackSettings& settings, std::uint64_t room,
                 const std::stop_token& stop) {
  const std::string members = first_members(documents);
  Front front{.bytes = settings.head, .frames = {}};
  FrameWriter frames(
      frame_settings(settings),
      [&](std::span<const std::byte> bytes) {
        front.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      },
      stop);
  frames.write(0, std::as_bytes(std::span(members)));
  frames.end_part(0);
  front.frames = frames.finish();
  const std::uint64_t used = front.bytes.size() - settings.head.size();
  front.fills_room = used + min_padding_bytes <= room;
  if (front.fills_room) {
    front.bytes += write_padding(room - used);
    front.frames.push_back({room - used, 0});
  }
  return front;
}

struct Content {
  std::vector<Frame> frames;
  PackDocuments documents;
  std::vector<std::string> notices;
};

/// All but what comes first, which is known only then.
Content write_content(const TreePlan& plan, const PackContent& content,
                      const PackSettings& settings, const Out& out, const std::stop_token& stop) {
  FrameWriter frames(frame_settings(settings), out, stop);
  ArchiveSink sink(frames, folders_of(plan), plan.packages.size());
  Assembly assembly = assemble(plan, sink,
                               {.prefix = content.dest_prefix,
                                .threads = settings.threads,
                                .read_elf_needs = true,
                                .prefix_files = content.prefix_files},
                               stop);
  Content written;
  written.documents = make_pack_documents(plan, assembly, content);
  for (const PackDocument& document : written.documents.last)
    put_text(sink.last_part(), document.path, document.text);
  sink.finish();
  written.frames = frames.finish();
  written.notices = std::move(assembly.notices);
  return written;
}

/// Counts and hashes what goes out.
class HashedOut {
 public:
  HashedOut(Out out, Out observe) : out_(std::move(out)), observe_(std::move(observe)) {}
  void write(std::span<const std::byte> bytes) {
    hash_.update(bytes);
    if (observe_) observe_(bytes);
    written_ += bytes.size();
    out_(bytes);
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void finish(PackedArchive& packed) {
    packed.bytes = written_;
    packed.sha256 = hash_.finish();
  }

 private:
  Out out_, observe_;
  Sha256Hasher hash_;
  std::uint64_t written_ = 0;
};

/// What ends the archive.
std::string table_of(const PackSettings& settings, std::vector<Frame> front,
                     const std::vector<Frame>& content) {
  if (settings.compression != PackCompression::zstd) return {};
  front.insert(front.end(), content.begin(), content.end());
  return write_seek_table(front);
}

/// Reads a file that is being written, to its end.
void read_back(const TempFile& from, std::uint64_t at, const std::string& path, const Out& out,
               const std::stop_token& stop) {
  std::vector<std::byte> piece(std::size_t{1} << 20U);
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t count = ::pread(from.fd(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot read what was written for '" + path + "'", errno);
    if (count == 0) return;
    out(std::span(piece).first(static_cast<std::size_t>(count)));
    at += static_cast<std::uint64_t>(count);
  }
}

}  // namespace

PackedArchive pack_archive(const TreePlan& plan, const PackContent& content,
                           const PackSettings& settings, const std::string& path, bool replace,
                           const std::stop_token& stop) {
  const std::uint64_t room = room_for_first(plan, content, settings);
  const std::uint64_t content_at = settings.head.size() + room;
  TempFile file(path);
  file.skip(content_at);
  Content written = write_content(
      plan, content, settings, [&](std::span<const std::byte> bytes) { file.write(bytes); }, stop);
  Front front = make_front(written.documents, settings, room, stop);
  const std::string table = table_of(settings, std::move(front.frames), written.frames);
  file.write(std::as_bytes(std::span(table)));
  PackedArchive packed{.manifest_sha256 = written.documents.manifest_sha256,
                       .files = written.documents.files,
                       .notices = std::move(written.notices)};
  if (front.fills_room) {
    file.write_at(0, std::as_bytes(std::span(front.bytes)));
    HashedOut out([](std::span<const std::byte> /*bytes*/) {}, settings.observe);
    read_back(
        file, 0, path, [&](std::span<const std::byte> bytes) { out.write(bytes); }, stop);
    out.finish(packed);
    file.publish(settings.executable, replace);
    return packed;
  }
  TempFile whole(path);
  HashedOut out([&](std::span<const std::byte> bytes) { whole.write(bytes); }, settings.observe);
  out.write(front.bytes);
  read_back(
      file, content_at, path, [&](std::span<const std::byte> bytes) { out.write(bytes); }, stop);
  out.finish(packed);
  whole.publish(settings.executable, replace);
  return packed;
}

PackedArchive pack_stream(const TreePlan& plan, const PackContent& content,
                          const PackSettings& settings, const Out& raw_out,
                          const std::stop_token& stop) {
  PackContent unsigned_content = content;  // the second time nobody needs the signature
  unsigned_content.sign = {};
  const PackDocuments documents = [&] {
    const auto nowhere = [](std::span<const std::byte> /*bytes*/) {};
    PackSettings plain = settings;
    plain.compression = PackCompression::none;
    return write_content(plan, content, plain, nowhere, stop).documents;
  }();
  HashedOut out(raw_out, settings.observe);
  const auto write = [&](std::span<const std::byte> bytes) { out.write(bytes); };
  Front front = make_front(documents, settings, room_for_first(plan, content, settings), stop);
  out.write(front.bytes);
  Content written = write_content(plan, unsigned_content, settings, write, stop);
  out.write(table_of(settings, std::move(front.frames), written.frames));
  PackedArchive packed{.manifest_sha256 = documents.manifest_sha256,
                       .files = documents.files,
                       .notices = std::move(written.notices)};
  out.finish(packed);
  return packed;
}

}  // namespace envlock
