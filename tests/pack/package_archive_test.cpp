#include "pack/package_archive.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>
#include <string>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/package_builder.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// Writes down what it gets: "f path x=data" and so on, one a line.
class Log final : public ArchiveVisitor {
 public:
  void begin(const ArchiveEntry& entry) override {
    static const std::string kinds = "flhd";
    text += kinds[static_cast<std::size_t>(entry.kind)];
    text += " " + entry.path + (entry.executable ? " x" : "");
    text += entry.had_special_bits ? " special" : "";
    text += entry.target.empty() ? "=" : ">" + entry.target;
  }
  void content(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void end() override { text += "\n"; }
  std::string text;
};

/// All of an archive, or "EXIT: message".
std::string result_of(const std::string& bytes, const std::string& name = "hello-1.0-0.conda",
                      const ArchiveLimits& limits = {}) {
  const TempDir dir;
  Log log;
  try {
    const PackageArchive archive(dir.write("archive", bytes), name, limits);
    archive.read_content(archive.read_info(), log, {});
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return log.text;
}

/// Both formats; `check` gets what each gives.
template <class Check>
void in_both(const ArchiveBuilder& builder, Check check) {
  check(result_of(builder.build_conda()));
  check(result_of(builder.build_tar_bz2(), "hello-1.0-0.tar.bz2"));
}

void refused(const ArchiveBuilder& builder, const std::string& rule) {
  in_both(builder, [&](const std::string& result) { CHECK_THAT(result, Refused(rule)); });
}

ArchiveBuilder hello() {
  return ArchiveBuilder("hello", "1.0", "0")
      .file("bin/hello", "#!/bin/sh\n", 0755)
      .file("lib/a.so.1", "library")
      .link("lib/a.so", "a.so.1")
      .hard_link("lib/a.so.1.0", "lib/a.so.1")
      .directory("share/empty")
      .file("share/nothing", "");
}

const std::string hello_text =
    "f bin/hello x=#!/bin/sh\n\nf lib/a.so.1=library\nl lib/a.so x>a.so.1\n"
    "h lib/a.so.1.0>lib/a.so.1\nd share/empty x=\nf share/nothing=\n";

}  // namespace

TEST_CASE("PackageArchive: both formats give the same tree and the same info", "[pack]") {
  in_both(hello(), [](const std::string& result) { CHECK(result == hello_text); });
  const TempDir dir;
  const PackageArchive conda(dir.write("a", hello().build_conda()), "hello-1.0-0.conda");
  const PackageArchive bz2(dir.write("b", hello().build_tar_bz2()), "hello-1.0-0.tar.bz2");
  const PackageInfo info = conda.read_info();
  CHECK(info.index.name == "hello");
  CHECK(info.paths.size() == 6);
  CHECK(info.paths == bz2.read_info().paths);
}

TEST_CASE("PackageArchive: info/ may come last in a .tar.bz2", "[pack]") {
  CHECK(result_of(hello().info_last().build_tar_bz2(), "hello-1.0-0.tar.bz2") == hello_text);
}

TEST_CASE("PackageArchive: a file that is large, or of another name, is read the same", "[pack]") {
  std::string large;
  for (unsigned i = 0; large.size() < 3'000'000; ++i) large += std::to_string(i * 2654435761U);
  in_both(ArchiveBuilder("hello").file("a", large).file("b", "x"),
          [&](const std::string& result) { CHECK(result == "f a=" + large + "\nf b=x\n"); });
  CHECK(result_of(hello().build_conda(), "renamed-2.0-1.conda") == hello_text);
}

TEST_CASE("PackageArchive: A01 to A22 are refused in either format", "[pack]") {
  refused(hello().raw_tar_entry({.name = "../x"}), "A01");
  refused(hello().raw_tar_entry({.name = "/etc/x"}), "A02");
  refused(hello().raw_tar_entry({.name = "a\\..\\x"}), "A03");
  refused(hello()
              .raw_tar_entry({.name = "d", .type = '2', .link = "lib"})
              .raw_tar_entry({.name = "d/x"}),
          "A04");
  refused(hello().raw_tar_entry({.name = "d", .type = '2', .link = "/tmp"}), "A06");
  refused(hello().raw_tar_entry({.name = "d", .type = '1', .link = "../../etc/passwd"}), "A08");
  refused(hello().raw_tar_entry({.name = "d", .type = '1', .link = "lib/a.so"}), "A09");
  refused(hello().raw_tar_entry({.name = "d", .data = "evil", .type = '1', .link = "lib/a.so.1"}),
          "A10");
  refused(hello().raw_tar_entry({.name = "lib/a.so.1/x"}), "A11");
  refused(hello().raw_tar_entry({.name = "bin/hello", .data = "evil"}), "A12");
  refused(hello().raw_tar_entry({.name = "dev", .type = '3'}), "A14");
  refused(hello().raw_tar_entry({.name = "a", .pax = {{"SCHILY.xattr.security.capability", "x"}}}),
          "A16");
  refused(hello().raw_tar_entry({.name = "a", .type = 'S'}), "A17");
  refused(hello().raw_tar_entry({.name = "a", .pax = {{"path", std::string("b\0c", 3)}}}), "A18");
  refused(hello().raw_tar_entry({.name = std::string(5000, 'n'), .gnu_long_names = true}), "A19");
  refused(hello().raw_tar_entry({.name = "a\x1b[2J"}), "A20");
  refused(hello().raw_tar_entry({.name = "a/./b"}), "A21");
  refused(hello().raw_tar_entry({.name = "conda-meta/history"}), "A22");
  refused(hello().raw_tar_entry({.name = ".envlock-journal"}), "A22");
  refused(hello().raw_tar_entry({.name = ".Envlock-Stage/x"}), "A22");
}

TEST_CASE("PackageArchive: A13 case collisions are refused of noarch packages alone", "[pack]") {
  const auto colliding = [] {
    return ArchiveBuilder("hello").file("site-packages/a.py", "1").file("site-packages/A.py", "2");
  };
  in_both(colliding(), [](const std::string& result) {
    CHECK(result == "f site-packages/a.py=1\nf site-packages/A.py=2\n");
  });
  refused(colliding().noarch_python(), "A13");
  refused(colliding().noarch_generic(), "A13");
}

TEST_CASE("PackageArchive: A15 special bits are told to the visitor", "[pack]") {
  in_both(ArchiveBuilder("hello").file("bin/su", "x", 04755),
          [](const std::string& result) { CHECK(result == "f bin/su x special=x\n"); });
}

TEST_CASE("PackageArchive: A20 messages show hostile names escaped", "[pack]") {
  CHECK_THAT(result_of(hello().raw_tar_entry({.name = "a\x1b[2J\nb"}).build_conda()),
             Contains("'a\\x1b[2J\\x0ab'") && !Contains("\x1b"));
}

TEST_CASE("PackageArchive: A23 a shipped repodata_record.json is not handed out", "[pack]") {
  in_both(hello().info_file("info/repodata_record.json", "{}"),
          [](const std::string& result) { CHECK(result == hello_text); });
}

TEST_CASE("PackageArchive: A24 what info/ says must stand in regular files", "[pack]") {
  refused(ArchiveBuilder("hello")
              .without_info("info/paths.json")
              .raw_info_entry({.name = "info/paths.json", .type = '2', .link = "index.json"}),
          "A24");
}

TEST_CASE("PackageArchive: A25 hostile paths in paths.json are refused", "[pack]") {
  in_both(hello().paths_json([](auto& json) { json["paths"][0]["_path"] = "../x"; }),
          [](const std::string& result) { CHECK_THAT(result, Contains("6: ")); });
}

TEST_CASE("PackageArchive: A29 times are not looked at", "[pack]") {
  in_both(ArchiveBuilder("hello").raw_tar_entry({.name = "a", .data = "x", .mtime_s = -1}),
          [](const std::string& result) { CHECK(result == "f a=x\n"); });
}

TEST_CASE("PackageArchive: Z01 to Z09 a zip that lies is refused", "[pack]") {
  const auto with = [](std::size_t member, auto change) {
    auto members = hello().conda_members();
    change(members[member]);
    return result_of(zip_of(members));
  };
  CHECK_THAT(with(1, [](ZipMember& m) { m.local.name = "pkg-evil-1.0-0.tar.zst"; }),
             Refused("Z01"));
  CHECK_THAT(with(2, [](ZipMember& m) { m.name = "other.tar.zst"; }), Refused("Z02"));
  CHECK_THAT(with(1, [](ZipMember& m) { m.local.method = m.central.method = 8; }), Refused("Z03"));
  CHECK_THAT(with(1, [](ZipMember& m) { m.local.flags = m.central.flags = 1; }), Refused("Z04"));
  CHECK_THAT(result_of("#!/bin/sh\n" + hello().build_conda()), Refused("Z05"));
  CHECK_THAT(result_of(hello().build_conda() + "x"), Refused("Z05"));
  CHECK_THAT(with(2, [](ZipMember& m) { m.offset = 0; }), Refused("Z06"));
  CHECK_THAT(with(1, [](ZipMember& m) { m.name = "pkg-other-1.0-0.tar.zst"; }), Refused("Z07"));
  CHECK_THAT(with(0, [](ZipMember& m) { m.data = "{}"; }), Refused("Z08"));
  CHECK_THAT(with(0, [](ZipMember& m) { m.name = "../metadata.json"; }), Refused("Z09"));
}

TEST_CASE("PackageArchive: Z04 ZIP64 and data descriptors are read", "[pack]") {
  auto members = hello().conda_members();
  for (ZipMember& member : members) member.zip64 = true;
  CHECK(result_of(zip_of(members, {.zip64_end = true})) == hello_text);
  for (ZipMember& member : members) member.data_descriptor = true;
  CHECK(result_of(zip_of(members)) == hello_text);
}

TEST_CASE("PackageArchive: Z07 info/ and the rest stand each in their own member", "[pack]") {
  CHECK_THAT(
      result_of(hello().raw_tar_entry({.name = "info/index.json", .data = "{}"}).build_conda()),
      Refused("Z07"));
  CHECK_THAT(
      result_of(hello().raw_tar_entry({.name = "info", .type = '2', .link = "lib"}).build_conda()),
      Refused("Z07"));
  CHECK_THAT(result_of(hello().raw_info_entry({.name = "bin/evil", .data = "x"}).build_conda()),
             Refused("Z07"));
  CHECK(result_of(hello().raw_tar_entry({.name = "info/", .type = '5'}).build_conda()) ==
        hello_text);
  // conda-package-handling files licences so.
  CHECK(
      result_of(
          hello().raw_tar_entry({.name = "info/licenses/LICENSE", .data = "text"}).build_conda()) ==
      hello_text);
}

TEST_CASE("PackageArchive: C01 more than paths.json announces is a bomb", "[pack]") {
  // 64 MiB are free: headers, files of no list.
  const std::string zeros(70U << 20U, '\0');
  CHECK_THAT(
      result_of(ArchiveBuilder("hello").raw_tar_entry({.name = "a", .data = zeros}).build_conda()),
      Refused("C01"));
  CHECK(result_of(ArchiveBuilder("hello").file("a", zeros).build_conda()).size() > zeros.size());
}

TEST_CASE("PackageArchive: C01 info/ is capped by a ratio, each of its files by a size", "[pack]") {
  const std::string spaces(200U << 20U, ' ');
  CHECK_THAT(result_of(hello().info_file("info/about.json", spaces).build_conda()), Refused("C01"));
  CHECK_THAT(result_of(hello().build_conda(), "hello-1.0-0.conda", {.max_info_file_bytes = 100}),
             Refused("C01"));
  CHECK_THAT(result_of(hello().build_conda(), "hello-1.0-0.conda", {.max_entries = 3}),
             Refused("C01"));
}

TEST_CASE("PackageArchive: C02 the window is limited as the policy says", "[pack]") {
  auto members = hello().conda_members();
  members[1].data = zstd_stored(tar_of(hello().pkg_entries()), 28);
  CHECK_THAT(result_of(zip_of(members)), Refused("C02, C04"));
  CHECK(result_of(zip_of(members), "hello-1.0-0.conda", {.max_window_log = 28}) == hello_text);
}

TEST_CASE("PackageArchive: C07 an archive cut at any offset is refused", "[pack]") {
  const TempDir dir;
  const bool conda = GENERATE(true, false);
  const std::string whole = conda ? hello().build_conda() : hello().build_tar_bz2();
  const std::string name = conda ? "hello-1.0-0.conda" : "hello-1.0-0.tar.bz2";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THAT(result_of(whole.substr(0, size), name), Contains("6: '" + name + "': "));
  }
}

TEST_CASE("PackageArchive: C07 a flipped bit gives the same tree, or is refused", "[pack]") {
  // The zstd frames of the builder have no checksum: a flip may then change content, which is for
  // the hashes of paths.json to see. Here the frames are bzip2's, which have one.
  const std::string good = hello().build_tar_bz2();
  std::mt19937 random(1);  // the same places in every run
  for (int i = 0; i < 1000; ++i) {
    const std::size_t bit = random() % (good.size() * 8);
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const std::string result = result_of(bad, "hello-1.0-0.tar.bz2");
    INFO("bit " << bit);
    CHECK((result == hello_text || result.starts_with("6: ")));
  }
}

TEST_CASE("PackageArchive: C07 a flipped bit in a .conda ends in a tree or a refusal", "[pack]") {
  const std::string good = hello().build_conda();
  std::mt19937 random(1);
  int refusals = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t bit = random() % (good.size() * 8);
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const std::string result = result_of(bad);
    INFO("bit " << bit << ": " << result);
    const bool is_error = result.size() > 1 && result[0] >= '0' && result[0] <= '9';
    CHECK((!is_error || result.starts_with("6: ")));
    refusals += is_error ? 1 : 0;
  }
  CHECK(refusals > 500);
}

TEST_CASE("PackageArchive: C08 other files are refused by what they are", "[pack]") {
  const std::string html = "<html><body>404 not found</body></html>";
  CHECK_THAT(result_of(html), Refused("Z05"));
  CHECK_THAT(result_of(html, "hello-1.0-0.tar.bz2"), Refused("C08"));
  CHECK_THAT(result_of("", "hello-1.0-0.conda"), Refused("C08"));
  CHECK_THAT(result_of("", "hello-1.0-0.tar.bz2"), Refused("C07"));
  CHECK_THAT(result_of(hello().build_conda(), "hello-1.0-0.tar.bz2"), Refused("C08"));
  CHECK_THAT(result_of(hello().build_tar_bz2()), Refused("Z05"));
  CHECK_THAT(result_of(hello().build_conda(), "hello-1.0-0.zip"), Refused("C08"));
}

TEST_CASE("PackageArchive: what cannot be read is an I/O error, not one of trust", "[pack]") {
  const TempDir dir;
  CHECK_THROWS_AS(PackageArchive(dir / "absent", "a-1-0.conda"), IoError);
  CHECK_THROWS_AS(PackageArchive(dir.path(), "a-1-0.conda"), IoError);
  // A FIFO is not waited for.
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(PackageArchive(dir / "fifo", "a-1-0.conda"), IoError);
}

TEST_CASE("PackageArchive: what the visitor throws passes through unchanged", "[pack]") {
  class Thrower final : public ArchiveVisitor {
   public:
    void begin(const ArchiveEntry& /*entry*/) override { throw InputError("mine"); }
    void content(std::span<const std::byte> /*bytes*/) override {}
    void end() override {}
  } thrower;
  const TempDir dir;
  const PackageArchive archive(dir.write("a", hello().build_conda()), "hello-1.0-0.conda");
  CHECK_THROWS_AS(archive.read_content(archive.read_info(), thrower, {}), InputError);
}

TEST_CASE("PackageArchive: a request to stop interrupts", "[pack]") {
  const TempDir dir;
  const PackageArchive archive(dir.write("a", hello().build_conda()), "hello-1.0-0.conda");
  Log log;
  std::stop_source source;
  source.request_stop();
  CHECK_THROWS_AS(archive.read_content(archive.read_info(), log, source.get_token()), Interrupted);
  CHECK(log.text.empty());
}

TEST_CASE(
    "PackageArchive: with few descriptors it is closed between readings, and must stay the same",
    "[pack]") {
  const TempDir dir;
  const std::string bytes = ArchiveBuilder("a").file("share/a", "text").build_conda();
  dir.write("a-1.0-0.conda", bytes);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 32;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<PackageArchive> many;
  bool all_open = true;
  try {
    for (int i = 0; i < 100; ++i) many.emplace_back(dir / "a-1.0-0.conda", "a-1.0-0.conda");
    CHECK(many.back().read_info().index.name == "a");
  } catch (const IoError&) {
    all_open = false;
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(all_open);
  dir.write("other", bytes);
  std::filesystem::rename(dir / "other", dir / "a-1.0-0.conda");
  CHECK_THROWS_WITH(many.back().read_info(), Catch::Contains("was replaced"));
  CHECK(many.front().read_info().index.name == "a");
}

TEST_CASE(
    "PackageArchive: a link.json behind the content of a platform's package is judged all the same",
    "[pack]") {
  const TempDir dir;
  const auto late = [&](const std::string& link_json) {
    ArchiveBuilder builder("a");
    // Noise that bzip2 cannot make small, so that the reading of info/ ends before link.json.
    std::string noise;
    std::mt19937 random(1);
    for (int i = 0; i < 1 << 20; ++i) noise += static_cast<char>(random());
    builder.file("share/noise", noise).without_info("info/link.json");
    builder.raw_tar_entry({.name = "info/link.json", .data = link_json});
    dir.write("a-1.0-0.tar.bz2", builder.build_tar_bz2());
    const PackageArchive archive(dir / "a-1.0-0.tar.bz2", "a-1.0-0.tar.bz2");
    class Nothing final : public ArchiveVisitor {
      void begin(const ArchiveEntry& /*entry*/) override {}
      void content(std::span<const std::byte> /*bytes*/) override {}
      void end() override {}
    } nothing;
    archive.read_content(archive.read_info(), nothing, {});
  };
  CHECK_NOTHROW(late(R"({"package_metadata_version": 1})"));
  CHECK_THROWS_AS(late("{"), TrustError);
  CHECK_THROWS_WITH(
      late(R"({"package_metadata_version": 1, "noarch": {"type": "python", "entry_points": []}})"),
      Catch::Contains("does not say"));
}

}  // namespace envlock::test
