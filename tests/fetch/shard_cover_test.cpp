#include "fetch/shard_cover.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {

namespace {

ShardCover sample() {
  ShardCover cover;
  cover.subdirs = {{"https://c.example/x/linux-64",
                    sha256_of("a table"),
                    sha256_of("content"),
                    {.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5}}};
  cover.whole = {sha256_of("whole")};
  cover.roots = {"numpy"};
  cover.names = {"numpy", "python", "libzlib"};
  return cover;
}

ShardIndex index_of(std::vector<ShardIndex::Entry> entries) {
  ShardIndex index;
  index.shards = std::move(entries);
  return index;
}

}  // namespace

TEST_CASE("ShardCover: what is written is read again, and nothing that differs from it",
          "[fetch]") {
  const ShardCover cover = sample();
  const std::string text = cover.to_string();
  CHECK(ShardCover::parse(text) == cover);
  // A name that is lost would mean that there is no such package.
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    REQUIRE_FALSE(ShardCover::parse(changed).has_value());
    REQUIRE_FALSE(ShardCover::parse(text.substr(0, i)).has_value());
  }
  CHECK_FALSE(ShardCover::parse(text + "name zlib\n").has_value());
}

TEST_CASE("ShardTable: finds each name, and two shards of one name", "[fetch]") {
  const auto bytes = ShardTable::write(index_of({{"a", sha256_of("1")},
                                                 {"b", sha256_of("2")},
                                                 {"b", sha256_of("3")},
                                                 {"c-d", sha256_of("4")}}));
  const auto table = ShardTable::open(bytes, nullptr, true);
  REQUIRE(table);
  CHECK(table->size() == 4);
  CHECK(table->find("a") == std::pair<std::size_t, std::size_t>(0, 1));
  CHECK(table->find("b") == std::pair<std::size_t, std::size_t>(1, 3));
  CHECK(table->shard_at(2) == sha256_of("3"));
  const auto none = table->find("bb");
  CHECK(none.first == none.second);
  CHECK(table->name_at(3) == "c-d");
}

TEST_CASE("ShardTable: one that is cut or changed does not open, or says that it is damaged",
          "[fetch]") {
  const auto bytes = ShardTable::write(index_of({{"a", sha256_of("1")}, {"bc", sha256_of("2")}}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= std::byte{0x41};
    REQUIRE(ShardTable::open(changed, nullptr, true) == nullptr);
    REQUIRE(ShardTable::open(std::span(bytes).first(i), nullptr, false) == nullptr);
    // Unchecked, as under a seal, it is at least never read out of its bounds.
    if (const auto table = ShardTable::open(changed, nullptr, false)) {
      try {
        static_cast<void>(table->find("a"));
      } catch (const IoError&) {
        SUCCEED();
      }
    }
  }
}

TEST_CASE("shard_content: changes with a shard of a covered name, and with no other", "[fetch]") {
  const auto digest = [](const std::string& a, const std::string& b) {
    const auto bytes = ShardTable::write(index_of({{"a", sha256_of(a)}, {"b", sha256_of(b)}}));
    return shard_content(*ShardTable::open(bytes, nullptr, true), {"a", "not-there"});
  };
  CHECK(digest("1", "2") == digest("1", "3"));
  CHECK(digest("1", "2") != digest("4", "2"));
}

}  // namespace envlock::test
