#include "tests/pack/packed.hpp"

#include "model/error.hpp"
#include "pack/seek_table.hpp"
#include "pack/tar_reader.hpp"
#include "pack/tar_writer.hpp"
#include "pack/unpack.hpp"
#include "tests/support/compressed_bytes.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

PackedPackages::PackedPackages() {
  add(ArchiveBuilder("lib")
          .file("lib/libzed.so.1", "library", 0755)
          .link("lib/libzed.so", "libzed.so.1")
          .directory("share/empty")
          .file("share/" + std::string(120, 'n'), "long name"));
  add_tar_bz2(
      ArchiveBuilder("app")
          .placeholder_text("bin/app", "#!/bin/sh\necho " + placeholder() + "\n", 0755)
          .placeholder_text("etc/app.conf", "root=" + placeholder() + "\n")
          .placeholder_binary("share/app.bin", "ELF" + placeholder() + std::string("/x\0z", 4))
          .file("share/words", "some words of some package\n"));
}

void pack_to(const Packages& packages, const fs::path& file, PackSettings settings,
             const std::string& lock_text) {
  settings.threads = 2;
  const PackContent content{
      .lock_text = lock_text,
      .baseline = {Platform::parse("linux-64").value(), sha256_of(lock_text), {}},
      .dest_prefix = {},
      .filters = {}};
  (void)pack_archive(packages.plan(), content, settings, file.string(), true, {});
}

namespace {

class Collector final : public TarVisitor {
 public:
  void member(TarMember member) override {
    entries.push_back({.name = member.path,
                       .type = member.type,
                       .link = member.link,
                       .mode = member.mode,
                       .mtime_s = member.mtime_s,
                       .gnu_long_names = true});
  }
  void data(std::span<const std::byte> bytes) override {
    entries.back().data.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void member_end() override {}
  std::vector<TarEntry> entries;
};

}  // namespace

std::vector<TarEntry> entries_of(const std::string& tar) {
  Collector collector;
  TarReader reader("a pack", 1000, collector);
  reader.feed(std::as_bytes(std::span(tar)));
  reader.finish();
  return collector.entries;
}

std::string plain_pack(const std::vector<TarEntry>& entries) { return tar_of(entries); }

std::string framed_pack(const std::vector<TarEntry>& entries, std::size_t head) {
  std::vector<Frame> frames;
  std::string out, tar;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    tar += tar_entry_bytes(entries[i]);
    if (i + 1 < head) continue;
    if (i + 1 == entries.size()) tar += tar_end();
    const std::string frame = zstd_of(tar);
    out += frame;
    frames.push_back({frame.size(), tar.size()});
    tar.clear();
  }
  return out + write_seek_table(frames);
}

std::string unpack_result(const fs::path& pack, const fs::path& prefix, std::size_t threads) {
  try {
    UnpackRequest request{.pack = pack.string(), .prefix = prefix.string(), .access = {}};
    request.threads = threads;
    (void)unpack(request, {});
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return {};
}

}  // namespace envlock::test
