// The script of a self-extracting pack: where it cannot write, and how its command line is read.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;
namespace fs = std::filesystem;

void require_home(const std::string& prefix) {
  CHECK(run_program(prefix + "/bin/app", {}, {.cwd = "/"}).out == "at " + prefix + "\n");
}

}  // namespace

TEST_CASE("a self-extracting pack says where it cannot write, and leaves no folder behind") {
  const Packing work;
  work.pack("e.sh");
  work->write("file", "");
  fs::create_directory(work.path("there"));
  const std::vector<std::string> names = names_in(work->project());
  const std::string name(200, 'n');
  struct Case {
    std::string target;
    int exit;
    std::string says;
  };
  // Nobody writes in /proc, not even root.
  const std::vector<Case> cases{
      {"file/env", 8, "cannot make the folder '" + work.path("file") + "'"},
      {"file/deep/env", 8, "cannot make the folder '" + work.path("file") + "'"},
      {"made/" + std::string(300, 'n') + "/env", 8, "cannot make the folder '"},
      {"/proc/env", 8, "cannot write in '/proc'"},
      {"/proc/deep/env", 8, "cannot make the folder '/proc/deep'"},
      {"there/made//deep/" + name + '/' + name, 8, "have room for"},
      {"made/" + name + '/' + name, 8, "have room for"},
      {"made/a:b/env", 2, "':'"}};
  for (const std::string& with : shells()) {
    for (const Case& one : cases) {
      INFO("by '" << with << "' into " << one.target);
      const Outcome outcome = shell(work->project(), with + " e.sh \"$1\"", {one.target});
      CHECK(outcome.exit == one.exit);
      CHECK(outcome.out.empty());
      CHECK_THAT(outcome.err, Contains(one.says) && Contains("hint: "));
      // One message and its hint, and nothing of the shell's own.
      if (one.says.substr(0, 6) == "cannot") {
        CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 2);
        CHECK_THAT(outcome.err, StartsWith(work.path("e.sh") + ": cannot ") &&
                                    Contains("\n  hint: name another folder"));
      }
      CHECK(names_in(work->project()) == names);
      CHECK(names_in(work->project() / "there").empty());
    }
    // The program comes from TMPDIR where it cannot lie beside the target, and judges that.
    const Outcome elsewhere = shell(work->project(), "TMPDIR=there " + with + " e.sh /proc/env");
    CHECK(elsewhere.exit == 8);
    CHECK_THAT(elsewhere.err, Contains("/proc") && !Contains("cannot write in"));
    CHECK(names_in(work->project() / "there").empty());
    const Outcome piped = shell(work->project(), with + " -s made/env <e.sh");
    CHECK(piped.exit == 7);
    CHECK_THAT(piped.err, Contains("sh FILE.sh DIR"));
    CHECK(names_in(work->project()) == names);
  }
}

TEST_CASE("a self-extracting pack says that no program runs where the file system is noexec") {
  if (!have("unshare")) return;
  if (shell("/", "unshare -Urm true").exit != 0) {
    WARN("SKIPPED: user namespaces are forbidden here");
    return;
  }
  const Packing work;
  work.pack("e.sh");
  fs::create_directory(work.path("mount"));
  for (const std::string& with : shells()) {
    for (const auto& [option, says] : std::vector<std::pair<std::string, std::string>>{
             {"noexec", "no program can be run in '"}, {"ro", "Read-only file system"}}) {
      INFO("by '" << with << "' on " << option);
      const Outcome outcome =
          shell(work->project(),
                "exec unshare -Urm sh -c 'mount -t tmpfs -o \"$1\" none mount && " + with +
                    " e.sh mount/env' sh \"$1\"",
                {option});
      CHECK(outcome.exit == 8);
      CHECK_THAT(outcome.err, StartsWith(work.path("e.sh") + ": ") && Contains(says) &&
                                  Contains("\n  hint: name another folder"));
      CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 2);
    }
  }
}

TEST_CASE("a self-extracting pack fills an empty folder below one that cannot be written") {
  if (!have("unshare")) return;
  if (shell("/", "unshare -Urm true").exit != 0) {
    WARN("SKIPPED: user namespaces are forbidden here");
    return;
  }
  const Packing work;
  work.pack("e.sh");
  fs::create_directory(work.path("mount"));
  const auto in_mount = [&](const std::string& option, const std::string& line) {
    return shell(work->project(),
                 "exec unshare -Urm sh -c 'mount -t tmpfs none mount && mkdir mount/env && "
                 "mount -t tmpfs -o \"$1\" none mount/env && mount -o remount,ro mount && " +
                     line + "' sh \"$1\"",
                 {option});
  };
  for (const std::string& with : shells()) {
    INFO("by '" << with << "'");
    const Outcome filled =
        in_mount("mode=0755", with +
                                  " e.sh mount/env >/dev/null && mount/env/bin/app && ls -A mount "
                                  "&& ls -A mount/env | grep \"^[.]\"; :");
    INFO(filled.err);
    CHECK(filled.exit == 0);
    CHECK(filled.out == "at " + work.path("mount/env") + "\nenv\n");
    // What cannot be done is told of the folder that is written to first, and leaves it empty.
    const Outcome noexec =
        in_mount("mode=0755,noexec", with + " e.sh mount/env || echo \"exit $?\"; ls -A mount/env");
    CHECK(noexec.out == "exit 8\n");
    CHECK_THAT(noexec.err, Contains("cannot write in '" + work.path("mount") + "'"));
    // One that has something in it is not touched.
    const Outcome taken =
        in_mount("mode=0755", "touch mount/env/mine; " + with +
                                  " e.sh mount/env || echo \"exit $?\"; ls -A mount/env");
    CHECK(taken.out == "exit 8\nmine\n");
  }
}

TEST_CASE("a self-extracting pack that is killed while it works leaves no program beside it") {
  const Packing work;
  work.pack("e.sh");
  for (const std::string& with : shells()) {
    INFO("by '" << with << "'");
    const Outcome outcome = shell(
        work->project(),
        "mkdir made; " + with +
            " e.sh made/env >/dev/null & pid=$!; n=0; "
            "while [ ! -e made/env ] && [ ! -e made/.env.envlock-partial ] && [ $n -lt 6000 ]; "
            "do n=$((n + 1)); sleep 0.005; done; "
            "kill -9 $pid; ls -A made | grep envlock-env; "
            "while [ ! -e made/env ] && [ $n -lt 6000 ]; do n=$((n + 1)); sleep 0.005; done; "
            "ls -A made");
    CHECK(outcome.out == "env\n");
    require_home(work.path("made/env"));
    fs::remove_all(work.path("made"));
  }
}

TEST_CASE("a self-extracting pack and envlock-env take '--' as the end of the options") {
  const Packing work;
  work.pack("e.sh");
  const auto run = [&](const std::string& line) {
    const Outcome outcome = shell(work->project(), line);
    INFO(line << ": " << outcome.err);
    CHECK(outcome.exit == 0);
  };
  for (const std::string& with : shells()) {
    INFO("by '" << with << "'");
    run(with + " e.sh --private -- env");
    require_home(work.path("env"));
    run(with + " e.sh -- --help");
    require_home(work.path("--help"));
    run(with + " e.sh --replace -- env");
    run(with + " e.sh --rollback -- env");
    CHECK(shell(work->project(), with + " e.sh --").exit == 2);
    CHECK(shell(work->project(), with + " e.sh -- one --two").exit == 2);
    run("exec env/bin/envlock-env unpack -- e.sh -x");
    require_home(work.path("-x"));
    for (const std::string made : {"env", "--help", "-x", ".env.envlock-previous"})
      fs::remove_all(work.path(made));
  }
}

}  // namespace envlock::test
