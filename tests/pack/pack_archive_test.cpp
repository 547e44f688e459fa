#include "pack/pack_archive.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "pack/seek_table.hpp"
#include "tests/pack/packed.hpp"
#include "tests/support/program.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;
namespace fs = std::filesystem;

/// With room for the head in front, however small the pack is.
PackSettings with_room() { return {.room_from_bytes = 0}; }

std::vector<Frame> table_of(const std::string& pack) {
  const auto bytes = std::as_bytes(std::span(pack));
  const auto size = seek_table_size(bytes.last(seek_table_footer_bytes));
  REQUIRE(size);
  const auto frames = read_seek_table(bytes.last(static_cast<std::size_t>(*size)));
  REQUIRE(frames);
  return *frames;
}

/// A lock that does not shrink to the half, as the room for it supposes.
std::string dense_lock() {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> letter('!', '~');
  std::string text;
  while (text.size() < 300'000) text += static_cast<char>(letter(random));
  return text;
}

}  // namespace

TEST_CASE("pack_archive: the room in front is filled by padding that every reader passes over",
          "[pack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "tight.tar.zst");
  pack_to(PackedPackages(), dir / "room.tar.zst", with_room());
  const std::string tight = read_file(dir / "tight.tar.zst");
  const std::string room = read_file(dir / "room.tar.zst");
  const std::vector<Frame> frames = table_of(room);
  REQUIRE(frames.size() == table_of(tight).size() + 1);
  CHECK(frames[1].bytes == 0);
  CHECK(frames[1].written_bytes == room.size() - tight.size() - 8);  // and its line of the table
  for (const char* const name : {"tight", "room"}) {
    const std::string file = std::string(name) + ".tar.zst";
    const Outcome plain = run_program(
        "/usr/bin/zstd", {"-q", "-d", file, "-o", std::string(name) + ".tar"}, {.cwd = dir.path()});
    REQUIRE(plain.exit == 0);
    REQUIRE(unpack_result(dir / file, dir / name).empty());
  }
  CHECK(read_file(dir / "tight.tar") == read_file(dir / "room.tar"));
  CHECK(fs::exists(dir / "room/bin/app"));
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 6);  // nothing beside them
}

TEST_CASE("pack_archive: a head that is longer than its room leaves no room, and is read",
          "[pack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "tight", {}, dense_lock());
  pack_to(PackedPackages(), dir / "room", with_room(), dense_lock());
  CHECK(read_file(dir / "tight") == read_file(dir / "room"));
  CHECK(unpack_result(dir / "room", dir / "env").empty());
}

TEST_CASE("pack_archive: a stream and a file behind a script have the same room", "[pack]") {
  const TempDir dir;
  const PackedPackages packages;
  PackSettings settings = with_room();
  pack_to(packages, dir / "file", settings);
  std::string seen;
  settings.head = "#!/bin/sh\n";
  settings.observe = [&](std::span<const std::byte> bytes) {
    seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  pack_to(packages, dir / "script", settings);
  const std::string file = read_file(dir / "file");
  CHECK(read_file(dir / "script") == settings.head + file);
  CHECK(seen == settings.head + file);
  std::string streamed;
  const std::string lock = "lock one\n";
  const PackContent content{.lock_text = lock,
                            .baseline = {Platform::parse("linux-64").value(), sha256_of(lock), {}},
                            .dest_prefix = {},
                            .filters = {}};
  const PackedArchive told =
      pack_stream(packages.plan(), content, with_room(),
                  [&](std::span<const std::byte> bytes) {
                    streamed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                  },
                  {});
  CHECK(streamed == file);
  CHECK(told.bytes == file.size());
  CHECK(told.sha256 == sha256_of(file));
}

TEST_CASE("unpack: padding that holds something, or stands anywhere else, is refused", "[pack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "p", with_room());
  const std::string good = read_file(dir / "p");
  const std::vector<Frame> frames = table_of(good);
  const std::string all = good.substr(0, good.size() - write_seek_table(frames).size());
  const std::size_t padding = frames[0].written_bytes;
  const auto refuse = [&](const std::string& bytes) {
    dir.write("bad", bytes);
    CHECK_THAT(unpack_result(dir / "bad", dir / "env"), StartsWith("6: "));
    CHECK_FALSE(fs::exists(dir / "env"));
  };
  for (const std::size_t at : {std::size_t{0}, std::size_t{4}, std::size_t{7}, std::size_t{8},
                               std::size_t{frames[1].written_bytes} - 1}) {
    std::string bad = good;
    bad[padding + at] = static_cast<char>(bad[padding + at] ^ 1);
    refuse(bad);
  }
  const auto with = [&](const std::string& bytes, std::vector<Frame> table) {
    return bytes + write_seek_table(table);
  };
  const std::string more = write_padding(20);
  const std::size_t content = padding + frames[1].written_bytes;
  std::vector<Frame> table = frames;
  table.insert(table.begin() + 2, Frame{more.size(), 0});
  refuse(with(all.substr(0, content) + more + all.substr(content), table));
  table = frames;
  table.push_back({more.size(), 0});
  refuse(with(all + more, table));
  table = frames;
  table.insert(table.begin(), Frame{more.size(), 0});
  refuse(with(more + all, table));
  table = frames;
  table[1].written_bytes = 0xFFFFFFFF;
  refuse(with(all, table));
  table = frames;
  table[1].written_bytes = 4;
  refuse(with(all, table));
}

}  // namespace envlock::test
