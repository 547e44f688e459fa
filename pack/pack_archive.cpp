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

std::vector<Frame> write_first(const PackDocuments& documents, const PackSettings& settings,
                               const Out& out, const std::stop_token& stop) {
  const std::string members = first_members(documents);
  FrameWriter frames(frame_settings(settings), out, stop);
  frames.write(0, std::as_bytes(std::span(members)));
  frames.end_part(0);
  return frames.finish();
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

void write_table(HashedOut& out, const PackSettings& settings, std::vector<Frame> first,
                 const std::vector<Frame>& content) {
  if (settings.compression != PackCompression::zstd) return;
  first.insert(first.end(), content.begin(), content.end());
  out.write(write_seek_table(first));
}

void copy(const TempFile& from, const std::string& path, HashedOut& out,
          const std::stop_token& stop) {
  std::vector<std::byte> piece(std::size_t{1} << 20U);
  for (off_t at = 0;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t count = ::pread(from.fd(), piece.data(), piece.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot read what was written for '" + path + "'", errno);
    if (count == 0) return;
    out.write(std::span(piece).first(static_cast<std::size_t>(count)));
    at += count;
  }
}

}  // namespace

PackedArchive pack_archive(const TreePlan& plan, const PackContent& content,
                           const PackSettings& settings, const std::string& path, bool replace,
                           const std::stop_token& stop) {
  TempFile spool(path);
  Content written = write_content(
      plan, content, settings, [&](std::span<const std::byte> bytes) { spool.write(bytes); }, stop);
  TempFile file(path);
  HashedOut out([&](std::span<const std::byte> bytes) { file.write(bytes); }, settings.observe);
  out.write(settings.head);
  std::vector<Frame> first = write_first(
      written.documents, settings, [&](std::span<const std::byte> bytes) { out.write(bytes); },
      stop);
  copy(spool, path, out, stop);
  write_table(out, settings, std::move(first), written.frames);
  PackedArchive packed{.manifest_sha256 = written.documents.manifest_sha256,
                       .files = written.documents.files,
                       .notices = std::move(written.notices)};
  out.finish(packed);
  file.publish(settings.executable, replace);
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
  out.write(settings.head);
  std::vector<Frame> first = write_first(documents, settings, write, stop);
  Content written = write_content(plan, unsigned_content, settings, write, stop);
  write_table(out, settings, std::move(first), written.frames);
  PackedArchive packed{.manifest_sha256 = documents.manifest_sha256,
                       .files = documents.files,
                       .notices = std::move(written.notices)};
  out.finish(packed);
  return packed;
}

}  // namespace envlock
