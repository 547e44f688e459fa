// What of packages' files changes where a pack is unpacked or moved, and what does not, through the
// built programs.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// A python that says how it was called; it is no ELF file, so that nothing of it is relocated.
const std::string python = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n";

std::string utf16(const std::string& text) {
  std::string out("\xFF\xFE", 2);
  for (const char c : text) out.append({c, '\0'});
  return out;
}

}  // namespace

TEST_CASE("unpack: every form of script runs by its path, by the environment's own interpreter") {
  Packing work;
  const std::string interpreter = "#!" + placeholder() + "/bin/python3.11";
  work.channel().add_conda(ArchiveBuilder("python", "3.11.2")
                               .file("bin/python3.11", python, 0755)
                               .file("lib/python3.11/os.py", "pass\n"));
  work.channel().add_conda(
      ArchiveBuilder("scripts")
          .depends({"python"})
          .placeholder_text("bin/plain", interpreter + "\npass\n", 0755)
          .placeholder_text("bin/isolated", interpreter + " -I\npass\n", 0755)
          .placeholder_text("bin/two-options", interpreter + " -E -s\npass\n", 0755)
          .placeholder_text("bin/twice", interpreter + "\nhere = '" + placeholder() + "/bin'\n",
                            0755));
  work.ask("scripts");
  const std::string file = work.pack("e.tar.zst");
  const auto require_runs = [&](const std::string& prefix) {
    const std::string own = prefix + "/bin/python3.11\n";
    const auto output = [&](const std::string& name) {
      const std::string path = prefix + "/bin/" + name;
      // The kernel itself hands options to an interpreter as one word; past what it reads of a
      // line, or with a space in the path, the script begins in another way.
      const Outcome ran = run_program(path, {"one", "two words"}, {.cwd = "/"});
      INFO(path << ": " << ran.err);
      CHECK(ran.exit == 0);
      CHECK(ran.out.starts_with(own));
      CHECK(ran.out.ends_with('\n' + path + "\none\ntwo words\n"));
      return ran.out;
    };
    (void)output("plain");
    CHECK_THAT(output("isolated"), Contains("\n-I\n"));
    CHECK_THAT(output("two-options"), Contains("\n-E"));
    (void)output("twice");
    CHECK_THAT(read_file(prefix + "/bin/twice"), Contains("\nhere = '" + prefix + "/bin'\n"));
  };
  const std::string far = "deep/" + std::string(130, 'p');
  for (const std::string& name : {std::string("env"), std::string("with space"), far}) {
    const Outcome unpacked = work->run({"unpack", file, "-p", name, "--no-byte-code"});
    INFO(unpacked.err);
    REQUIRE(unpacked.exit == 0);
    require_runs(work.path(name));
  }
  fs::rename(work.path(far), work.path("short"));
  REQUIRE(work->run({"relocate", "short"}).exit == 0);
  require_runs(work.path("short"));
  fs::rename(work.path("short"), work.path("long words " + std::string(130, 'q')));
  REQUIRE(work->run({"relocate", "long words " + std::string(130, 'q')}).exit == 0);
  require_runs(work.path("long words " + std::string(130, 'q')));
}

TEST_CASE("unpack: what no package records as its place is not touched, whatever it looks like") {
  Packing work;
  const std::string wide = utf16("root=" + placeholder() + "\r\n");
  const std::string literal = "root=" + placeholder() + "/share\n\\\\?\\" + placeholder() + "\n";
  work.channel().add_conda(ArchiveBuilder("odd")
                               .depends({"lib"})
                               .file("share/utf16.reg", wide)
                               .file("share/literal", literal)
                               .file("etc/x/y", "y")
                               .link("share/to-folder", "../etc/x")
                               .link("share/to-empty", "empty")
                               .link("share/to-file", "literal")
                               .link("lib/of-other-package.so", "libzed.so.1"));
  work.ask("odd");
  REQUIRE(work->run({"unpack", work.pack("e.tar.gz"), "-p", "env"}).exit == 0);
  fs::rename(work.path("env"), work.path("moved"));
  REQUIRE(work->run({"relocate", "moved"}).exit == 0);
  CHECK(work->read("moved/share/utf16.reg") == wide);
  CHECK(work->read("moved/share/literal") == literal);
  CHECK(fs::read_symlink(work.path("moved/share/to-folder")) == "../etc/x");
  CHECK(work->read("moved/share/to-folder/y") == "y");
  CHECK(work->read("moved/share/to-file") == literal);
  CHECK(fs::is_empty(work.path("moved/share/to-empty")));
  CHECK(work->read("moved/lib/of-other-package.so") == "library");
}

TEST_CASE("relocate: a relative path, a link and another folder lead to the same place") {
  const Packing work;
  REQUIRE(work->run({"unpack", work.pack("e.tar"), "-p", "env"}).exit == 0);
  fs::create_directories(work.path("sub"));
  std::string from = "env";
  int moves = 0;
  const auto moved_by = [&](const std::string& how) {
    const std::string to = "m" + std::to_string(++moves);
    fs::rename(work.path(from), work.path(to));
    fs::remove(work.path("link"));
    fs::create_directory_symlink(to, work.path("link"));
    const Outcome outcome = shell(work.path("sub"), "envlock=$1 to=$2 HOME=$3; export HOME; " + how,
                                  {envlock_program(), to, work->project().string()});
    INFO(how << ": " << outcome.err);
    CHECK(outcome.exit == 0);
    CHECK(shell("/", "exec \"$1\"", {work.path(to + "/bin/app")}).out ==
          "at " + work.path(to) + "\n");
    CHECK_THAT(outcome.out, Contains("'" + work.path(to) + "'"));
    from = to;
  };
  moved_by("\"$envlock\" relocate ../$to");
  moved_by("\"$envlock\" relocate ../link");
  moved_by("\"$envlock\" relocate ../sub/../link/");
  moved_by("cd ../link && \"$envlock\" relocate .");
  moved_by("../link/bin/envlock-env relocate");
  moved_by("cd ../link/bin && ./envlock-env relocate");
  // Others name it by the link, too.
  CHECK_THAT(work->run({"list", "link"}).out, Contains("app"));
  CHECK(work->run({"diff", "link", from}).exit == 0);
  // One that would be made is named as what it is.
  for (const std::string command : {"install", "unpack"}) {
    std::vector<std::string> args{command};
    if (command == "unpack") args.emplace_back("e.tar");
    args.insert(args.end(), {"-p", "link"});
    const Outcome refused = work->run(args);
    CHECK(refused.exit != 0);
    CHECK_THAT(refused.err, Contains("it is a link: name the folder that it leads to"));
  }
}

TEST_CASE("pack: a folder that it makes shares no file with the cache, whatever becomes of it") {
  const Packing work;
  const fs::path cache = work->dir() / "own-cache";
  REQUIRE(work->run({"fetch", "--cache-dir", cache.string()}).exit == 0);
  const auto sums = [&] {
    return shell(cache, "find . -type f -exec sha256sum {} + | sort").out +
           shell(work->dir() / "packages", "find . -type f -exec sha256sum {} + | sort").out;
  };
  const std::string before = sums();
  REQUIRE(before.size() > 200);
  work.pack("folder/", {"--cache-dir", cache.string()});
  CHECK(shell(work->project(), "folder/bin/envlock-env unpack").exit == 0);
  CHECK(shell(work->project(), "mv folder moved && moved/bin/envlock-env relocate").exit == 0);
  CHECK(shell(work->project(), "find moved -type f -links +1").out.empty());
  CHECK(sums() == before);
}

}  // namespace envlock::test
