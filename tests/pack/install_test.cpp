#include "pack/install.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "model/activation.hpp"
#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/prefix_record.hpp"
#include "pack/conda_variables.hpp"
#include "pack/install_new.hpp"
#include "pack/pending_work.hpp"
#include "pack/prefix_journal.hpp"
#include "pack/prefix_records.hpp"
#include "tests/pack/placing.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

ArchiveBuilder lib(const std::string& version = "1.0") {
  return ArchiveBuilder("lib", version)
      .file("lib/lib.so." + version, "library " + version, 0755)
      .link("lib/lib.so", "lib.so." + version)
      .placeholder_text("etc/lib.conf", "root=" + placeholder() + "/share\n")
      .placeholder_binary("bin/tool", "ELF" + placeholder() + "/lib" + std::string(1, '\0') + "end")
      .directory("share/empty");
}

/// A prefix with `lib` 1.0 and `other`.
void install_first(const fs::path& prefix) {
  Packages packages;
  packages.add(lib(), true).add(ArchiveBuilder("other").file("share/other", "text"));
  (void)install(packages.plan(), prefix);
}

ExitCode exit_of(const TreePlan& plan, const fs::path& prefix) {
  try {
    (void)install(plan, prefix, "lock two\n");
  } catch (const Error& error) {
    return error.exit_code();
  }
  return ExitCode::ok;
}

}  // namespace

TEST_CASE("install_prefix: files, links, folders and placeholders are what the packages say",
          "[install]") {
  const TempDir dir;
  const fs::path prefix = dir / "a prefix";
  install_first(prefix);
  CHECK(read_file(prefix / "lib/lib.so.1.0") == "library 1.0");
  CHECK(fs::read_symlink(prefix / "lib/lib.so") == "lib.so.1.0");
  CHECK(read_file(prefix / "etc/lib.conf") == "root=" + prefix.string() + "/share\n");
  const std::string tool = read_file(prefix / "bin/tool");
  CHECK(tool.size() == 3 + 255 + 4 + 1 + 3);
  CHECK(tool.substr(0, 3 + prefix.string().size() + 5) ==
        "ELF" + prefix.string() + "/lib" + std::string(1, '\0'));
  CHECK(tool.substr(tool.size() - 4) == std::string(1, '\0') + "end");
  CHECK(fs::is_directory(prefix / "share/empty"));
  struct stat facts {};
  REQUIRE(::lstat((prefix / "bin/tool").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0755);
  REQUIRE(::lstat((prefix / "etc/lib.conf").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0644);
  CHECK(facts.st_mtime == 1'700'000'000);
  REQUIRE(::lstat(prefix.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0700);
  CHECK_FALSE(fs::exists(dir / ".a prefix.envlock-partial"));
}

TEST_CASE("install_prefix: the records are conda's, the lock is kept", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const auto record = read_prefix_record(read_file(dir / "p/conda-meta/lib-1.0-0.json"), "x");
  REQUIRE(record);
  CHECK(record->requested_specs == std::vector<std::string>{"lib"});
  const auto conf = std::ranges::find(record->paths, "etc/lib.conf", &PrefixPath::path);
  REQUIRE(conf != record->paths.end());
  CHECK(conf->sha256_in_prefix == sha256_of(read_file(dir / "p/etc/lib.conf")));
  CHECK(conf->sha256 != conf->sha256_in_prefix);
  CHECK(read_file(dir / "p/conda-meta/envlock.lock") == "lock one\n");
  CHECK_THAT(read_file(dir / "p/conda-meta/history"),
             Contains("+https://channel.example/c/linux-64::lib-1.0-0\n") &&
                 Contains("# update specs: ['lib']"));
}

TEST_CASE("install_prefix: the same lock gives the same tree, whatever the umask", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const std::string first = tree_text(dir / "p");
  fs::rename(dir / "p", dir / "q");
  const mode_t before = ::umask(0077);
  install_first(dir / "p");
  ::umask(before);
  CHECK(tree_text(dir / "p") == first);
}

TEST_CASE("install_prefix: a file with other bytes than its manifest's leaves nothing",
          "[install]") {
  const auto builder = GENERATE(0, 1, 2, 3);
  ArchiveBuilder bad("bad");
  bad.file("share/a", "right").file("share/b", "right");
  bad.paths_json([&](ArchiveBuilder::Json& json) {
    auto& entry = json["paths"][1];
    if (builder == 0) entry["sha256"] = std::string(64, '0');
    if (builder == 1) entry["size_in_bytes"] = 4;
    if (builder == 2) entry["path_type"] = "softlink";
    if (builder == 3)
      json["paths"].push_back({{"_path", "share/c"},
                               {"path_type", "hardlink"},
                               {"sha256", std::string(64, '0')},
                               {"size_in_bytes", 1}});
  });
  const TempDir dir;
  Packages packages;
  packages.add(bad);
  const TreePlan plan = packages.plan();
  CHECK(exit_of(plan, dir / "p") == ExitCode::untrusted);
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("install_prefix: a member that no manifest names is left out, and said", "[install]") {
  const TempDir dir;
  Packages packages;
  packages.add(ArchiveBuilder("a")
                   .file("share/a", "text")
                   .raw_tar_entry({.name = "share/stranger", .data = "text"}));
  const InstallResult result = install(packages.plan(), dir / "p");
  CHECK(fs::exists(dir / "p/share/a"));
  CHECK_FALSE(fs::exists(dir / "p/share/stranger"));
  REQUIRE(result.notices.size() == 1);
  CHECK_THAT(result.notices[0], Contains("1 of its files"));
}

TEST_CASE("install_prefix: a package of before paths.json has its files, links and placeholders",
          "[install]") {
  const TempDir dir;
  Packages packages;
  packages.add_tar_bz2(ArchiveBuilder("old")
                           .file("lib/x.so.1", "library", 0755)
                           .link("lib/x.so", "x.so.1")
                           .placeholder_text("etc/old.conf", "root=" + placeholder() + "\n")
                           .without_paths_json());
  (void)install(packages.plan(), dir / "p");
  CHECK(fs::read_symlink(dir / "p/lib/x.so") == "x.so.1");
  CHECK(read_file(dir / "p/etc/old.conf") == "root=" + (dir / "p").string() + "\n");
  const auto record = read_prefix_record(read_file(dir / "p/conda-meta/old-1.0-0.json"), "x");
  const auto link = std::ranges::find(record->paths, "lib/x.so", &PrefixPath::path);
  CHECK(link->kind == PrefixPath::Kind::link);
}

TEST_CASE("install_prefix: hard links become files of their own", "[install]") {
  const TempDir dir;
  Packages packages;
  packages.add_tar_bz2(
      ArchiveBuilder("a").file("bin/one", "text", 0755).hard_link("bin/two", "bin/one"));
  (void)install(packages.plan(), dir / "p");
  CHECK(read_file(dir / "p/bin/two") == "text");
  CHECK(fs::hard_link_count(dir / "p/bin/two") == 1);
}

TEST_CASE(
    "install_prefix: many names of one file need few descriptors, and each has its size judged",
    "[install]") {
  const TempDir dir;
  ArchiveBuilder builder("a");
  // Above what waits in memory.
  const std::string large((std::size_t{8} << 20U) + 1, 'x');
  builder.file("bin/small", "text", 0755).file("share/large", large);
  for (int i = 0; i < 300; ++i) builder.hard_link("bin/s" + std::to_string(i), "bin/small");
  for (int i = 0; i < 20; ++i) builder.hard_link("share/l" + std::to_string(i), "share/large");
  Packages packages;
  packages.add_tar_bz2(builder);
  const TreePlan plan = packages.plan();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::string fault;
  try {
    (void)install(plan, dir / "p");
  } catch (const Error& error) {
    fault = error.what();
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(fault.empty());
  CHECK(read_file(dir / "p/bin/s299") == "text");
  CHECK(read_file(dir / "p/share/l19") == large);

  Packages liar;
  liar.add_tar_bz2(
      ArchiveBuilder("b")
          .file("x", "text")
          .hard_link("y", "x")
          .paths_json([](ArchiveBuilder::Json& json) { json["paths"][1]["size_in_bytes"] = 5; }));
  CHECK_THROWS_WITH(install(liar.plan(), dir / "q"), Contains("expected 5 bytes, found 4"));
}

TEST_CASE("install_prefix: an update changes what differs and leaves the rest", "[install]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  install_first(prefix);
  const auto kept = fs::last_write_time(prefix / "share/other");
  std::ofstream(prefix / "share/mine") << "my own";
  std::ofstream(prefix / "share/empty/mine") << "my own";
  Packages packages;
  packages.add(lib("2.0"), true).add(ArchiveBuilder("other").file("share/other", "text"), true);
  const InstallResult result = install(packages.plan(), prefix, "lock two\n");
  CHECK(result.updated);
  CHECK(result.added == std::vector<std::string>{"lib-2.0-0"});
  CHECK(result.removed == std::vector<std::string>{"lib-1.0-0"});
  CHECK(result.kept == 1);
  CHECK_FALSE(fs::exists(prefix / "lib/lib.so.1.0"));
  CHECK(read_file(prefix / "lib/lib.so.2.0") == "library 2.0");
  CHECK(fs::read_symlink(prefix / "lib/lib.so") == "lib.so.2.0");
  CHECK(fs::last_write_time(prefix / "share/other") == kept);
  CHECK(read_file(prefix / "share/mine") == "my own");
  CHECK(read_file(prefix / "share/empty/mine") == "my own");
  CHECK(read_file(prefix / "conda-meta/envlock.lock") == "lock two\n");
  CHECK_FALSE(fs::exists(prefix / "conda-meta/lib-1.0-0.json"));
  CHECK(fs::exists(prefix / "conda-meta/lib-2.0-0.json"));
  // What the user now asks for by name stands in the kept record.
  const auto other = read_prefix_record(read_file(prefix / "conda-meta/other-1.0-0.json"), "x");
  CHECK(other->requested_specs == std::vector<std::string>{"other"});
  CHECK_FALSE(fs::exists(prefix / ".envlock-stage"));
  CHECK_FALSE(fs::exists(prefix / ".envlock-journal"));
}

TEST_CASE("install_prefix: the same lock again changes nothing", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const std::string before = tree_text(dir / "p");
  install_first(dir / "p");
  CHECK(tree_text(dir / "p") == before);
}

TEST_CASE("install_prefix: a file of the user's in the way of a new one stops the update",
          "[install]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  install_first(prefix);
  std::ofstream(prefix / "lib/lib.so.2.0") << "mine";
  const std::string before = tree_text(prefix);
  Packages packages;
  packages.add(lib("2.0"));
  CHECK(exit_of(packages.plan(), prefix) == ExitCode::unfit);
  CHECK(tree_text(prefix) == before);
}

TEST_CASE("install_prefix: links and folders may change places between versions", "[install]") {
  const TempDir dir;
  Packages one;
  one.add(ArchiveBuilder("a").link("lib/x", "y").file("lib/bar/file", "text").file("lib/y/z", "z"));
  (void)install(one.plan(), dir / "p");
  Packages two;
  two.add(ArchiveBuilder("a", "2.0")
              .directory("lib/x")
              .link("lib/bar", "y")
              .file("lib/y/z", "z")
              .file("lib/x2/deep/er", "text"));
  (void)install(two.plan(), dir / "p", "lock two\n");
  CHECK(fs::is_directory(fs::symlink_status(dir / "p/lib/x")));
  CHECK(fs::read_symlink(dir / "p/lib/bar") == "y");
  Packages three;
  three.add(ArchiveBuilder("a", "3.0").file("lib/bar/deep/er", "text"));
  (void)install(three.plan(), dir / "p", "lock three\n");
  CHECK(read_file(dir / "p/lib/bar/deep/er") == "text");
}

TEST_CASE("install_prefix: a folder of a package in the place of a file of the user's stops it",
          "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  dir.write("p/share/new", "mine");
  Packages packages;
  packages.add(lib())
      .add(ArchiveBuilder("other").file("share/other", "text"))
      .add(ArchiveBuilder("third").directory("share/new"));
  CHECK(exit_of(packages.plan(), dir / "p") == ExitCode::unfit);
  CHECK_FALSE(fs::exists(dir / "p/.envlock-journal"));
}

TEST_CASE("install_prefix: a new package may share a file with a kept one, in either order",
          "[install]") {
  const auto name = GENERATE(std::string("aaa"), std::string("ccc"));
  const TempDir dir;
  Packages one;
  one.add(ArchiveBuilder("bbb").file("share/common", "text"));
  (void)install(one.plan(), dir / "p");
  Packages two;
  two.add(ArchiveBuilder("bbb").file("share/common", "text"))
      .add(ArchiveBuilder(name).file("share/common", "text"));
  (void)install(two.plan(), dir / "p", "lock two\n");
  const auto record =
      read_prefix_record(read_file(dir / "p/conda-meta" / (name + "-1.0-0.json")), "x");
  CHECK(record->paths.at(0).sha256 == sha256_of("text"));
}

TEST_CASE("install_prefix: who loses a path has it in no record, and gets it when the other goes",
          "[install]") {
  const TempDir dir;
  const ArchiveBuilder a = ArchiveBuilder("a").file("bin/tool", "of a").file("share/a", "a");
  const ArchiveBuilder b = ArchiveBuilder("b").file("bin/tool", "of b").file("share/b", "b");
  const auto owns = [&](const std::string& name) {
    const auto record =
        read_prefix_record(read_file(dir / "p/conda-meta" / (name + "-1.0-0.json")), "x");
    return std::ranges::count(record->paths, "bin/tool", &PrefixPath::path) == 1;
  };
  Packages both;
  both.add(a).add(b);
  const std::vector<ClobberRule> keep_a{{"bin/tool", "a", {}}};
  const std::vector<ClobberRule> keep_b{{"bin/tool", "b", {}}};
  (void)install(both.plan({}, keep_a), dir / "p");
  CHECK(read_file(dir / "p/bin/tool") == "of a");
  CHECK((owns("a") && !owns("b")));
  const std::string before = tree_text(dir / "p");
  (void)install(both.plan({}, keep_a), dir / "p");
  CHECK(tree_text(dir / "p") == before);
  // The order changed, the lock did not.
  (void)install(both.plan({}, keep_b), dir / "p");
  CHECK(read_file(dir / "p/bin/tool") == "of b");
  CHECK((owns("b") && !owns("a")));
  Packages one;
  one.add(a);
  (void)install(one.plan(), dir / "p", "lock two\n");
  CHECK(read_file(dir / "p/bin/tool") == "of a");
  CHECK(owns("a"));
  (void)install(both.plan({}, keep_b), dir / "p", "lock three\n");
  CHECK(read_file(dir / "p/bin/tool") == "of b");
  CHECK((owns("b") && !owns("a")));
}

TEST_CASE("install_prefix: a folder that envlock did not make is left alone", "[install]") {
  const TempDir dir;
  dir.write("p/data", "mine");
  Packages packages;
  packages.add(lib());
  CHECK(exit_of(packages.plan(), dir / "p") == ExitCode::unfit);
  CHECK(read_file(dir / "p/data") == "mine");
  CHECK_FALSE(fs::exists(dir / "p/lib"));
}

TEST_CASE("install_prefix: a frozen prefix is left alone (CEP 22)", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  dir.write("p/conda-meta/frozen", "");
  Packages packages;
  packages.add(lib("2.0"));
  CHECK(exit_of(packages.plan(), dir / "p") == ExitCode::unfit);
}

TEST_CASE("install_prefix: a prefix that another process works on is busy", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const int fd = ::open((dir / "p").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  Packages packages;
  packages.add(lib("2.0"));
  CHECK(exit_of(packages.plan(), dir / "p") == ExitCode::unfit);
  ::close(fd);
}

TEST_CASE("install_prefix: what a killed run left beside is cleared away", "[install]") {
  const TempDir dir;
  dir.write(".p.envlock-partial/lib/left", "over");
  fs::permissions(dir / ".p.envlock-partial", fs::perms::owner_all);
  install_first(dir / "p");
  CHECK_FALSE(fs::exists(dir / "p/lib/left"));
  CHECK_FALSE(fs::exists(dir / ".p.envlock-partial"));
}

TEST_CASE("install_prefix: no link inside a prefix leads a new file out of it", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  fs::create_directories(dir / "outside");
  fs::rename(dir / "p/lib", dir / "p/old");
  fs::create_directory_symlink(dir / "outside", dir / "p/lib");
  Packages packages;
  packages.add(lib("2.0"));
  CHECK(exit_of(packages.plan(), dir / "p") != ExitCode::ok);
  CHECK(fs::is_empty(dir / "outside"));
}

TEST_CASE("apply_journal: an update that was killed anywhere is completed by the next run",
          "[install]") {
  // Every prefix of the journal's work, done by hand, then the whole.
  for (int done = 0; done < 6; ++done) {
    const TempDir dir;
    const fs::path prefix = dir / "p";
    install_first(prefix);
    const PrefixJournal journal{
        .remove = {"lib/lib.so", "lib/lib.so.1.0", "conda-meta/lib-1.0-0.json"},
        .folders = {},
        .place = {"share/new", "conda-meta/new-1.0-0.json"}};
    dir.write("p/.envlock-stage/share/new", "new");
    dir.write("p/.envlock-stage/conda-meta/new-1.0-0.json", "{}");
    dir.write("p/.envlock-journal", write_journal(journal));
    if (done > 0) fs::remove(prefix / "lib/lib.so");
    if (done > 1) fs::remove(prefix / "lib/lib.so.1.0");
    if (done > 2) fs::remove(prefix / "conda-meta/lib-1.0-0.json");
    if (done > 3) fs::rename(prefix / ".envlock-stage/share/new", prefix / "share/new");
    if (done > 4) fs::remove_all(prefix / ".envlock-stage/share");
    const UniqueFd fd(::open(prefix.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto found = find_journal(fd, prefix.string());
    REQUIRE(found == journal);
    apply_journal(fd, *found, prefix.string());
    CHECK_FALSE(fs::exists(prefix / "lib"));
    CHECK(read_file(prefix / "share/new") == "new");
    CHECK(fs::exists(prefix / "conda-meta/new-1.0-0.json"));
    CHECK_FALSE(fs::exists(prefix / ".envlock-journal"));
    CHECK_FALSE(fs::exists(prefix / ".envlock-stage"));
  }
}

TEST_CASE("read_pending: reads what is written, and nothing else", "[install]") {
  const PendingWork pending{{"a-1.0-0", "b-2-0"}, {"c \"quoted\"-1-0"}};
  CHECK(read_pending(write_pending(pending), "p") == pending);
  for (const char* wrong :
       {"", "[]", "{}", R"({"byte_code": []})", R"({"byte_code": [], "link_scripts": [1]})",
        R"({"byte_code": [], "link_scripts": [], "more": []})"}) {
    INFO(wrong);
    CHECK_THROWS_AS(read_pending(wrong, "p"), InputError);
  }
}

TEST_CASE("install_prefix: a link script that failed has its turn again in the next run",
          "[install]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  const std::string script = "test -e \"$PREFIX/../ready\" || exit 3; echo x >>\"$PREFIX/ran\"\n";
  const std::string first = "echo x >>\"$PREFIX/first\"\n";
  Packages packages;
  packages.add(ArchiveBuilder("first").link_script("post-link", first))
      .add(ArchiveBuilder("second").link_script("post-link", script));
  const TreePlan plan = packages.plan();
  InstallRequest request{.prefix = prefix.string(), .lock_text = "lock one\n"};
  request.link_scripts = {sha256_of(script), sha256_of(first)};
  const bool in_place = GENERATE(false, true);
  const auto run = [&] {
    return in_place ? install_in_place(plan, request, {}) : install_prefix(plan, request, {});
  };
  if (in_place) fs::create_directory(prefix);
  CHECK_THROWS_WITH(run(), Contains("exit status 3"));
  const UniqueFd fd(::open(prefix.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK(find_pending(fd, prefix.string()) == PendingWork{{}, {"second-1.0-0"}});
  CHECK_THROWS_WITH(install_prefix(plan, request, {}), Contains("exit status 3"));
  dir.write("ready", "");
  const InstallResult result = install_prefix(plan, request, {});
  CHECK(result.finished);
  CHECK(result.added.empty());
  CHECK(read_file(prefix / "ran") == "x\n");
  CHECK(read_file(prefix / "first") == "x\n");
  CHECK_FALSE(fs::exists(prefix / "conda-meta/envlock.pending"));
  CHECK_FALSE(install_prefix(plan, request, {}).finished);
  CHECK(read_file(prefix / "ran") == "x\n");
}

TEST_CASE("install_prefix: what is pending of a package that goes is forgotten", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  dir.write("p/conda-meta/envlock.pending",
            write_pending({{"gone-1.0-0", "other-1.0-0"}, {"gone-1.0-0"}}));
  install_first(dir / "p");
  CHECK_FALSE(fs::exists(dir / "p/conda-meta/envlock.pending"));
}

TEST_CASE("install_prefix: records of kept packages follow the lock where it says other things",
          "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const auto file_time = fs::last_write_time(dir / "p/share/other");
  Packages packages;
  packages.add(lib(), true).add(ArchiveBuilder("other").file("share/other", "text"));
  TreePlan plan = packages.plan();
  plan.packages[1].source.record.depends = {"lib >=1"};
  plan.packages[1].source.record.constrains = {"third <2"};
  const InstallResult result = install(plan, dir / "p", "lock two\n");
  CHECK(result.records == 1);
  CHECK(result.kept == 2);
  const auto record = read_prefix_record(read_file(dir / "p/conda-meta/other-1.0-0.json"), "x");
  CHECK(record->record.depends == std::vector<std::string>{"lib >=1"});
  CHECK(record->record.constrains == std::vector<std::string>{"third <2"});
  CHECK(record->paths.at(0).sha256 == sha256_of("text"));
  CHECK(fs::last_write_time(dir / "p/share/other") == file_time);
  CHECK(install(plan, dir / "p", "lock three\n").records == 0);
}

TEST_CASE("install_prefix: an empty folder that cannot be replaced gets a new prefix's mode",
          "[install]") {
  const TempDir dir;
  fs::create_directory(dir / "p");
  Packages packages;
  packages.add(lib());
  InstallRequest request{.prefix = (dir / "p").string(), .lock_text = "lock one\n"};
  request.new_access.mode = 0755;
  const auto mode = [&] { return fs::status(dir / "p").permissions(); };
  fs::permissions(dir / "p", fs::perms::owner_all);
  (void)install_in_place(packages.plan(), request, {});
  CHECK(mode() == fs::perms(0755));
  // An existing one keeps its own.
  fs::permissions(dir / "p", fs::perms::owner_all);
  (void)install_prefix(packages.plan(), request, {});
  CHECK(mode() == fs::perms(0700));
}

TEST_CASE("install_prefix: a prefix that was moved is left alone, and made anew by --repair",
          "[install]") {
  const TempDir dir;
  Packages packages;
  packages.add(lib());
  const TreePlan plan = packages.plan({{"bin/activate", activation_script(Shell::posix, {}), false,
                                        std::string(generated_placeholder)}});
  (void)install(plan, dir / "p");
  fs::rename(dir / "p", dir / "q");
  const std::string before = tree_text(dir / "q");
  CHECK_THROWS_WITH(install(plan, dir / "q"), Contains("was made for '" + (dir / "p").string()));
  CHECK(tree_text(dir / "q") == before);
  InstallRequest request{.prefix = (dir / "q").string(), .lock_text = "lock one\n"};
  request.repair = true;
  (void)install_prefix(plan, request, {});
  CHECK(read_file(dir / "q/etc/lib.conf") == "root=" + (dir / "q").string() + "/share\n");
  CHECK_NOTHROW(install(plan, dir / "q"));
}

TEST_CASE("install_prefix: an empty folder in a file's place gives way to the file", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const bool repair = GENERATE(true, false);
  fs::remove(dir / "p/etc/lib.conf");
  fs::create_directory(dir / "p/etc/lib.conf");
  Packages packages;
  packages.add(lib(repair ? "1.0" : "2.0"));
  InstallRequest request{.prefix = (dir / "p").string(), .lock_text = "lock two\n"};
  request.repair = repair;
  (void)install_prefix(packages.plan(), request, {});
  CHECK(read_file(dir / "p/etc/lib.conf") == "root=" + (dir / "p").string() + "/share\n");
  CHECK_FALSE(fs::exists(dir / "p/.envlock-journal"));
}

TEST_CASE("install_prefix: what no file can replace is refused before anything is changed",
          "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const bool repair = GENERATE(true, false);
  fs::remove(dir / "p/etc/lib.conf");
  fs::create_directories(dir / "p/etc/lib.conf");
  std::ofstream(dir / "p/etc/lib.conf/notes") << "somebody's";
  fs::remove_all(dir / "p/share/empty");
  std::ofstream(dir / "p/share/empty") << "a file";
  fs::create_directory(dir / "p/conda-meta/envlock.pending");
  std::ofstream(dir / "p/conda-meta/envlock.pending/x") << "y";
  fs::rename(dir / "p/bin", dir / "bin");
  fs::create_symlink(dir / "bin", dir / "p/bin");
  if (!repair) fs::remove_all(dir / "p/conda-meta/envlock.pending");
  const std::string before = tree_text(dir / "p");
  Packages packages;
  packages.add(lib(repair ? "1.0" : "2.0"));
  InstallRequest request{.prefix = (dir / "p").string(), .lock_text = "lock two\n"};
  request.repair = repair;
  std::string said;
  try {
    (void)install_prefix(packages.plan(), request, {});
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::unfit);
    said = error.what();
  }
  CHECK(tree_text(dir / "p") == before);
  CHECK(fs::exists(dir / "bin/tool"));
  const std::string prefix = (dir / "p").string();
  for (const std::string path : {"/etc/lib.conf", "/share/empty", "/bin"}) {
    INFO(said);
    CHECK_THAT(said, Contains(prefix + path + " is "));
  }
  if (repair) CHECK_THAT(said, Contains("conda-meta/envlock.pending is a folder"));
}

TEST_CASE("conda_variables: the user's stay, the earlier lock's go, and the lock's hold",
          "[install]") {
  using Variables = std::map<std::string, std::string>;
  const Variables none;
  const std::string mine = R"({"env_vars": {"MINE": "1"}, "version": 1, "more": []})";
  const std::string both = R"({"env_vars": {"MINE": "1", "OLD": "2"}, "version": 1})";
  const Variables old{{"OLD", "2"}};
  const Variables now{{"NEW", "3"}};
  CHECK(conda_variables({}, none, none).stays);
  CHECK(conda_variables({}, none, now).variables == now);
  CHECK(conda_variables(mine, none, none).stays);
  CHECK(conda_variables(mine, {}, none).stays);
  CHECK(conda_variables(mine, old, Variables{{"MINE", "1"}}).stays);
  const auto is_made = [](const CondaVariables& made, const Variables& variables) {
    return !made.stays && made.variables == variables && !made.is_lost;
  };
  CHECK(is_made(conda_variables(both, old, none), {{"MINE", "1"}}));
  CHECK(is_made(conda_variables(both, old, now), {{"MINE", "1"}, {"NEW", "3"}}));
  CHECK(is_made(conda_variables(both, Variables{{"OLD", "2"}, {"MINE", "0"}}, none), none));
  CHECK(is_made(conda_variables(mine, none, Variables{{"MINE", "4"}}), {{"MINE", "4"}}));
  for (const char* broken : {"", "{", "[]", R"({"env_vars": {"A": 1}})"}) {
    INFO(broken);
    CHECK(conda_variables(broken, old, none).stays);
    const CondaVariables made = conda_variables(broken, old, now);
    CHECK_FALSE(made.stays);
    CHECK(made.is_lost);
    CHECK(made.variables == now);
  }
}

TEST_CASE("install_prefix: files in conda-meta that nobody brought stay, conda's variables too",
          "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const std::string state = R"({"version": 1, "env_vars": {"LICENCE": "port"}})";
  std::ofstream(dir / "p/conda-meta/state") << state;
  std::ofstream(dir / "p/conda-meta/pinned") << "lib 1.*";
  Packages packages;
  packages.add(lib());
  InstallRequest request{.prefix = (dir / "p").string(), .lock_text = "lock two\n"};
  request.repair = GENERATE(true, false);
  (void)install_prefix(packages.plan(), request, {});
  CHECK(read_file(dir / "p/conda-meta/state") == state);
  CHECK(read_file(dir / "p/conda-meta/pinned") == "lib 1.*");
  request.variables = {{"MODE", "quick"}};
  request.lock_text = "lock three\n";
  (void)install_prefix(packages.plan(), request, {});
  CHECK(read_file(dir / "p/conda-meta/state") ==
        state_text({{"LICENCE", "port"}, {"MODE", "quick"}}));
}

TEST_CASE("install_prefix: an update that is interrupted leaves no stage behind", "[install]") {
  const TempDir dir;
  install_first(dir / "p");
  const std::string before = tree_text(dir / "p");
  Packages packages;
  packages.add(lib("2.0"));
  const TreePlan plan = packages.plan();
  std::stop_source stop;
  stop.request_stop();
  InstallRequest request{.prefix = (dir / "p").string(), .lock_text = "lock two\n"};
  CHECK_THROWS_AS(install_prefix(plan, request, stop.get_token()), Interrupted);
  CHECK(tree_text(dir / "p") == before);
}

TEST_CASE("read_journal: a path out of the prefix is refused", "[install]") {
  for (const char* path : {"../x", "/etc/x", "a/../../x", "conda-meta/../../x", ""}) {
    PrefixJournal journal;
    journal.remove = {path};
    INFO(path);
    CHECK_THROWS_AS(read_journal(write_journal(journal), "j"), InputError);
  }
}

}  // namespace envlock::test
