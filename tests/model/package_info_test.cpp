#include "model/package_info.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

using namespace std::string_literals;

const std::string sha = "77304005ceb5f0d03ad4c37eb8386a10866e4ceeb204f7c3b6599834c7319541";
const std::string index_json =
    R"({"arch": "x86_64", "build": "h1_3", "build_number": 3, "depends": ["libgcc-ng"],
        "name": "zlib", "subdir": "linux-64", "timestamp": 1542814864621, "version": "1.2.11"})";

std::string paths_json(const std::string& entries) {
  return R"({"paths": [)" + entries + R"(], "paths_version": 1})";
}

/// A file's entry with `more` members before what each must have.
std::string entry(const std::string& more) {
  return "{" + more + R"(, "sha256": ")" + sha + R"(", "size_in_bytes": 7})";
}

PackageInfoFiles with_paths(const std::string& json) {
  PackageInfoFiles files;
  files.index_json = index_json;
  files.paths_json = json;
  return files;
}

PackageInfoFiles with_index(const std::string& json) {
  PackageInfoFiles files = with_paths(paths_json(""));
  files.index_json = json;
  return files;
}

PackageInfoFiles with_link(const std::string& json, const std::string& noarch = "python") {
  PackageInfoFiles files =
      with_index(R"({"name": "x", "version": "1", "build": "0", "build_number": 0, "noarch": ")" +
                 noarch + "\"}");
  files.link_json = json;
  return files;
}

PackageInfoFiles old(const std::string& list, std::optional<std::string> has_prefix = {},
                     std::optional<std::string> no_link = {}) {
  PackageInfoFiles files;
  files.index_json = index_json;
  files.files = list;
  files.has_prefix = std::move(has_prefix);
  files.no_link = std::move(no_link);
  return files;
}

PackageInfo read(const PackageInfoFiles& files) { return read_package_info(files, "x-1-0.conda"); }

/// The message, which must name the package; "" where nothing is refused.
std::string refusal(const PackageInfoFiles& files) {
  try {
    (void)read(files);
  } catch (const TrustError& error) {
    CHECK_FALSE(error.hint().empty());
    const std::string what = error.what();
    const std::string who = "'x-1-0.conda': ";
    REQUIRE(what.substr(0, who.size()) == who);
    return what.substr(who.size());
  }
  return {};
}

std::string path_refusal(const std::string& more) {
  return refusal(with_paths(paths_json(entry(more))));
}

}  // namespace

TEST_CASE("package info: paths.json as conda-build and rattler-build write it", "[package_info]") {
  const PackageInfo info = read(with_paths(R"({
    "paths": [
      {"_path": "lib/pkgconfig/zlib.pc", "file_mode": "text", "path_type": "hardlink",
       "prefix_placeholder": "/opt/anaconda1anaconda2anaconda3", "sha256": ")" +
                                           sha + R"(",
       "size_in_bytes": 252},
      {"_path": "lib/libz.so", "path_type": "softlink", "sha256": "", "size_in_bytes": 133384,
       "file_mode": "binary", "prefix_placeholder": "/ph"},
      {"_path": "bin/x", "no_link": true, "sha256": ")" +
                                           sha + R"(", "size_in_bytes": 1,
       "file_mode": "binary", "prefix_placeholder": "C:/ci/zlib/_h_env", "inode_paths": [3]},
      {"_path": "share/empty", "path_type": "directory"},
      {"_path": "a", "path_type": null, "file_mode": null, "prefix_placeholder": null,
       "sha256": ")" + sha + R"(", "size_in_bytes": 0}],
    "paths_version": 1, "later": {"x": []}})"));
  const Sha256 digest = *Sha256::parse(sha);
  using enum PathType;
  CHECK(info.paths == std::vector<PackagePath>{
                          {"a", file, digest, 0, "", PlaceholderMode::text},
                          {"bin/x", file, digest, 1, "C:/ci/zlib/_h_env", PlaceholderMode::binary},
                          {"lib/libz.so", link, {}, {}, "", PlaceholderMode::text},
                          {"lib/pkgconfig/zlib.pc", file, digest, 252,
                           "/opt/anaconda1anaconda2anaconda3", PlaceholderMode::text},
                          {"share/empty", directory, {}, {}, "", PlaceholderMode::text}});
  CHECK(info.index.name == "zlib");
  CHECK(info.index.version == "1.2.11");
  CHECK(info.index.build == "h1_3");
  CHECK(info.index.build_number == 3);
  CHECK(info.index.subdir == "linux-64");
  CHECK(info.index.noarch == NoArch::none);
  CHECK(info.entry_points.empty());
}

TEST_CASE("package info: a placeholder without a mode is for texts", "[package_info]") {
  const auto info =
      read(with_paths(paths_json(entry(R"("_path": "x", "prefix_placeholder": "/opt/x")"))));
  CHECK(info.paths[0].placeholder_mode == PlaceholderMode::text);
}

TEST_CASE("package info: a path that no package may have is refused with its line (A25)",
          "[package_info]") {
  CHECK(refusal(with_paths(
            paths_json(entry(R"("_path": "bin/x")") + ",\n" + entry(R"("_path": "../x")")))) ==
        "info/paths.json:2: 'paths[../x]._path': the path '../x': it holds a '..' part");
  CHECK_THAT(path_refusal(R"("_path": "/etc/x")"), Catch::Contains("it is absolute"));
  CHECK_THAT(path_refusal(R"("_path": "conda-meta/history")"), Catch::Contains("conda-meta"));
  CHECK_THAT(path_refusal(R"("_path": "a\u0000b")"), Catch::Contains("NUL"));
  CHECK_THAT(path_refusal(R"("_path": "a\u001bb")"), Catch::Contains("control character"));
  CHECK_THAT(path_refusal(R"("_path": "")"), Catch::Contains("it is empty"));
}

TEST_CASE("package info: a path that is listed twice is refused (A25)", "[package_info]") {
  const std::string one = entry(R"("_path": "bin/x")");
  const std::string link = R"({"_path": "bin/x", "path_type": "softlink"})";
  CHECK(refusal(with_paths(paths_json(one + "," + one))) == "'bin/x' is listed twice");
  CHECK(refusal(with_paths(paths_json(one + "," + entry(R"("_path": "a")") + "," + link))) ==
        "'bin/x' is listed twice");
  CHECK(refusal(old("bin/x\na\nbin/x\n")) == "'bin/x' is listed twice");
}

TEST_CASE("package info: more paths than any package has are refused (A25)", "[package_info]") {
  std::string list;
  for (int i = 0; i <= 5'000'000; ++i) list += "x\n";
  CHECK(refusal(old(list)) == "info/files: expected at most 5000000 paths, found 5000001");
  std::string items = "0";
  for (int i = 0; i < 5'000'000; ++i) items += ",0";
  CHECK_THAT(refusal(with_paths(paths_json(items))),
             Catch::Contains("expected at most 5000000 paths, found 5000001"));
}

TEST_CASE("package info: empty, relative and odd placeholders are refused (A26)",
          "[package_info]") {
  const auto of = [](const std::string& placeholder) {
    return path_refusal(R"("_path": "x", "prefix_placeholder": ")" + placeholder + "\"");
  };
  CHECK_THAT(of(""), Catch::Contains("it is empty"));
  CHECK_THAT(of("opt/x"), Catch::Contains("it is relative"));
  CHECK_THAT(of("C:opt"), Catch::Contains("it is relative"));
  CHECK_THAT(of("C:"), Catch::Contains("it is relative"));
  CHECK_THAT(of("/"), Catch::Contains("it is only a root"));
  CHECK_THAT(of("C:/"), Catch::Contains("it is only a root"));
  CHECK_THAT(of("/a\\nb"), Catch::Contains("control character"));
  CHECK_THAT(of("/a\\u0000b"), Catch::Contains("NUL"));
  CHECK(of("/opt/x").empty());
}

TEST_CASE("package info: wrong types and values in paths.json are refused", "[package_info]") {
  CHECK_THAT(path_refusal(R"("_path": 1)"), Catch::Contains("expected a text"));
  CHECK_THAT(path_refusal(R"("_path": "x", "path_type": "pyc_file")"),
             Catch::Contains("expected 'hardlink', 'softlink' or 'directory'"));
  CHECK_THAT(path_refusal(R"("_path": "x", "file_mode": "hex")"),
             Catch::Contains("expected 'text' or 'binary'"));
  CHECK_THAT(path_refusal(R"("_path": "x", "no_link": "yes")"),
             Catch::Contains("expected true or false"));
  CHECK_THAT(path_refusal(R"("_path": "x", "prefix_placeholder": ["/x"])"),
             Catch::Contains("expected a text"));
  CHECK_THAT(path_refusal(R"("_path": "x", "_path": "y")"), Catch::Contains("given twice"));
  CHECK_THAT(path_refusal(R"("path": "x")"), Catch::Contains("'_path' is missing"));
  const auto whole = [](const std::string& text) { return refusal(with_paths(paths_json(text))); };
  CHECK_THAT(whole(R"({"_path": "x", "size_in_bytes": 1})"),
             Catch::Contains("'sha256' of 'x' is missing"));
  CHECK_THAT(whole(R"({"_path": "x", "sha256": ")" + sha + "\"}"),
             Catch::Contains("'size_in_bytes' of 'x' is missing"));
  CHECK_THAT(whole(R"({"_path": "x", "size_in_bytes": 1, "sha256": "abc"})"),
             Catch::Contains("64 lower-case hex digits"));
  for (const char* size : {"-1", "1.5", "\"7\"", "1099511627777", "1e3"}) {
    INFO(size);
    CHECK_FALSE(
        whole(R"({"_path": "x", "sha256": ")" + sha + R"(", "size_in_bytes": )" + size + "}")
            .empty());
  }
  CHECK_THAT(whole("1"), Catch::Contains("expected an object"));
}

TEST_CASE("package info: only version 1 of paths.json is read", "[package_info]") {
  CHECK_THAT(refusal(with_paths(R"({"paths": [], "paths_version": 2})")),
             Catch::Contains("'paths_version': expected 1"));
  CHECK_THAT(refusal(with_paths(R"({"paths": []})")),
             Catch::Contains("'paths_version' is missing"));
  CHECK_THAT(refusal(with_paths(R"({"paths_version": 1})")), Catch::Contains("'paths' is missing"));
  CHECK_THAT(refusal(with_paths(R"({"paths": {}, "paths_version": 1})")),
             Catch::Contains("expected a list"));
  CHECK_THAT(refusal(with_paths("{")), Catch::Contains("info/paths.json:1: not valid JSON"));
  CHECK_THAT(refusal(with_paths("[]")), Catch::Contains("expected an object"));
}

TEST_CASE("package info: index.json must name the package", "[package_info]") {
  for (const char* key : {"name", "version", "build", "build_number"}) {
    std::string json = index_json;
    json.replace(json.find("\"" + std::string(key) + "\":"), std::string(key).size() + 2, "\"y\"");
    INFO(key);
    CHECK_THAT(refusal(with_index(json)), Catch::Contains("'" + std::string(key) + "' is missing"));
  }
  CHECK(refusal(PackageInfoFiles{}) == "its info/index.json is missing");
  CHECK_THAT(refusal(with_index("{\"name\": \"\"}")), Catch::Contains("not empty"));
  CHECK_THAT(refusal(with_index("[]")), Catch::Contains("expected an object"));
}

TEST_CASE("package info: the forms that build_number and noarch have had", "[package_info]") {
  const auto with = [](const std::string& more) {
    return with_index(R"({"name": "x", "version": "1", "build": "0", )" + more + "}");
  };
  CHECK(read(with(R"("build_number": "12")")).index.build_number == 12);  // J03
  CHECK_THAT(refusal(with(R"("build_number": "1x")")), Catch::Contains("a whole number"));
  CHECK_THAT(refusal(with(R"("build_number": "")")), Catch::Contains("a whole number"));
  CHECK_THAT(refusal(with(R"("build_number": -1)")), Catch::Contains("a whole number"));
  CHECK_THAT(refusal(with(R"("build_number": "18446744073709551616")")),
             Catch::Contains("a whole number"));
  const auto noarch = [&](const std::string& value) {
    return read(with(R"("build_number": 0, "noarch": )" + value)).index.noarch;
  };
  CHECK(noarch("\"python\"") == NoArch::python);
  CHECK(noarch("\"generic\"") == NoArch::generic);
  CHECK(noarch("true") == NoArch::generic);
  CHECK(noarch("false") == NoArch::none);
  CHECK(noarch("null") == NoArch::none);
  CHECK_THAT(refusal(with(R"("build_number": 0, "noarch": "ruby")")),
             Catch::Contains("'python' or 'generic'"));
}

TEST_CASE("package info: the entry points of link.json, in its order", "[package_info]") {
  const PackageInfo info = read(with_link(R"({"package_metadata_version": 1, "noarch":
      {"type": "python", "entry_points": ["pip3 = pip._internal.cli.main:main", "a=b:c.d"]},
      "preferred_env": null})"));
  CHECK(info.entry_points ==
        std::vector<EntryPoint>{{"pip3", "pip._internal.cli.main", "main"}, {"a", "b", "c.d"}});
  CHECK(read(with_link(R"({"package_metadata_version": 1, "noarch": {"type": "generic"}})",
                       "generic"))
            .entry_points.empty());
}

TEST_CASE("package info: a link.json that would become other code is refused", "[package_info]") {
  const auto of = [](const std::string& entry_points) {
    return refusal(with_link(R"({"package_metadata_version": 1, "noarch":
        {"type": "python", "entry_points": [)" +
                             entry_points + "]}}"));
  };
  CHECK_THAT(of("\"x = os:system('y')\""),
             Catch::Contains("expected an entry point as 'command = module:function'"));
  CHECK_THAT(of("\"../x = a:b\""), Catch::Contains("expected an entry point"));
  CHECK_THAT(of("\"x = a:b\", \"x = c:d\""), Catch::Contains("'x' is given twice"));
  CHECK_THAT(of("1"), Catch::Contains("expected a text"));
  CHECK_THAT(refusal(with_link(R"({"package_metadata_version": 2})")),
             Catch::Contains("expected 1"));
  CHECK_THAT(refusal(with_link("{}")), Catch::Contains("'package_metadata_version' is missing"));
  CHECK_THAT(refusal(with_link(R"({"package_metadata_version": 1, "noarch": {}})")),
             Catch::Contains("'type' is missing"));
  CHECK_THAT(refusal(with_link(R"({"package_metadata_version": 1, "noarch": {"type": "ruby"}})")),
             Catch::Contains("'python' or 'generic'"));
  CHECK_THAT(refusal(with_link(R"({"package_metadata_version": 1, "noarch": {"type": "python"}})",
                               "generic")),
             Catch::Contains("which info/index.json does not say"));
}

TEST_CASE("package info: an old package has info/files and info/has_prefix", "[package_info]") {
  // CF 7.5: one token is a path, three are placeholder, mode and path, each possibly quoted
  const PackageInfo info = read(old("bin/x\nlib/a b\r\n\nlib/c\nbin/y\n",
                                    "bin/x\n"
                                    "\"/opt/my place\" \"binary\" \"lib/a b\"\n"
                                    "/opt/place text   lib/c\r\n",
                                    "bin/y\n"));
  using enum PathType;
  CHECK(info.paths ==
        std::vector<PackagePath>{
            {"bin/x", file, {}, {}, "/opt/anaconda1anaconda2anaconda3", PlaceholderMode::text},
            {"bin/y", file, {}, {}, "", PlaceholderMode::text},
            {"lib/a b", file, {}, {}, "/opt/my place", PlaceholderMode::binary},
            {"lib/c", file, {}, {}, "/opt/place", PlaceholderMode::text}});
  CHECK(read(old("")).paths.empty());
}

TEST_CASE("package info: paths.json wins over the old files", "[package_info]") {
  PackageInfoFiles files = old("../ignored\n", "\"");
  files.paths_json = paths_json(entry(R"("_path": "x")"));
  REQUIRE(read(files).paths.size() == 1);
  CHECK(read(files).paths[0].path == "x");
}

TEST_CASE("package info: malformed old files are refused with their line", "[package_info]") {
  CHECK(refusal(old("a\n../x\n")) == "info/files:2: the path '../x': it holds a '..' part");
  CHECK(refusal(old("a\n", "\n\"a\n")) == "info/has_prefix:2: a quote is not closed");
  CHECK(refusal(old("a\n", "\"/x\"text a\n")) ==
        "info/has_prefix:1: expected a blank behind a closing quote");
  CHECK(refusal(old("a\n", "/x a\n")) ==
        "info/has_prefix:1: expected a path, or a placeholder, a mode and a path, found 2 words");
  CHECK(refusal(old("a\n", "/x hex a\n")) ==
        "info/has_prefix:1: expected 'text' or 'binary', found 'hex'");
  CHECK(refusal(old("a\n", "x text a\n")) ==
        "info/has_prefix:1: the placeholder 'x': it is relative");
  CHECK(refusal(old("a\n", "\"\" text a\n")) ==
        "info/has_prefix:1: the placeholder '': it is empty");
  CHECK(refusal(old("a\n", "b\n")) == "info/has_prefix:1: 'b' is not in info/files");
  CHECK(refusal(old("a\n", "a\na\n")) == "info/has_prefix:2: 'a' is listed twice");
  CHECK(refusal(old("a\n", {}, "b\n")) == "info/no_link:1: 'b' is not in info/files");
  PackageInfoFiles nothing;
  nothing.index_json = index_json;
  CHECK(refusal(nothing) == "it has neither info/paths.json nor info/files");
}

}  // namespace envlock::test
