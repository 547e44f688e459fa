#include "model/shard.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixtures/shards/msgpack_writer.hpp"
#include "model/error.hpp"
#include "model/msgpack_reader.hpp"
#include "model/shard_index.hpp"

namespace envlock::test {

using Catch::Contains;
using fixtures::MsgpackWriter;
using nlohmann::json;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// nlohmann-json writes MessagePack, too: a judge that is not ours.
std::string packed(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

json unpacked(const std::string& msgpack, const std::string& name = "zlib") {
  const Shard shard = read_shard(bytes_of(msgpack), name, "https://c.example/shard");
  return json::parse("{\"packages\":{" + shard.packages + "},\"packages.conda\":{" +
                     shard.packages_conda + "},\"removed\":[" + shard.removed + "]}");
}

/// What read_shard or parse_shard_index throws: "EXIT: message".
template <class Read>
std::string failure(const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  FAIL("nothing was thrown");
  return {};
}
std::string shard_failure(const std::string& msgpack, const std::string& name = "zlib") {
  return failure([&] { (void)read_shard(bytes_of(msgpack), name, "https://c.example/s"); });
}
std::string index_failure(const std::string& msgpack) {
  return failure([&] { (void)parse_shard_index(bytes_of(msgpack), "https://c.example/i"); });
}

json record() {
  return {
      {"name", "zlib"},
      {"version", "1.3.1"},
      {"build", "h1_0"},
      {"build_number", 0},
      {"depends", {"libgcc >=13", "__glibc >=2.17", "Conda-Forge::NumPy", "libgcc >=13"}},
      {"size", 4'294'967'296},
      {"timestamp", 1'700'000'000'000},
      {"license", "Zlib \"quoted\" \\ \n"},
      {"odd", {-1, -129, -70000, 200, 70000, true, false, nullptr, 1.5, {{"a", json::array()}}}}};
}

json shard_of(const json& one) {
  return {{"packages", json::object()},
          {"packages.conda", {{"zlib-1.3.1-h1_0.conda", one}}},
          {"removed", {"zlib-1.0-0.conda"}}};
}

}  // namespace

TEST_CASE("read_shard: gives the JSON that the records have in a repodata.json", "[shard]") {
  const json whole = shard_of(record());
  CHECK(unpacked(packed(whole)) == whole);
}

TEST_CASE("read_shard: digests are bytes in a shard and hex in JSON", "[shard]") {
  json binary = record();
  binary["sha256"] = json::binary(std::vector<std::uint8_t>(32, 0xab));
  binary["md5"] = json::binary(std::vector<std::uint8_t>(16, 0x01));
  json hex = record();
  hex["sha256"] = std::string(64, 'a').replace(1, 1, "b");
  for (std::size_t i = 0; i < 64; i += 2) hex["sha256"].get_ref<std::string&>().replace(i, 2, "ab");
  hex["md5"] = "01010101010101010101010101010101";
  CHECK(unpacked(packed(shard_of(binary))) == shard_of(hex));
  CHECK(unpacked(packed(shard_of(hex))) == shard_of(hex));
  json other = record();
  other["license"] = json::binary({1, 2});
  CHECK_THAT(shard_failure(packed(shard_of(other))), Contains("3: ") && Contains("'license'"));
  json nested = record();
  nested["constrains"] = json::array({json::binary({1, 2})});
  CHECK_THAT(shard_failure(packed(shard_of(nested))), Contains("3: ") && Contains("bytes"));
}

TEST_CASE("read_shard: says which names its records need, virtual packages aside", "[shard]") {
  const std::string msgpack = packed(shard_of(record()));
  CHECK(read_shard(bytes_of(msgpack), "zlib", "s").needed ==
        std::vector<std::string>{"libgcc", "numpy"});
}

TEST_CASE("needed_name: is the name that solving looks for", "[shard]") {
  CHECK(needed_name("Python 3.12.*") == "python");
  CHECK(needed_name("conda-forge::zlib") == "zlib");
  CHECK(needed_name("zlib[version='>=1']") == "zlib");
  CHECK(needed_name("__cuda >=12").empty());
  CHECK(needed_name("py*").empty());
  CHECK(needed_name(">=3").empty());
}

TEST_CASE("read_shard: a record of another package is refused with exit 6", "[shard]") {
  json other = record();
  other["name"] = "openssl";
  CHECK_THAT(shard_failure(packed(shard_of(other))),
             Contains("6: ") && Contains("the shard of 'zlib', has a record of 'openssl'"));
  // Names are compared as they are looked for.
  other["name"] = "ZLib";
  CHECK_NOTHROW(unpacked(packed(shard_of(other))));
}

TEST_CASE("read_shard: hostile MessagePack is refused and claims no memory", "[shard]") {
  const std::string good = packed(shard_of(record()));
  for (std::size_t i = 0; i < good.size(); ++i)
    REQUIRE_THAT(shard_failure(good.substr(0, i)), Contains("3: "));
  CHECK_THAT(shard_failure(good + "x"), Contains("bytes follow"));
  // Four thousand million items, 4 GiB of text, an extension, a key that is none, a key twice.
  for (const std::string& bytes :
       {std::string("\xdd\xff\xff\xff\xff"), std::string("\xdf\xff\xff\xff\xff"),
        std::string("\x81\xa1x\xdb\xff\xff\xff\xff"), std::string("\x81\xa1x\xd4\x01\x02"),
        std::string("\x81\x01\x02"), std::string("\x82\xa8packages\x80\xa8packages\x80"),
        std::string("\x81\xa8packages\x90"), std::string("\x81\xa8packages\x81\xa1k\x01"),
        std::string("\x81\xa7removed\x91\x01"), std::string("\xc1"), std::string()})
    CHECK_THAT(shard_failure(bytes), Contains("3: ") && Contains("https://c.example/s"));
  MsgpackWriter infinite;
  infinite.map(1)
      .text("packages")
      .map(1)
      .text("zlib-1-0.conda")
      .map(1)
      .text("x")
      .real(std::numeric_limits<double>::infinity());
  CHECK_THAT(shard_failure(infinite.bytes), Contains("3: "));
}

TEST_CASE("read_shard: a hundred levels are refused with exit 6, in records and beside them",
          "[shard]") {
  const std::string nested(100'000, '\x91');
  MsgpackWriter in_record;
  in_record.map(1).text("packages").map(1).text("zlib-1-0.conda").map(1).text("x");
  CHECK_THAT(shard_failure(in_record.bytes + nested), Contains("6: ") && Contains("64 levels"));
  MsgpackWriter beside;
  beside.map(1).text("x");
  CHECK_THAT(shard_failure(beside.bytes + nested), Contains("6: ") && Contains("64 levels"));
}

TEST_CASE("parse_shard_index: names and hashes, as bytes or hex, sorted and in lower case",
          "[shard]") {
  const std::string hash(32, '\x07');
  MsgpackWriter out;
  out.map(4).text("version").whole(1).text("unknown").list(1).nil();
  out.text("info").map(3).text("base_url").text("../x/").text("shards_base_url").text("./s/");
  out.text("subdir").text("noarch");
  out.text("shards").map(3).text("ZLib").binary(hash).text("abc").text(Sha256().hex());
  out.text("zlib").binary(hash);
  const ShardIndex index = parse_shard_index(bytes_of(out.bytes), "i");
  CHECK(index.base_url == "../x/");
  CHECK(index.shards_base_url == "./s/");
  REQUIRE(index.shards.size() == 2);
  CHECK(index.shards[0].name == "abc");
  CHECK(index.shards[1].name == "zlib");
  CHECK(index.shards[1].shard.hex() == std::string("07070707070707070707070707070707"
                                                   "07070707070707070707070707070707"));
}

TEST_CASE("parse_shard_index: hostile documents are refused", "[shard]") {
  const auto with_name = [](std::string_view name) {
    MsgpackWriter out;
    out.map(1).text("shards").map(1).text(name).binary(std::string(32, 'x'));
    return out.bytes;
  };
  CHECK_NOTHROW(parse_shard_index(bytes_of(with_name("_libgcc_mutex")), "i"));
  for (const char* name : {"../../etc/passwd", "a/b", "a b", "", "a\nb", "a\x1b[0m", "a\\b"})
    CHECK_THAT(index_failure(with_name(name)), Contains("6: ") && Contains("no package name"));
  CHECK_THAT(index_failure(with_name(std::string(300, 'a'))), Contains("6: "));
  CHECK_THAT(index_failure(with_name("\xff")), Contains("6: "));
  const std::string good = with_name("zlib");
  for (std::size_t i = 0; i < good.size(); ++i)
    REQUIRE_THAT(index_failure(good.substr(0, i)), Contains("3: "));
  CHECK_THAT(index_failure(good + '\x01'), Contains("3: ") && Contains("bytes follow"));

  MsgpackWriter version;
  version.map(2).text("version").whole(2).text("shards").map(0);
  CHECK_THAT(index_failure(version.bytes), Contains("3: ") && Contains("version"));
  MsgpackWriter short_hash;
  short_hash.map(1).text("shards").map(1).text("a").binary("abc");
  CHECK_THAT(index_failure(short_hash.bytes), Contains("3: ") && Contains("SHA-256"));
  MsgpackWriter nothing;
  nothing.map(0);
  CHECK_THAT(index_failure(nothing.bytes), Contains("no 'shards'"));
  MsgpackWriter claims;
  claims.map(1).text("shards");
  CHECK_THAT(index_failure(claims.bytes + "\xdf\x7f\xff\xff\xff"), Contains("3: "));
}

}  // namespace envlock::test
