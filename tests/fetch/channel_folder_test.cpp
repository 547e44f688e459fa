#include "fetch/channel_folder.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <thread>

#include "model/decompress.hpp"
#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;

namespace {

PackageRecord record_of(const std::string& name, const std::string& bytes,
                        const std::string& subdir = "linux-64",
                        const std::string& extension = ".conda") {
  PackageRecord record;
  record.name = name;
  record.version = "1.0";
  record.build = "h1_0";
  record.subdir = subdir;
  record.fn = name + "-1.0-h1_0" + extension;
  record.url = "https://one.test/" + subdir + "/" + record.fn;
  record.sha256 = sha256_of(bytes);
  record.size = bytes.size();
  record.depends = {"libc"};
  return record;
}

struct Fixture {
  TempDir dir;
  fs::path out = dir / "channel";

  void add(ChannelFolder& folder, const PackageRecord& record, const std::string& bytes) const {
    folder.add(record, dir.write("cache/" + record.sha256->hex(), bytes));
  }
  [[nodiscard]] json listing(const std::string& subdir) const {
    return json::parse(read_file(out / subdir / "repodata.json"));
  }
};

std::string unpacked(const std::string& zst) {
  std::string text;
  Decompressor decompressor(Compression::zstd, "x", {}, [&](std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  decompressor.feed(std::as_bytes(std::span(zst)));
  decompressor.finish();
  return text;
}

}  // namespace

TEST_CASE("channel folder: packages, and listings with every field of the record", "[fetch]") {
  const Fixture f;
  PackageRecord full = record_of("numpy", "numpy bytes");
  full.build_number = 3;
  full.md5 = Md5::parse("d41d8cd98f00b204e9800998ecf8427e");
  full.timestamp_ms = 1'700'000'000'123;
  full.indexed_timestamp_ms = 1'700'000'000'456;
  full.license = "BSD-3-Clause";
  full.constrains = {"scipy >=1"};
  full.track_features = {"a", "b"};
  full.python_site_packages_path = "lib/python3.13t/site-packages";
  PackageRecord pure = record_of("idna", "idna bytes", "noarch", ".tar.bz2");
  pure.noarch = NoArch::python;
  {
    ChannelFolder folder(f.out);
    f.add(folder, full, "numpy bytes");
    f.add(folder, pure, "idna bytes");
    folder.finish();
  }
  CHECK(read_file(f.out / "linux-64/numpy-1.0-h1_0.conda") == "numpy bytes");
  CHECK(read_file(f.out / "noarch/idna-1.0-h1_0.tar.bz2") == "idna bytes");
  // CF 2.1 and 2.2: the form that conda reads.
  CHECK(f.listing("linux-64") ==
        json::parse(R"({"info": {"subdir": "linux-64"}, "packages": {}, "packages.conda": {
          "numpy-1.0-h1_0.conda": {"build": "h1_0", "build_number": 3, "constrains": ["scipy >=1"],
            "depends": ["libc"], "indexed_timestamp": 1700000000456, "license": "BSD-3-Clause",
            "md5": "d41d8cd98f00b204e9800998ecf8427e", "name": "numpy",
            "python_site_packages_path": "lib/python3.13t/site-packages", "sha256": ")" +
                    sha256_of("numpy bytes").hex() + R"(", "size": 11, "subdir": "linux-64",
            "timestamp": 1700000000123, "track_features": "a b", "version": "1.0"}},
          "removed": [], "repodata_version": 1})"));
  CHECK(f.listing("noarch")["packages"]["idna-1.0-h1_0.tar.bz2"]["noarch"] == "python");
  CHECK(unpacked(read_file(f.out / "linux-64/repodata.json.zst")) ==
        read_file(f.out / "linux-64/repodata.json"));
}

TEST_CASE("channel folder: noarch is there also where nothing is in it", "[fetch]") {
  const Fixture f;
  ChannelFolder folder(f.out);
  f.add(folder, record_of("a", "x"), "x");
  folder.finish();
  CHECK(f.listing("noarch") == json::parse(R"({"info": {"subdir": "noarch"}, "packages": {},
          "packages.conda": {}, "removed": [], "repodata_version": 1})"));
}

TEST_CASE("channel folder: what earlier runs put there stays, while its file does", "[fetch]") {
  const Fixture f;
  for (const char* name : {"a", "b", "c"}) {
    ChannelFolder folder(f.out);
    f.add(folder, record_of(name, name), name);
    folder.finish();
    if (*name == 'b') fs::remove(f.out / "linux-64/a-1.0-h1_0.conda");
  }
  const json listed = f.listing("linux-64")["packages.conda"];
  CHECK_FALSE(listed.contains("a-1.0-h1_0.conda"));
  CHECK(listed.contains("b-1.0-h1_0.conda"));
  CHECK(listed.contains("c-1.0-h1_0.conda"));
}

TEST_CASE("channel folder: the same packages give the same bytes, in any order and number of runs",
          "[fetch]") {
  const Fixture one;
  const Fixture two;
  {
    ChannelFolder folder(one.out);
    for (const char* name : {"a", "b"}) one.add(folder, record_of(name, name), name);
    folder.finish();
  }
  for (const char* name : {"b", "a"}) {
    ChannelFolder folder(two.out);
    two.add(folder, record_of(name, name), name);
    folder.finish();
  }
  for (const char* file : {"linux-64/repodata.json", "linux-64/repodata.json.zst"})
    CHECK(read_file(one.out / file) == read_file(two.out / file));
}

TEST_CASE("channel folder: two packages with one place and other bytes are refused by name",
          "[fetch]") {
  const Fixture f;
  const PackageRecord one = record_of("a", "one");
  PackageRecord two = record_of("a", "two");
  two.url = "https://two.test/linux-64/" + two.fn;
  {
    ChannelFolder folder(f.out);
    f.add(folder, one, "one");
    CHECK_NOTHROW(f.add(folder, one, "one"));
    CHECK_THROWS_WITH(f.add(folder, two, "two"),
                      Contains(one.url) && Contains(two.url) && Contains(two.sha256->hex()));
    folder.finish();
  }
  ChannelFolder later(f.out);
  CHECK_THROWS_AS(f.add(later, two, "two"), TrustError);
  CHECK(read_file(f.out / "linux-64" / one.fn) == "one");
}

TEST_CASE("channel folder: a file that is right is kept, a damaged one replaced", "[fetch]") {
  const Fixture f;
  const PackageRecord record = record_of("a", "right");
  for (const std::string there : {"right", "wrong", "longer than it was"}) {
    const fs::path file = f.dir.write("channel/linux-64/" + record.fn, there);
    const auto written = fs::last_write_time(file) - std::chrono::hours(1);
    fs::last_write_time(file, written);
    ChannelFolder folder(f.out);
    f.add(folder, record, "right");
    folder.finish();
    CHECK(read_file(file) == "right");
    CHECK((fs::last_write_time(file) == written) == (there == "right"));
  }
}

TEST_CASE("channel folder: bytes that are not the record's never get there", "[fetch]") {
  const Fixture f;
  ChannelFolder folder(f.out);
  CHECK_THROWS_AS(f.add(folder, record_of("a", "right"), "wrong"), TrustError);
  CHECK(fs::is_empty(f.out / "linux-64"));
  folder.finish();
  CHECK(f.listing("linux-64")["packages.conda"].empty());
}

TEST_CASE("channel folder: the copy has no part in the cache's file", "[fetch]") {
  const Fixture f;
  const PackageRecord record = record_of("a", "x");
  ChannelFolder folder(f.out);
  f.add(folder, record, "x");
  CHECK(fs::hard_link_count(f.out / "linux-64" / record.fn) == 1);
}

TEST_CASE("channel folder: names that lead out of it are refused", "[fetch]") {
  const Fixture f;
  ChannelFolder folder(f.out);
  PackageRecord record = record_of("a", "x");
  SECTION("file name with a slash") { record.fn = "../a-1-0.conda"; }
  SECTION("hidden") { record.fn = ".a-1-0.conda"; }
  SECTION("no package") { record.fn = "repodata.json"; }
  SECTION("subdir") { record.subdir = ".."; }
  CHECK_THROWS_AS(f.add(folder, record, "x"), TrustError);
}

TEST_CASE("channel folder: the second waits for the first, and lists what that one added",
          "[fetch]") {
  const Fixture f;
  std::optional<ChannelFolder> first(f.out);
  f.add(*first, record_of("a", "a"), "a");
  std::promise<void> waits;
  std::thread other([&] {
    ChannelFolder second(f.out, {}, [&] { waits.set_value(); });
    f.add(second, record_of("b", "b"), "b");
    second.finish();
  });
  waits.get_future().wait();
  first->finish();
  first.reset();
  other.join();
  const json listed = f.listing("linux-64")["packages.conda"];
  CHECK(listed.contains("a-1.0-h1_0.conda"));
  CHECK(listed.contains("b-1.0-h1_0.conda"));
}

TEST_CASE("channel folder: waiting for another can be interrupted", "[fetch]") {
  const Fixture f;
  const ChannelFolder first(f.out);
  std::stop_source stop;
  CHECK_THROWS_AS(ChannelFolder(f.out, stop.get_token(), [&] { stop.request_stop(); }),
                  Interrupted);
}

TEST_CASE("channel folder: what a killed run left half-written goes", "[fetch]") {
  const Fixture f;
  const fs::path left = f.dir.write("channel/linux-64/.envlock-tmp-abcdef", "half");
  ChannelFolder folder(f.out);
  f.add(folder, record_of("a", "x"), "x");
  CHECK_FALSE(fs::exists(left));
}

TEST_CASE("channel folder: another tool's listing is not overwritten", "[fetch]") {
  const Fixture f;
  const std::string theirs = R"({"packages": {}, "packages.conda": {}})";
  f.dir.write("channel/linux-64/repodata.json", theirs);
  ChannelFolder folder(f.out);
  CHECK_THROWS_AS(f.add(folder, record_of("a", "x"), "x"), InputError);
  CHECK(read_file(f.out / "linux-64/repodata.json") == theirs);
}

}  // namespace envlock::test
