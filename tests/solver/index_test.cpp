#include "solver/index.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "solver/index_layout.hpp"
#include "tests/solver/index_support.hpp"
#include "tests/support/repodata_builder.hpp"

using namespace envlock;
using envlock::test::index_bytes;
using envlock::test::index_of;
using envlock::test::open_index;
using envlock::test::PackageBuilder;
using envlock::test::RepodataBuilder;

namespace {

std::vector<std::string> file_names(const Index& index, std::string_view name) {
  std::vector<std::string> found;
  const Index::Range range = index.find(name);
  for (RecordId id = range.first; id < range.last; ++id) found.push_back(index.file_name(id));
  return found;
}

RecordId only(const Index& index, std::string_view name) {
  const Index::Range range = index.find(name);
  REQUIRE(range.last == range.first + 1);
  return range.first;
}

/// Reads everything that there is. @throws DamagedIndex
std::size_t read_all(const Index& index) {
  std::size_t texts = 0;
  for (std::size_t i = 0; i < index.name_count(); ++i) {
    texts += index.name_at(i).size();
    const Index::Range range = index.range_at(i);
    for (RecordId id = range.first; id < range.last; ++id) {
      texts += index.record(id).fn.size() + index.version_id(id) + index.track_features(id).size();
      for (const TextId text : index.depends(id)) texts += index.text(text).size();
      for (const TextId text : index.constrains(id)) texts += index.text(text).size();
      texts += index.conda_twin(id).value_or(0) + index.track_features_count(id);
      texts += index.is_conditional(id) || index.has_sha256(id) ? 1 : 0;
    }
    texts += index.find(index.name_at(i)).last;
  }
  return texts;
}

std::string example() {
  return RepodataBuilder("linux-64")
      .base_url("https://example.org/files/")
      .add(PackageBuilder("a").version("1.0").build("h1_0").depends({"b >=1", "c[when=\"x\"]"}))
      .add(PackageBuilder("a").version("1.0").build("h1_0").tar_bz2().depends({"b >=1"}))
      .add(PackageBuilder("b").version("2").constrains({"d <1"}).track_features("x y"))
      .add(PackageBuilder("c").build_number(70000).size(5'000'000'000).license("MIT"))
      .json();
}

}  // namespace

TEST_CASE("Index: a record keeps every field", "[index]") {
  const auto index = index_of(test::with_records(R"(
    "foo-bar-1!2.0_1-py_3.conda": {"name": "Foo-Bar", "version": "1!2.0_1", "build": "py_3",
     "build_number": 3, "depends": ["a >=1", "b"], "constrains": ["c <2"], "license": "MIT",
     "license_family": "OTHER", "noarch": "python", "size": 12345678901, "timestamp": 1700000000123,
     "indexed_timestamp": 1700000000456, "track_features": ["z", "y"], "subdir": "linux-64",
     "md5": "0123456789abcdef0123456789ABCDEF", "python_site_packages_path": "lib/x",
     "sha256": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"})"));
  const RecordId id = only(*index, "foo-bar");
  PackageRecord wanted;
  wanted.name = "foo-bar";
  wanted.version = "1!2.0_1";
  wanted.build = "py_3";
  wanted.build_number = 3;
  wanted.subdir = "linux-64";
  wanted.fn = "foo-bar-1!2.0_1-py_3.conda";
  wanted.sha256 = Sha256::parse("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  wanted.md5 = Md5::parse("0123456789abcdef0123456789abcdef");
  wanted.size = 12345678901;
  wanted.timestamp_ms = 1700000000123;
  wanted.indexed_timestamp_ms = 1700000000456;
  wanted.license = "MIT";
  wanted.license_family = "OTHER";
  wanted.depends = {"a >=1", "b"};
  wanted.constrains = {"c <2"};
  wanted.track_features = {"y", "z"};
  wanted.noarch = NoArch::python;
  wanted.python_site_packages_path = "lib/x";
  CHECK(index->record(id) == wanted);
  CHECK(index->track_features(id) == "y z");
  CHECK(index->track_features_count(id) == 2);
  CHECK(index->text(index->version_id(id)) == "1!2.0_1");
  CHECK(index->name(id) == "foo-bar");
}

TEST_CASE("Index: records of one name stand best first", "[index]") {
  // Design section 6: fewer track_features, version, build number, timestamp, file name.
  const auto p = [](const char* version, const char* build) {
    return PackageBuilder("p").version(version).build(build);
  };
  const auto index = index_of(RepodataBuilder("linux-64")
                                  .add(p("3.0", "old_0").timestamp(1'600'000'000'000))
                                  .add(p("9.0", "slow_0").track_features("slow"))
                                  .add(p("3.0", "b_0"))
                                  .add(p("3.0", "a_0").tar_bz2())
                                  .add(p("3.0", "a_0"))
                                  .add(p("3.0", "x_2"))
                                  .add(p("3.0", "x_70000"))
                                  .add(p("3.10", "x_0"))
                                  .add(p("3.0rc1", "x_9"))
                                  .add(p("3", "z_0").timestamp(1'700'000'000'001))
                                  .json());
  CHECK(file_names(*index, "p") ==
        std::vector<std::string>{"p-3.10-x_0.conda", "p-3.0-x_70000.conda", "p-3.0-x_2.conda",
                                 "p-3-z_0.conda", "p-3.0-a_0.conda", "p-3.0-a_0.tar.bz2",
                                 "p-3.0-b_0.conda", "p-3.0-old_0.conda", "p-3.0rc1-x_9.conda",
                                 "p-9.0-slow_0.conda"});
}

TEST_CASE("Index: names are found, in byte order, and an unknown one is an empty range",
          "[index]") {
  const auto index = index_of(RepodataBuilder("linux-64")
                                  .add(PackageBuilder("zlib"))
                                  .add(PackageBuilder("_mutex"))
                                  .add(PackageBuilder("a-b"))
                                  .add(PackageBuilder("a"))
                                  .add(PackageBuilder("a").version("2"))
                                  .json());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < index->name_count(); ++i) names.emplace_back(index->name_at(i));
  CHECK(names == std::vector<std::string>{"_mutex", "a", "a-b", "zlib"});
  CHECK(index->find("a").last - index->find("a").first == 2);
  CHECK(index->find("a ").empty());
  CHECK(index->find("").empty());
  CHECK(index->find("zzz").empty());
}

TEST_CASE("Index: a .conda hides the .tar.bz2 of the same stem and no other", "[index]") {
  const auto index = index_of(RepodataBuilder("linux-64")
                                  .add(PackageBuilder("a").build("h1_0").tar_bz2())
                                  .add(PackageBuilder("a").build("h1_0"))
                                  .add(PackageBuilder("a").build("h2_0").tar_bz2())
                                  .add(PackageBuilder("b").tar_bz2().file_name("odd.tar.bz2"))
                                  .add(PackageBuilder("b").file_name("odd.conda"))
                                  .json());
  const auto twin_of = [&](const std::string& file_name) -> std::string {
    for (RecordId id = 0; id < index->summary().records; ++id) {
      if (index->file_name(id) != file_name) continue;
      const auto twin = index->conda_twin(id);
      return twin ? index->file_name(*twin) : "none";
    }
    return "no such record";
  };
  CHECK(twin_of("a-1.0-h1_0.tar.bz2") == "a-1.0-h1_0.conda");
  CHECK(twin_of("a-1.0-h2_0.tar.bz2") == "none");
  CHECK(twin_of("a-1.0-h1_0.conda") == "none");
  CHECK(twin_of("odd.tar.bz2") == "odd.conda");
}

TEST_CASE("Index: a removed .conda hides nothing", "[index]") {
  const auto index = index_of(RepodataBuilder("linux-64")
                                  .add(PackageBuilder("a").tar_bz2())
                                  .add(PackageBuilder("a"))
                                  .removed({"a-1.0-0.conda", "gone-1-0.conda"})
                                  .json());
  CHECK(index->summary().removed == 1);
  CHECK_FALSE(index->conda_twin(only(*index, "a")));
}

TEST_CASE("Index: opens at any address", "[index]") {
  const std::vector<std::byte> bytes = index_bytes(example());
  for (std::size_t shift = 0; shift < 9; ++shift) {
    std::vector<std::byte> shifted(bytes.size() + shift);
    std::copy(bytes.begin(), bytes.end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift));
    const auto index = Index::open(std::span(shifted).subspan(shift), nullptr, true);
    REQUIRE(index != nullptr);
    CHECK(read_all(*index) > 0);
  }
}

TEST_CASE("Index: truncated or extended at any place it is refused", "[index]") {
  std::vector<std::byte> bytes = index_bytes(example());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(Index::open(std::span(bytes).first(size), nullptr, false) == nullptr);
  bytes.push_back({});
  CHECK(Index::open(bytes, nullptr, false) == nullptr);
}

TEST_CASE("Index: any changed byte is found by the checksum, and harmless without it", "[index]") {
  std::vector<std::byte> bytes = index_bytes(example());
  std::size_t damage_found = 0;
  for (std::byte& byte : bytes) {
    const std::byte before = byte;
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      byte = before ^ static_cast<std::byte>(flip);
      if (Index::open(bytes, nullptr, true) != nullptr) FAIL("not refused");
      const auto index = Index::open(bytes, nullptr, false);
      if (index == nullptr) continue;
      try {
        read_all(*index);
      } catch (const DamagedIndex&) {
        ++damage_found;
      }
    }
    byte = before;
  }
  CHECK(damage_found > 0);  // else nothing was read
}

TEST_CASE("Index: of another format version it is not opened", "[index]") {
  std::vector<std::byte> bytes = index_bytes(example());
  const std::uint32_t other = index_format_version + 1;
  std::memcpy(bytes.data() + offsetof(index_layout::Header, version), &other, sizeof other);
  const std::uint64_t checksum = index_layout::checksum_of(bytes);
  std::memcpy(bytes.data() + offsetof(index_layout::Header, checksum), &checksum, sizeof checksum);
  CHECK(Index::open(bytes, nullptr, true) == nullptr);
}

TEST_CASE("Index: an id that it does not have is an error, not a crash", "[index]") {
  const auto index = index_of(example());
  CHECK_THROWS_AS(index->record(4), DamagedIndex);
  CHECK_THROWS_AS(index->depends(1000), DamagedIndex);
  CHECK_THROWS_AS(index->name_at(index->name_count()), DamagedIndex);
  CHECK_THROWS_AS(index->text(static_cast<TextId>(index->text_count())), DamagedIndex);
}

TEST_CASE("Index: thousands of records, texts and values that need more bytes", "[index]") {
  // More than 65,536 distinct texts: ids of three bytes; more than 65,535 sets of attributes.
  std::string records;
  for (int i = 0; i < 70'000; ++i) {
    const std::string n = std::to_string(i);
    if (i > 0) records += ',';
    records += "\"p" + n + "-1-0.conda\":{\"name\":\"p" + n +
               R"(","version":"1","build":"0","build_number":0,"license":"L)" + n +
               "\",\"depends\":[\"d" + n + "\"]}";
  }
  const auto index = index_of(test::with_records(records));
  REQUIRE(index->summary().records == 70'000);
  for (const int i : {0, 1, 255, 256, 65'534, 65'535, 65'536, 69'999}) {
    const PackageRecord record = index->record(only(*index, "p" + std::to_string(i)));
    CHECK(record.license == "L" + std::to_string(i));
    CHECK(record.depends == std::vector<std::string>{"d" + std::to_string(i)});
  }
}

TEST_CASE("Index: a list of 300 dependencies and one of 10,000 come back whole", "[index]") {
  for (const std::size_t count : {254U, 255U, 256U, 300U, 10'000U}) {
    std::vector<std::string> specs;
    for (std::size_t i = 0; i < count; ++i) specs.push_back("d" + std::to_string(i));
    const auto index = index_of(RepodataBuilder("linux-64")
                                    .add(PackageBuilder("a").depends(specs).constrains(specs))
                                    .json());
    const PackageRecord record = index->record(only(*index, "a"));
    CHECK(record.depends == specs);
    CHECK(record.constrains == specs);
  }
}
