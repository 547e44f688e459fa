// How repodata.json is read: CF 2.1, 2.2, design section 12, and the catalogue J01-J13.
#include <catch2/catch.hpp>
#include <fstream>

#include "model/error.hpp"
#include "solver/repodata_record.hpp"
#include "tests/solver/index_support.hpp"
#include "tests/support/repodata_builder.hpp"

using namespace envlock;
using Catch::Contains;
using envlock::test::index_bytes;
using envlock::test::index_of;
using envlock::test::PackageBuilder;
using envlock::test::record_a;
using envlock::test::RepodataBuilder;
using envlock::test::with_records;

namespace {

/// The exit code with which `json` is refused; 0 where it is read.
int refused(const std::string& json) {
  try {
    index_bytes(json);
  } catch (const Error& error) {
    return static_cast<int>(error.exit_code());
  }
  return 0;
}
int refused_record(const std::string& more_fields) {
  return refused(with_records(record_a(more_fields)));
}
constexpr int malformed = 3;
constexpr int untrusted = 6;

PackageRecord record_with(const std::string& more_fields) {
  return index_of(with_records(record_a(more_fields)))->record(0);
}

std::string message_of(const std::string& json) {
  try {
    index_bytes(json);
  } catch (const Error& error) {
    return error.what();
  }
  return "not refused";
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + "1" + std::string(levels, ']');
}

}  // namespace

TEST_CASE("repodata: nothing, white space and {} are an empty channel", "[repodata]") {
  for (const std::string json :
       {"", " \n", "{}", " { } \n", R"({"packages":{},"packages.conda":{ }})",
        R"({"removed":[],"info":{}})"}) {
    INFO(json);
    CHECK(index_of(json)->summary().records == 0);
  }
}

TEST_CASE("repodata: HTML is named as what it is", "[repodata]") {
  CHECK_THROWS_WITH(index_bytes("\n<!DOCTYPE html><html>"), Contains("is HTML, not JSON"));
  CHECK(refused("<html>") == malformed);
}

TEST_CASE("repodata: the top-level keys may come in any order", "[repodata]") {
  const std::string parts[] = {
      R"("info":{"subdir":"linux-64","base_url":"../x"})",
      R"("packages":{"b-1-0.tar.bz2":{"name":"b","version":"1","build":"0","build_number":0}})",
      R"("packages.conda":{)" + record_a() + "}",
      R"("removed":["b-1-0.tar.bz2"])",
      R"("signatures":{"a-1-0.conda":{},"zz-1-0.conda":{}})",
      R"("v3":{"conda":{"a-1-0":{},"c-1-0":{}},"whl":{"w-1":{}}})"};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5};
  do {
    std::string json;
    for (const std::size_t i : order) json += (json.empty() ? "{" : ",") + parts[i];
    const auto index = index_of(json + "}");
    const IndexSummary& summary = index->summary();
    REQUIRE(summary.records == 1);
    REQUIRE(summary.removed == 1);
    REQUIRE(summary.orphan_signatures == 1);
    REQUIRE(summary.invisible_v3 == 2);
    REQUIRE(summary.base_url == "../x");
    REQUIRE(summary.subdir == "linux-64");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("repodata: no secret of a 'base_url' gets into the index", "[solver]") {
  const std::string url = GENERATE("https://me:canary@h.example/c", "https://h.example/t/canary/c",
                                   "https://h.example/c?sig=canary");
  const auto index = index_of(R"({"info":{"base_url":")" + url + R"("}})");
  CHECK_THAT(index->summary().base_url,
             Catch::StartsWith("https://") && !Catch::Contains("canary"));
}

TEST_CASE("repodata: unknown keys are ignored whatever they hold", "[repodata]") {
  const auto index = index_of(
      R"({"_url":"u","_etag":null,"x":{"a":[1,2,{"b":{}}]},"y":[[],[{}],"],}"],"z":-1.5e3,"packages":{},)"
      R"("packages.conda":{)" +
      record_a(R"("app":{"a":[{}]},"fn":"other.conda","url":1,"arch":null,"features":"x")") + "}}");
  CHECK(index->file_name(0) == "a-1-0.conda");  // the key counts, not `fn`
}

TEST_CASE("repodata: revisions 1 and 2 are read, 3 is not, at the top and in info", "[repodata]") {
  for (const std::string revision : {"1", "2"}) {
    CHECK(refused(R"({"repodata_version":)" + revision + "}") == 0);
    CHECK(refused(R"({"info":{"repodata_version":)" + revision + "}}") == 0);
  }
  for (const std::string revision : {"3", "\"1\"", "1.0", "-1", "null"}) {
    CHECK(refused(R"({"repodata_version":)" + revision + "}") == malformed);
    CHECK(refused(R"({"info":{"repodata_version":)" + revision + "}}") == malformed);
  }
}

TEST_CASE("repodata: a key of the wrong type is refused", "[repodata]") {
  for (const std::string key : {"packages", "packages.conda", "removed", "v3", "info"}) {
    for (const std::string value : {"1", "null", "\"x\"", "true"})
      CHECK(refused("{\"" + key + "\":" + value + "}") == malformed);
    const std::string other = key == "removed" ? "{}" : "[]";
    CHECK(refused("{\"" + key + "\":" + other + "}") == malformed);
  }
  CHECK(refused(R"({"packages":{"a-1-0.conda":[]}})") == malformed);
  CHECK(refused(R"({"removed":[1]})") == malformed);
  CHECK(refused(R"({"v3":{"conda":[]}})") == malformed);
  CHECK(refused(R"({"v3":{"conda":{"a":1}}})") == malformed);
  CHECK(refused(R"({"info":{"base_url":1}})") == malformed);
}

TEST_CASE("repodata: a required field that is missing or of another type is refused by name",
          "[repodata]") {
  for (const std::string field : {"name", "version", "build", "build_number"}) {
    CHECK_THROWS_WITH(
        index_bytes(RepodataBuilder("linux-64").add(PackageBuilder("a").without(field)).json()),
        Contains("a-1.0-0.conda") && Contains("'" + field + "' is missing"));
    CHECK_THROWS_WITH(
        index_bytes(
            RepodataBuilder("linux-64").add(PackageBuilder("a").set(field, nullptr)).json()),
        Contains("'" + field + "'") && Contains("found null"));
  }
}

TEST_CASE("repodata: fields that old channels leave null are absent", "[repodata]") {
  const PackageRecord record = record_with(
      R"("sha256":null,"md5":null,"size":null,"timestamp":null,"license":null,"subdir":null,)"
      R"("noarch":null,"track_features":null,"license_family":null,"arch":null)");
  CHECK_FALSE(record.sha256);
  CHECK_FALSE(record.md5);
  CHECK_FALSE(record.size);
  CHECK_FALSE(record.timestamp_ms);
  CHECK(record.noarch == NoArch::none);
}

TEST_CASE("repodata: noarch is text, true, false or empty", "[repodata]") {
  CHECK(record_with(R"("noarch":"python")").noarch == NoArch::python);
  CHECK(record_with(R"("noarch":"generic")").noarch == NoArch::generic);
  CHECK(record_with(R"("noarch":true)").noarch == NoArch::generic);
  CHECK(record_with(R"("noarch":false)").noarch == NoArch::none);
  CHECK(record_with(R"("noarch":"")").noarch == NoArch::none);
  CHECK(refused_record(R"("noarch":"ruby")") == malformed);
  CHECK(refused_record(R"("noarch":1)") == malformed);
}

TEST_CASE("repodata: times in seconds become milliseconds", "[repodata]") {
  // CF 2.2: 253402300799 is the last second of the year 9999.
  CHECK(record_with(R"("timestamp":1505691153)").timestamp_ms == 1505691153000);
  CHECK(record_with(R"("timestamp":253402300799)").timestamp_ms == 253402300799000);
  CHECK(record_with(R"("timestamp":253402300800)").timestamp_ms == 253402300800);
  CHECK(record_with(R"("timestamp":1505691153490)").timestamp_ms == 1505691153490);
  CHECK(record_with(R"("timestamp":1505691153490000)").timestamp_ms == 1505691153490000);
  CHECK(record_with(R"("timestamp":0)").timestamp_ms == 0);
  CHECK(record_with(R"("indexed_timestamp":5)").indexed_timestamp_ms == 5);
  CHECK_FALSE(record_with("").indexed_timestamp_ms);
}

TEST_CASE("repodata: track_features are a text or a list, split at spaces and commas",
          "[repodata]") {
  using Features = std::vector<std::string>;
  CHECK(record_with(R"("track_features":"b, a  c,,b")").track_features == Features{"a", "b", "c"});
  CHECK(record_with(R"("track_features":["b","a c"])").track_features == Features{"a", "b", "c"});
  CHECK(record_with(R"("track_features":"")").track_features.empty());
  CHECK(refused_record(R"("track_features":{})") == malformed);
}

TEST_CASE("repodata: a version that cannot be parsed drops its record, counted", "[repodata]") {
  const auto index = index_of(with_records(
      R"("b-1.0_-_-0.conda":{"name":"b","version":"1.0_-_","build":"0","build_number":0},)"
      R"("c-1.0_-_-0.conda":{"name":"c","version":"1.0_-_","build":"0","build_number":0},)"
      R"("-1-0.conda":{"name":"","version":"1","build":"0","build_number":0},)" +
      record_a()));
  CHECK(index->summary().bad_version == 3);
  CHECK(index->summary().records == 1);
  CHECK(index->find("b").empty());
}

TEST_CASE("repodata: a record without sha256 stays and is flagged, as is one with another text",
          "[repodata]") {
  const std::string hex(64, 'a');
  for (const std::string& field :
       {std::string(), std::string(R"("sha256":"")"), "\"sha256\":\"" + hex + "a\"",
        "\"sha256\":\"" + hex.substr(1) + "g\""}) {
    const auto index = index_of(with_records(record_a(field)));
    CHECK(index->summary().without_sha256 == 1);
    CHECK_FALSE(index->has_sha256(0));
    CHECK_FALSE(index->record(0).sha256);
  }
  CHECK(index_of(with_records(record_a("\"sha256\":\"" + hex + "\"")))->has_sha256(0));
  CHECK(refused_record(R"("sha256":1)") == malformed);
}

TEST_CASE("repodata: conditional dependencies are flagged, look-alikes are not", "[repodata]") {
  for (const std::string field :
       {R"("depends":["a","b[when=\"__linux\"]"])", R"("depends":["b[version='1', when = 'x']"])",
        R"("depends":["b[extras=[x]]"])", R"("depends":["b[flags=['cuda']]"])",
        R"("constrains":["b[when='x']"])", R"("flags":["cuda"])",
        R"("extra_depends":{"g":["x"]})"}) {
    const auto index = index_of(with_records(record_a(field)));
    CHECK(index->is_conditional(0));
    CHECK(index->summary().conditional == 1);
  }
  for (const std::string field :
       {R"("depends":["when=1","b[version='1,when=2']","flags","b[license=\"extras=\"]"])",
        R"("flags":[])", R"("extra_depends":{})"}) {
    CHECK_FALSE(index_of(with_records(record_a(field)))->is_conditional(0));
  }
}

TEST_CASE("repodata: a dependency that is no MatchSpec is kept as text", "[repodata]") {
  CHECK(record_with(R"("depends":["", "  ==", "foo >=1,<"])").depends ==
        std::vector<std::string>{"", "  ==", "foo >=1,<"});
}

// ---- the catalogue of hostile input -------------------------------------------------------------

TEST_CASE("repodata J01: depth 64 is read, 65 and 100,000 are refused", "[repodata]") {
  CHECK(refused(R"({"x":)" + nested(63) + "}") == 0);
  CHECK(refused(R"({"x":)" + nested(64) + "}") == untrusted);
  CHECK(refused_record("\"x\":" + nested(61)) == 0);
  CHECK(refused_record("\"x\":" + nested(62)) == untrusted);
  CHECK(refused(R"({"info":{"x":)" + nested(62) + "}}") == 0);
  CHECK(refused(R"({"info":{"x":)" + nested(63) + "}}") == untrusted);
  CHECK(refused(R"({"packages":)" + std::string(100'000, '[')) == untrusted);
}

TEST_CASE("repodata J02: duplicate keys are refused at the top, in maps and in records",
          "[repodata]") {
  CHECK(refused(R"({"info":{},"info":{}})") == malformed);
  CHECK(refused(R"({"x":1,"x":1})") == malformed);
  CHECK(refused(R"({"x":{},"\u0078":{}})") == malformed);
  CHECK(refused(R"({"packages":{},"packages":{}})") == malformed);
  CHECK(refused(R"({"v3":{"conda":{},"conda":{}}})") == malformed);
  CHECK(refused(R"({"info":{"subdir":"x","subdir":"x"}})") == malformed);
  CHECK(refused(with_records(record_a() + "," + record_a())) == malformed);
  CHECK(refused(R"({"packages":{)" + record_a() + R"(},"packages.conda":{)" + record_a() + "}}") ==
        malformed);
  CHECK(refused_record(R"("sha256":null,"sha256":null)") == malformed);
  CHECK(refused_record(R"("name":"a")") == malformed);
  CHECK(refused_record(R"("n\u0061me":"a")") == malformed);
  CHECK(refused_record(R"("odd":1,"other":2,"odd":3)") == malformed);
  CHECK(refused(R"({"signatures":{"a":{},"a":{}}})") == untrusted);
  CHECK(refused("{\"packages.conda\":{" + record_a() +
                R"(},"signatures":{"a-1-0.conda":{},"a-1-0.conda":{}}})") == untrusted);
  // Names that are dropped count too: else the second could differ unseen.
  CHECK(refused(R"({"packages":{"x":{"name":"x","version":"1","build":"0","build_number":0},)"
                R"("x":{"name":"x","version":"1","build":"0","build_number":0}}})") == malformed);
}

TEST_CASE("repodata J03: digits in a text are read in build_number and timestamp alone",
          "[repodata]") {
  const auto with_build_number = [](const std::string& value) {
    return with_records(R"("a-1-0.conda":{"name":"a","version":"1","build":"0","build_number":)" +
                        value + "}");
  };
  CHECK(index_of(with_build_number("\"17\""))->build_number(0) == 17);
  CHECK(index_of(with_build_number("65535"))->build_number(0) == 65535);
  CHECK(index_of(with_build_number("18446744073709551615"))->build_number(0) ==
        18446744073709551615ULL);
  for (const std::string value :
       {"1.0", "-1", "-0", "1e400", "18446744073709551616", "1e2", "\"\"", "\"1x\"", "\"-1\"",
        "\" 1\"", "\"1.0\"", "true", "[]", "01", "+1"})
    CHECK(refused(with_build_number(value)) == malformed);
  CHECK(record_with(R"("timestamp":"1505691153490")").timestamp_ms == 1505691153490);
  for (const std::string field :
       {R"("size":"12")", R"("size":1.0)", R"("size":-1)", R"("size":1e400)", R"("size":-0)",
        R"("timestamp":1.5)", R"("timestamp":9223372036854775808)", R"("license":1)",
        R"("md5":["x"])", R"("depends":"a")", R"("depends":null)", R"("depends":[1])",
        R"("constrains":{})", R"("subdir":1)", R"("extra_depends":1)", R"("flags":"x")"})
    CHECK(refused_record(field) == malformed);
}

TEST_CASE("repodata J04: broken UTF-8 and a byte order mark are refused", "[repodata]") {
  CHECK(refused_record("\"license\":\"\xff\"") == malformed);
  CHECK(refused_record("\"license\":\"\xc0\xaf\"") == malformed);      // overlong
  CHECK(refused_record("\"license\":\"\xed\xa0\x80\"") == malformed);  // a surrogate
  CHECK(refused_record("\"x\xff\":1") == malformed);
  CHECK(refused("{\"x\":[\"\xff\"]}") == malformed);
  CHECK(refused("\xef\xbb\xbf{}") == malformed);
  CHECK_THROWS_WITH(index_bytes("\xef\xbb\xbf{}", 1), Contains("byte order mark"));
  CHECK(refused("{}\xef\xbb\xbf") == malformed);
  CHECK(refused_record("\"license\":\"a\nb\"") == malformed);  // a control character
}

TEST_CASE("repodata J04: half of a surrogate pair is refused", "[repodata]") {
  for (const std::string text :
       {"\\ud800", "\\udc00", "\\udfff", "\\ud83dx", "\\ud83d\\n", "\\ud83d\\u0041",
        "\\ud83d\\ud83d", "\\ude00\\ud83d", "\\ud83d\\", "\\ud83"}) {
    INFO(text);
    CHECK(refused_record("\"license\":\"" + text + "\"") == malformed);
    CHECK(refused_record("\"" + text + "\":1") == malformed);
  }
}

TEST_CASE("repodata J04: a NUL in a text drops its record, counted", "[repodata]") {
  const std::string fine =
      R"("b-1-0.conda":{"name":"b","version":"1","build":"0","build_number":0,"license":"\u00e9\ud83d\ude00\n"})";
  for (const std::string field : {R"("license":"\u0000")", R"("depends":["a\u0000b"])",
                                  R"("x":{"\u0000":1})", R"("x":[["\u0000"]])"}) {
    INFO(field);
    const auto index = index_of(with_records(record_a(field) + "," + fine));
    CHECK(index->summary().bad_text == 1);
    CHECK(index->find("a").empty());
    CHECK(index->record(index->find("b").first).license == "\xc3\xa9\xf0\x9f\x98\x80\n");
  }
  const auto index = index_of(with_records(
      R"("a-1-0\u0000.conda":{"name":"a","version":"1","build":"0\u0000","build_number":0})"));
  CHECK(index->summary().bad_text == 1);
  CHECK(index->summary().records == 0);
}

TEST_CASE("repodata J04: a NUL outside the records is refused", "[repodata]") {
  for (const std::string json :
       {R"({"\u0000":1})", R"({"info":{"base_url":"\u0000"}})", R"({"removed":["\u0000"]})",
        R"({"signatures":{"\u0000":{}}})", R"({"x":["\u0000"]})", R"({"x":{"\u0000":1}})",
        R"({"v3":{"conda":{"\u0000":{}}}})", R"({"v3":{"\u0000":{}}})"}) {
    INFO(json);
    CHECK(refused(json) == malformed);
  }
}

TEST_CASE("repodata J05: what is not JSON is refused", "[repodata]") {
  for (const std::string json : {"NaN",
                                 "[]",
                                 "1",
                                 "null",
                                 "\"x\"",
                                 "{",
                                 "}",
                                 "{}{}",
                                 "{}x",
                                 "{},",
                                 "{,}",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{\"a\":1 \"b\":2}",
                                 "{\"a\":1,,\"b\":2}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{\"a\":1]",
                                 "{\"a\":[1}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[,1]}",
                                 "{\"a\":[1,,2]}",
                                 "{\"a\":{]}",
                                 "{\"a\":{\"b\":1,}}",
                                 "{\"a\":{,\"b\":1}}",
                                 "{\"a\":{\"b\":1,,\"c\":2}}",
                                 "{\"a\":NaN}",
                                 "{\"a\":Infinity}",
                                 "{\"a\":nul}",
                                 "{\"a\":1/**/}",
                                 "{//\n}",
                                 "{\"a\\x\":1}",
                                 "{\"a\":[]]}",
                                 "{\"a\":01}",
                                 "{\"a\":.5}",
                                 "{\"a\":1.}",
                                 "{\"a\" 1}",
                                 "{\"a\":1}\\",
                                 "{\"packages\":{}]",
                                 "{\"packages\":{\"a\":{}},}",
                                 "{\"packages\":{\"a\":{]}}",
                                 "{\"packages\":{\"a\":{},}}",
                                 "{\"packages\":{,}}",
                                 "{\"packages\":{\"a\":{}\"b\":{}}}",
                                 "{\"info\":{}x}",
                                 "{\"removed\":[\"a\",]}",
                                 "{\"removed\":[,]}",
                                 "{\"v3\":{\"conda\":{},}}",
                                 "{\"v3\":{,}}",
                                 "\\\"{}",
                                 "{\\\"a\":1}"}) {
    INFO(json);
    CHECK(refused(json) == malformed);
    try {
      index_bytes(json, 1);
      FAIL("read one byte at a time it is accepted");
    } catch (const Error& error) {
      CHECK(error.exit_code() == ExitCode::invalid_input);
    }
  }
}

TEST_CASE("repodata J05: a fault among many records is named with its place", "[repodata]") {
  std::string records;
  for (int i = 0; i < 500; ++i) {
    const std::string n = std::to_string(i);
    records += (i == 0 ? "\"p" : ",\"p") + n + "-1-0.conda\":{\"name\":\"p" + n +
               (i == 321 ? "\",}" : "\",\"version\":\"1\",\"build\":\"0\",\"build_number\":0}");
  }
  const std::string json = with_records(records);
  const std::string message = message_of(json);
  CHECK_THAT(message, Contains("\"p321-1-0.conda\""));
  CHECK_THAT(message, Contains("byte " + std::to_string(json.find("\"p321-"))));
  // A wrong type is named in the same way.
  std::string wrong = json;
  wrong.replace(json.find("\",}"), 3,
                "\",\"version\":\"1\",\"build\":\"0\",\"build_number\":0,\"size\":{}}");
  CHECK_THAT(message_of(wrong),
             Contains("'p321-1-0.conda': field 'size': expected a whole number"));
  CHECK_THAT(message_of(wrong), Contains("byte " + std::to_string(json.find("\"p321-"))));
}

TEST_CASE("repodata J06: the record's fields count, and a key that is no file name is dropped",
          "[repodata]") {
  const auto index = index_of(with_records(
      R"("other-9-9.conda":{"name":"a","version":"1","build":"0","build_number":0,"subdir":"win-64"})"));
  CHECK(index->file_name(index->find("a").first) == "other-9-9.conda");
  CHECK(index->record(0).subdir == "linux-64");  // the folder's
  CHECK(index->summary().key_mismatch == 1);
  CHECK(index->summary().subdir_mismatch == 1);

  for (const std::string key :
       {"../a-1-0.conda", "x/a-1-0.conda", "a-1-0.conda/", "a-1-0.CONDA", "a-1-0.whl", "a-1-0",
        ".conda", ".tar.bz2", "", "a..conda", "x\\\\a.conda", "a\\nb-1-0.conda"}) {
    INFO(key);
    const auto dropped = index_of(
        with_records("\"" + key + R"(":{"name":"a","version":"1","build":"0","build_number":0})"));
    CHECK(dropped->summary().records == 0);
    CHECK(dropped->summary().bad_file_name == 1);
  }
}

TEST_CASE("repodata J06: a .conda under packages is a record like any other", "[repodata]") {
  CHECK(index_of("{\"packages\":{" + record_a() + "}}")->file_name(0) == "a-1-0.conda");
}

TEST_CASE("repodata: two records with equal name, version and build are both kept", "[repodata]") {
  const auto index = index_of(with_records(
      record_a() + R"(,"copy.conda":{"name":"a","version":"1","build":"0","build_number":0})"));
  CHECK(index->find("a").last == 2);
}

TEST_CASE("repodata J08: list, text, record and document limits", "[repodata]") {
  const auto depends = [](std::size_t count) {
    std::string list = "\"depends\":[\"x\"";
    for (std::size_t i = 1; i < count; ++i) list += ",\"x\"";
    return list + "]";
  };
  CHECK(refused_record(depends(10'000)) == 0);
  CHECK(refused_record(depends(10'001)) == untrusted);
  CHECK(refused_record("\"license\":\"" + std::string(65'536, 'x') + "\"") == 0);
  CHECK(refused_record("\"license\":\"" + std::string(65'537, 'x') + "\"") == untrusted);
  CHECK(refused_record("\"x\":\"" + std::string(std::size_t{5} << 20U, 'x') + "\"") == untrusted);
  CHECK(refused("{\"x\":\"" + std::string(std::size_t{5} << 20U, 'x') + "\"}") == untrusted);
  CHECK(refused("{\"" + std::string(70'000, 'x') + "\":1}") == untrusted);
  const std::string spaces(std::size_t{6} << 20U, ' ');
  CHECK(refused("{\"x\"" + spaces + ":1}") == untrusted);
  CHECK(refused("{" + spaces + "\"x\":1}") == untrusted);
  CHECK(refused("{\"x\":" + spaces + "1}") == untrusted);
  CHECK(refused(spaces + "{}" + spaces) == 0);
  // Only single values are limited: an unknown list of any length is skipped.
  std::string numbers = "{\"x\":[0";
  for (int i = 0; i < 3'000'000; ++i) numbers += ",0";
  CHECK(refused(numbers + "]}") == 0);

  const std::string json = with_records(record_a());
  IndexBuilder::Options options;
  options.max_json_bytes = json.size();
  CHECK_NOTHROW(index_bytes(json, test::in_one_piece, options));
  options.max_json_bytes = json.size() - 1;
  CHECK_THROWS_AS(index_bytes(json, test::in_one_piece, options), TrustError);
  options = {};
  options.max_records = 1;
  CHECK_NOTHROW(index_bytes(json, test::in_one_piece, options));
  options.max_records = 0;
  CHECK_THROWS_AS(index_bytes(json, test::in_one_piece, options), TrustError);
}

TEST_CASE("repodata J12: versions that bomb parsers drop their record or are read", "[repodata]") {
  for (const std::string& version :
       {std::string("1!!1"), std::string("1!2!3"), std::string(70, '.'),
        "1." + std::string(60'000, '1') + "_-"}) {
    const auto index = index_of(with_records("\"a.conda\":{\"name\":\"a\",\"version\":\"" +
                                             version + "\",\"build\":\"0\",\"build_number\":0}"));
    CHECK(index->summary().bad_version == 1);
  }
}

TEST_CASE("repodata J13: signatures of another type are untrusted, orphans are counted",
          "[repodata]") {
  for (const std::string value :
       {"[]", "null", "1", "\"x\"", R"({"a-1-0.conda":[]})", R"({"a-1-0.conda":null})"})
    CHECK(refused("{\"signatures\":" + value + "}") == untrusted);
  const auto index = index_of("{\"packages.conda\":{" + record_a() +
                              R"(},"signatures":{"a-1-0.conda":{},"b-1-0.conda":{}}})");
  CHECK(index->summary().orphan_signatures == 1);
  CHECK(index->summary().records == 1);
}

TEST_CASE("repodata: each record's raw bytes are offered under its file name", "[repodata]") {
  const std::string json =
      "{ \"packages\" : { \"a-1-0.conda\" :\n {\"name\":\"a\" , \"version\":\"1\",\"build\":\"0\","
      "\"build_number\":0,\"x\":\"}\\\",{\"} , \"bad/key\": {\"name\":\"a\",\"version\":\"1\","
      "\"build\":\"0\",\"build_number\":0}\n} }";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, test::in_one_piece}) {
    std::vector<std::pair<std::string, std::string>> seen;
    IndexBuilder::Options options;
    options.on_record = [&](std::string_view file_name, std::string_view raw) {
      seen.emplace_back(file_name, raw);
    };
    index_bytes(json, piece, options);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].first == "a-1-0.conda");
    CHECK(seen[0].second ==
          "{\"name\":\"a\" , \"version\":\"1\",\"build\":\"0\",\"build_number\":0,"
          "\"x\":\"}\\\",{\"}");
    CHECK(seen[1].first == "bad/key");
    CHECK(seen[1].second == R"({"name":"a","version":"1","build":"0","build_number":0})");
  }
}
