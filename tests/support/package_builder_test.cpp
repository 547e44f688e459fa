#include "tests/support/package_builder.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/digest.hpp"
#include "tests/support/channel_builder.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Json = ArchiveBuilder::Json;

/// A package with one of everything.
ArchiveBuilder hello() {
  return ArchiveBuilder("hello", "1.0", "0")
      .file("bin/hello", "#!/bin/sh\necho hello\n", 0755)
      .link("lib/a.so", "a.so.1")
      .file("lib/a.so.1", "library")
      .hard_link("lib/a.so.1.0", "lib/a.so.1")
      .directory("share/empty")
      .placeholder_text("etc/x.conf", "home = " + placeholder() + "\n")
      .no_link("share/" + std::string(120, 'n'), "long");
}

/// Whether `program` is there; says that the test is skipped where it is not.
bool have(const std::string& program, const TempDir& dir) {
  const bool found =
      run_program("/bin/sh", {"-c", "command -v " + program}, {.cwd = dir.path()}).exit == 0;
  if (!found) WARN("SKIPPED: " + program + " is not installed");
  return found;
}

Outcome shell(const TempDir& dir, const std::string& command) {
  return run_program("/bin/sh", {"-c", command}, {.cwd = dir.path()});
}

void check_hello_tree(const TempDir& dir, const std::string& folder) {
  CHECK(read_file(dir / (folder + "/bin/hello")) == "#!/bin/sh\necho hello\n");
  CHECK((fs::status(dir / (folder + "/bin/hello")).permissions() & fs::perms::owner_exec) !=
        fs::perms::none);
  CHECK(fs::read_symlink(dir / (folder + "/lib/a.so")) == "a.so.1");
  CHECK(fs::hard_link_count(dir / (folder + "/lib/a.so.1")) == 2);
  CHECK(fs::is_directory(dir / (folder + "/share/empty")));
  CHECK(read_file(dir / (folder + "/share/" + std::string(120, 'n'))) == "long");
}

Json info_json(const ArchiveBuilder& package, const std::string& name) {
  for (const TarEntry& entry : package.info_entries())
    if (entry.name == name) return Json::parse(entry.data);
  return nullptr;
}

}  // namespace

TEST_CASE("ArchiveBuilder: tar reads its .tar.bz2", "[support]") {
  const TempDir dir;
  if (!have("tar", dir) || !have("bzip2", dir)) return;
  dir.write("a.tar.bz2", hello().build_tar_bz2());
  const Outcome outcome = shell(dir, "mkdir out && tar -xjf a.tar.bz2 -C out");
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK(outcome.err.empty());
  check_hello_tree(dir, "out");
  CHECK(fs::exists(dir / "out/info/index.json"));
}

TEST_CASE("ArchiveBuilder: unzip, zstd and tar read its .conda", "[support]") {
  const TempDir dir;
  if (!have("unzip", dir) || !have("zstd", dir) || !have("tar", dir)) return;
  dir.write("a.conda", hello().build_conda());
  const Outcome outcome =
      shell(dir,
            "unzip -tq a.conda && unzip -q a.conda -d zip && mkdir out && "
            "for part in pkg info; do "
            "zstd -qdc zip/$part-hello-1.0-0.tar.zst | tar -xf - -C out || exit 1; done");
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  check_hello_tree(dir, "out");
  CHECK(read_file(dir / "zip/metadata.json") == R"({"conda_pkg_format_version": 2})");
  CHECK(Json::parse(read_file(dir / "out/info/index.json"))["name"] == "hello");
}

TEST_CASE("ArchiveBuilder: bsdtar reads both of its formats", "[support]") {
  const TempDir dir;
  if (!have("bsdtar", dir)) return;
  dir.write("a.tar.bz2", hello().build_tar_bz2());
  dir.write("a.conda", hello().build_conda());
  const Outcome outcome =
      shell(dir,
            "mkdir zip out && bsdtar -xf a.conda -C zip && "
            "bsdtar -xf zip/pkg-hello-1.0-0.tar.zst -C out && bsdtar -tf a.tar.bz2");
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  check_hello_tree(dir, "out");
  CHECK(outcome.out.find("lib/a.so.1.0\n") != std::string::npos);
}

TEST_CASE("ArchiveBuilder: paths.json says type, hash, size and placeholder of each path",
          "[support]") {
  const Json document = info_json(hello(), "info/paths.json");
  std::map<std::string, Json> by_path;
  for (const Json& entry : document["paths"]) by_path[entry["_path"]] = entry;
  CHECK(document["paths_version"] == 1);
  CHECK(by_path.size() == 7);
  // printf library | sha256sum
  const std::string library = "b718f1354f7247312eca086d9a024afe5fa717ddea5adeddd6f12bcf945b2e8c";
  CHECK(by_path["lib/a.so"]["path_type"] == "softlink");
  CHECK(by_path["lib/a.so"]["sha256"] == by_path["lib/a.so.1"]["sha256"]);
  CHECK(by_path["lib/a.so.1"]["sha256"] == library);
  CHECK(by_path["lib/a.so.1.0"]["size_in_bytes"] == 7);
  CHECK(by_path["share/empty"]["path_type"] == "directory");
  CHECK_FALSE(by_path["share/empty"].contains("sha256"));
  CHECK(by_path["etc/x.conf"]["file_mode"] == "text");
  CHECK(by_path["etc/x.conf"]["prefix_placeholder"].get<std::string>().size() == 255);
  CHECK(by_path["share/" + std::string(120, 'n')]["no_link"] == true);
}

TEST_CASE("ArchiveBuilder: the old style has lists and no paths.json", "[support]") {
  const ArchiveBuilder package = ArchiveBuilder("old")
                                     .placeholder_binary("bin/a b", placeholder() + '\0')
                                     .without_paths_json();
  std::map<std::string, std::string> info;
  for (const TarEntry& entry : package.info_entries()) info[entry.name] = entry.data;
  CHECK_FALSE(info.contains("info/paths.json"));
  CHECK(info["info/files"] == "bin/a b\n");
  CHECK(info["info/has_prefix"] == placeholder() + " binary \"bin/a b\"\n");
}

TEST_CASE("ArchiveBuilder: noarch python has link.json with its entry points", "[support]") {
  const ArchiveBuilder package =
      ArchiveBuilder("tool").noarch_python().entry_point("tool = tool.main:run");
  CHECK(package.index()["subdir"] == "noarch");
  const Json link = info_json(package, "info/link.json");
  CHECK(link["noarch"]["type"] == "python");
  CHECK(link["noarch"]["entry_points"] == Json::array({"tool = tool.main:run"}));
  CHECK(link["package_metadata_version"] == 1);
}

TEST_CASE("ArchiveBuilder: what is changed is changed, and equal calls give equal bytes",
          "[support]") {
  const ArchiveBuilder package = hello()
                                     .index_json([](Json& index) { index["name"] = "other"; })
                                     .paths_json([](Json& paths) { paths["paths_version"] = 2; })
                                     .info_file("info/about.json", "{}")
                                     .raw_tar_entry({.name = "../evil", .data = "x"});
  CHECK(info_json(package, "info/index.json")["name"] == "other");
  CHECK(info_json(package, "info/paths.json")["paths_version"] == 2);
  CHECK(info_json(package, "info/about.json").empty());
  CHECK(package.pkg_entries().back().name == "../evil");
  CHECK(hello().build_conda() == hello().build_conda());
  CHECK(hello().build_tar_bz2() == hello().build_tar_bz2());
  CHECK(hello().build_conda() != package.build_conda());
}

TEST_CASE("tar_of: GNU tar lists long names in both forms, and notices a wrong checksum",
          "[support]") {
  const TempDir dir;
  if (!have("tar", dir)) return;
  const std::string name(150, 'a');
  const std::string link(160, 'b');
  for (const bool gnu : {false, true}) {
    dir.write("a.tar", tar_of({{.name = name, .type = '2', .link = link, .gnu_long_names = gnu}}));
    const Outcome listed = shell(dir, "tar -tvf a.tar");
    CHECK(listed.exit == 0);
    CHECK(listed.out.find(name) != std::string::npos);
    CHECK(listed.out.ends_with(" -> " + link + "\n"));
  }
  dir.write("bad.tar", tar_of({{.name = "a", .wrong_checksum = true}}));
  CHECK(shell(dir, "tar -tf bad.tar").exit != 0);
}

TEST_CASE("tar_of: a size of ten gigabytes and pax records are read by GNU tar", "[support]") {
  const TempDir dir;
  if (!have("tar", dir)) return;
  dir.write("a.tar", tar_entry_bytes({.name = "big", .size = 10'000'000'000}) +
                         tar_entry_bytes({.name = "b"}));
  CHECK(shell(dir, "tar -tvf a.tar").out.find(" 10000000000 ") != std::string::npos);
  dir.write("p.tar", tar_of({{.name = "short", .pax = {{"path", "from-pax"}}}}));
  CHECK(shell(dir, "tar -tf p.tar").out == "from-pax\n");
  CHECK(pax_record("path", "a") == "9 path=a\n");
  CHECK(pax_record("path", "aa") == "11 path=aa\n");
  // One digit more makes the record longer by one.
  CHECK(pax_record("path", std::string(90, 'a')).substr(0, 9) == "99 path=a");
  CHECK(pax_record("path", std::string(91, 'a')).substr(0, 9) == "101 path=");
}

TEST_CASE("tar_of: a header edited at will gets a checksum that fits", "[support]") {
  const TempDir dir;
  if (!have("tar", dir)) return;
  const auto rename = [](std::string& header) { put_field(header, tar_name, "new"); };
  dir.write("a.tar", tar_of({{.name = "old", .edit = rename}}));
  CHECK(shell(dir, "tar -tf a.tar").out == "new\n");
  std::string header(512, '\0');
  CHECK_THROWS_AS(put_field(header, tar_mode, "123456789"), std::length_error);
}

TEST_CASE("zip_of: unzip reads zip64, data descriptors and comments", "[support]") {
  const TempDir dir;
  if (!have("unzip", dir)) return;
  dir.write("a.zip", zip_of({{.name = "a", .data = "one", .zip64 = true},
                             {.name = "b", .data = "two", .data_descriptor = true},
                             {.name = "c", .data = "three", .comment = "third"}},
                            {.comment = "all", .zip64_end = true}));
  CHECK(shell(dir, "unzip -tq a.zip").exit == 0);
  CHECK(shell(dir, "unzip -p a.zip").out == "onetwothree");
  CHECK(shell(dir, "unzip -z a.zip").out.find("all") != std::string::npos);
}

TEST_CASE("zip_of: unzip notices what the headers lie about", "[support]") {
  const TempDir dir;
  if (!have("unzip", dir)) return;
  const auto test_zip = [&](const ZipMember& member, const ZipShape& shape = {}) {
    dir.write("a.zip", zip_of({member}, shape));
    return shell(dir, "unzip -tq a.zip").exit;
  };
  CHECK(test_zip({.name = "a", .data = "text"}) == 0);
  CHECK(test_zip({.name = "a", .data = "text", .local = {.name = "b"}}) != 0);
  CHECK(test_zip({.name = "a", .data = "text", .local = {.crc32 = 1}, .central = {.crc32 = 1}}) !=
        0);
  CHECK(test_zip({.name = "a", .data = "text", .offset = 1}) != 0);
  CHECK(test_zip({.name = "a", .data = "text"},
                 {.prepended = "stub", .offsets_skip_prepended = true}) != 0);
  CHECK(test_zip({.name = "a", .data = "text"}, {.prepended = "stub"}) == 0);
}

TEST_CASE("zstd_of and bzip2_of: zstd and bzip2 read them, and see the window that is asked for",
          "[support]") {
  const TempDir dir;
  if (!have("zstd", dir) || !have("bzip2", dir)) return;
  const std::string text(300'000, 'x');
  dir.write("a.zst", zstd_of(text));
  dir.write("b.zst", zstd_skippable("skip") + zstd_stored(text, 20));
  dir.write("c.zst", zstd_stored(text, 30));
  dir.write("d.bz2", bzip2_of(text));
  CHECK(shell(dir, "zstd -dc a.zst").out == text);
  CHECK(shell(dir, "zstd -dc b.zst").out == text);
  // zstd's own limit is 2^27.
  CHECK(shell(dir, "zstd -dc c.zst").err.find("indow") != std::string::npos);
  CHECK(shell(dir, "bzip2 -dc d.bz2").out == text);
}

TEST_CASE("ChannelBuilder: envlock solves and fetches from it", "[support]") {
  const TempDir dir;
  ChannelBuilder(dir / "channel")
      .add_conda(hello().depends({"tool"}))
      .add_tar_bz2(ArchiveBuilder("tool").noarch_generic().file("share/tool", "t"));
  dir.write("environment.yml",
            "channels: [./channel]\nplatforms: [linux-64]\ndependencies: [hello]\n");
  const Outcome solved = run_envlock({"solve"}, {.cwd = dir.path()});
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  const Outcome fetched = run_envlock({"fetch", "--to", "out"}, {.cwd = dir.path()});
  INFO(fetched.err);
  REQUIRE(fetched.exit == 0);
  CHECK(read_file(dir / "out/linux-64/hello-1.0-0.conda") ==
        hello().depends({"tool"}).build_conda());
  CHECK(fs::exists(dir / "out/noarch/tool-1.0-0.tar.bz2"));
}

TEST_CASE("ChannelBuilder: a record says what a test wants", "[support]") {
  const TempDir dir;
  ChannelBuilder channel(dir / "channel");
  channel.add_conda(hello()).edit_record("hello-1.0-0.conda",
                                         [](Json& record) { record["size"] = 1; });
  const Json document = Json::parse(read_file(channel.file("linux-64", "repodata.json")));
  CHECK(document["packages.conda"]["hello-1.0-0.conda"]["size"] == 1);
  CHECK_THROWS_AS(channel.edit_record("none", [](Json&) {}), std::out_of_range);
}

}  // namespace envlock::test
