// The small parts of packs: tar headers, the table of frames, temporary files, filters.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "pack/seek_table.hpp"
#include "pack/self_extracting.hpp"
#include "pack/tar_reader.hpp"
#include "pack/tar_writer.hpp"
#include "pack/temp_file.hpp"
#include "pack/tree_filter.hpp"
#include "tests/pack/packed.hpp"
#include "tests/support/program.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::string> paths_of(const TreePlan& plan) {
  std::vector<std::string> paths;
  for (const PlannedFile& file : plan.files) paths.push_back(file.path);
  return paths;
}

bool has(const TreePlan& plan, const std::string& path) {
  const auto paths = paths_of(plan);
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

TEST_CASE("tar_item_header: GNU tar takes long names and sizes above 8 GiB", "[pack parts]") {
  const TempDir dir;
  const std::string name = std::string(90, 'd') + "/" + std::string(200, 'n');
  std::string tar = tar_item_header({.path = std::string(100, 'x'), .size_bytes = 0});
  tar += tar_item_header({.path = name, .type = PathType::link, .target = std::string(150, 't')});
  const std::uint64_t huge = (std::uint64_t{9} << 30U) + 17;
  tar += tar_item_header({.path = "huge", .executable = true, .size_bytes = huge, .mtime_s = 1});
  dir.write("t.tar", tar);
  // The content of the last one does not follow, and GNU tar says so after it told the header.
  const Outcome listed = run_program("/bin/tar", {"--utc", "-tvf", "t.tar"}, {.cwd = dir.path()});
  CHECK_THAT(listed.out, Contains(" " + std::string(100, 'x') + "\n") &&
                             Contains(" " + name + " -> " + std::string(150, 't') + "\n") &&
                             Contains("-rwxr-xr-x 0/0      9663676433 1970-01-01 00:00 huge\n"));
  CHECK_THROWS_AS(tar_item_header({.path = std::string("a\0b", 3)}), InternalError);
  CHECK_THROWS_AS(tar_item_header({.path = "a", .mtime_s = -1}), InternalError);
  CHECK(tar_padding(0) == 0);
  CHECK(tar_padding(1) == 511);
  CHECK(tar_padding(512) == 0);
}

TEST_CASE("TarReader: of a pack, what carries nothing must be as it was written", "[pack parts]") {
  class Nobody final : public TarVisitor {
    void member(TarMember) override {}
    void data(std::span<const std::byte>) override {}
    void member_end() override {}
  } nobody;
  const std::string good =
      tar_item_header({.path = "a", .size_bytes = 1}) + "x" + std::string(511, '\0') + tar_end();
  const auto read = [&](const std::string& tar, TarReader::From from) {
    TarReader reader("p", 10, nobody, from);
    reader.feed(bytes_of(tar));
    reader.finish();
  };
  std::string padding = good, checksum = good;
  padding[600] = '\1';
  checksum[155] = '\0';
  CHECK_NOTHROW(read(good, TarReader::From::pack));
  for (const std::string& odd : {padding, checksum}) {
    CHECK_NOTHROW(read(odd, TarReader::From::anybody));
    CHECK_THROWS_AS(read(odd, TarReader::From::pack), TrustError);
  }
}

TEST_CASE("seek table: what is written is read, and nothing that was cut or changed in size",
          "[pack parts]") {
  const std::vector<Frame> frames{{10, 8388608}, {7, 20}, {4294967295, 1}};
  const std::string table = write_seek_table(frames);
  CHECK(table.size() == 8 + 3 * 8 + 9);
  CHECK(read_seek_table(bytes_of(table)) == frames);
  CHECK(seek_table_size(bytes_of(table).last(seek_table_footer_bytes)) == table.size());
  CHECK(read_seek_table(bytes_of(write_seek_table({})))->empty());
  for (std::size_t size = 0; size < table.size(); ++size)
    CHECK_FALSE(read_seek_table(bytes_of(table).first(size)));
  CHECK_FALSE(read_seek_table(bytes_of(table + '\0')));
  // Everything but the entries is fixed.
  for (std::size_t at = 0; at < table.size(); ++at) {
    if (at >= 8 && at < 8 + 3 * 8) continue;
    std::string bad = table;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    INFO(at);
    CHECK_FALSE(read_seek_table(bytes_of(bad)));
  }
  CHECK_THROWS_AS(write_seek_table(std::vector<Frame>{{std::uint64_t{1} << 32U, 1}}),
                  InternalError);
}

TEST_CASE("TempFile: it has no name until it is published, and replaces only where told",
          "[pack parts]") {
  const TempDir dir;
  const std::string path = (dir / "file").string();
  {
    TempFile file(path);
    file.write(bytes_of("some"));
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(fs::is_empty(dir.path()));
  TempFile first(path);
  first.write(bytes_of("first"));
  first.publish(true, false);
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0755);
  {
    TempFile second(path);
    second.write(bytes_of("second"));
    CHECK_THROWS_AS(second.publish(false, false), IoError);
  }
  CHECK(read_file(path) == "first");
  TempFile third(path);
  third.write(bytes_of("third"));
  third.publish(false, true);
  CHECK(read_file(path) == "third");
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 1);
  CHECK_THROWS_AS(TempFile((dir / "none/file").string()), IoError);
}

TEST_CASE(
    "filter_tree: the last step that matches a file decides, and one that matches none is told",
    "[pack parts]") {
  using Kind = FilterStep::Kind;
  const PackedPackages packages;
  const auto filtered = [&](const std::vector<FilterStep>& steps) {
    TreePlan plan = packages.plan({{.path = "bin/own", .content = "own"}});
    const std::size_t before = plan.files.size();
    const FilteredTree result = filter_tree(plan, steps);
    CHECK(plan.files.size() + result.removed == before);
    CHECK(result.unmatched.empty());
    return plan;
  };
  const TreePlan plan =
      filtered({{Kind::exclude, "share"}, {Kind::include, "share/w*"}, {Kind::exclude, "*.conf"}});
  CHECK(has(plan, "share/words"));
  CHECK_FALSE(has(plan, "share/app.bin"));
  CHECK_FALSE(has(plan, "etc/app.conf"));
  CHECK(has(plan, "lib/libzed.so"));
  const TreePlan bare = filtered({{Kind::exclude, "*"}});
  CHECK(has(bare, "bin/own"));
  CHECK_FALSE(has(bare, "bin/app"));
  for (const std::string glob : {"words", "share/WORDS", "bin/own", "none"}) {
    INFO(glob);
    TreePlan whole = packages.plan({{.path = "bin/own", .content = "own"}});
    const std::vector<FilterStep> steps{{Kind::exclude, "bin/app"}, {Kind::exclude, glob}};
    const FilteredTree result = filter_tree(whole, steps);
    CHECK(result.removed == 1);
    REQUIRE(result.unmatched.size() == 1);
    CHECK(told_unmatched(result.unmatched[0]) ==
          "no file of the environment matches '" + glob + "' of --exclude");
  }
}

TEST_CASE("self_extracting_head: its numbers are where program and archive begin", "[pack parts]") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{99999}}) {
    const std::string program(size, 'P');
    const std::string head = self_extracting_head(program);
    const std::size_t script = head.size() - size;
    CHECK(head.substr(script) == program);
    const std::string second = head.substr(head.find('\n') + 1, 60);
    CHECK(std::stoul(second.substr(second.find("byte ") + 5, 12)) == head.size());
    CHECK_THAT(head, Contains("tail -c +" + std::to_string(script + 1) + " ") &&
                         Contains("head -c " + std::to_string(size) + " ") &&
                         !Contains("@ARCHIVE") && !Contains("\r"));
  }
}

TEST_CASE("pack facts: what is written is read, and anything else is refused", "[pack parts]") {
  PackFacts facts;
  facts.host.platform = Platform::parse("linux-64").value();
  facts.manifest_sha256 = sha256_of("m");
  facts.dest_prefix = "/opt/env";
  facts.filters = {"-share", "+share/x"};
  facts.accepted = {{.path = {}, .finding = "EL213-1", .reason = "r", .sha256 = sha256_of("p")},
                    {.path = "bin/x", .finding = {}, .reason = "mine", .sha256 = sha256_of("x")}};
  facts.no_proof = "by itself";
  facts.documents.emplace("conda-meta/history", sha256_of("h"));
  const std::string text = write_pack_facts(facts);
  CHECK(read_pack_facts(text, "f") == facts);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string bad = text;
    const std::size_t at = bad.find(from);
    REQUIRE(at != std::string::npos);
    return bad.replace(at, from.size(), to);
  };
  const std::vector<std::pair<std::string, std::string>> changes{
      {"\"pack_version\": 1", "\"pack_version\": 2"},
      {"\"pack_version\": 1", "\"pack_version\": 1, \"more\": 1"},
      {"\"manifest_sha256\"", "\"manifest\""},
      {"\"/opt/env\"", "\"opt/env\""},
      {"\"/opt/env\"", "\"/opt/env/\""},
      {"\"/opt/env\"", "\"/\""},
      {"\"bin/x\"", "\"../x\""},
      {"\"bin/x\"", "\"/bin/x\""},
      {"\"reason\"", "\"why\""},
      {sha256_of("x").hex(), "00"},
      {"conda-meta/history", "conda-meta/a/b"},
      {"conda-meta/history", "conda-meta/.."},
      {"conda-meta/history", "bin/history"},
      {sha256_of("h").hex(), "00"},
      {"\"documents\"", "\"papers\""}};
  for (const auto& [from, to] : changes) {
    INFO(from << " -> " << to);
    CHECK_THROWS_AS(read_pack_facts(changed(from, to), "f"), InputError);
  }
  for (std::size_t size = 0; size + 1 < text.size(); size += 7)
    CHECK_THROWS_AS(read_pack_facts(text.substr(0, size), "f"), InputError);
}

}  // namespace envlock::test
