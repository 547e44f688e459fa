#include "tests/e2e/packing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace envlock::test {

namespace fs = std::filesystem;

Packing::Packing() : channel_(work_.dir() / "packages") {
  channel_.add_conda(
      ArchiveBuilder("lib")
          .file("lib/libzed.so.1", "library", 0755)
          .link("lib/libzed.so", "libzed.so.1")
          .hard_link("lib/libzed.copy", "lib/libzed.so.1")
          .directory("share/empty")
          .file("share/lib/" + std::string(200, 'n'), "long name")
          .file("share/" + std::string(150, 'd') + "/" + std::string(145, 'e') + "/f", "long path")
          .link("share/" + std::string(150, 'l'), std::string(150, 'd'))
          .file("share/with space/n\xC3\xA4m\xC3\xA9 \xF0\x9F\x98\x80", "odd name")
          .file("share/lib/nothing", ""));
  channel_.add_tar_bz2(
      ArchiveBuilder("app")
          .depends({"lib"})
          .placeholder_text("bin/app", "#!/bin/sh\necho at " + placeholder() + "\n", 0755)
          .placeholder_text("etc/app.conf", "root=" + placeholder() + "\nno line end")
          .placeholder_text("etc/read-only.conf", placeholder() + "\r\n\xE9\r\n", 0444)
          .placeholder_binary("share/app.bin", std::string("a\0", 2) + placeholder() +
                                                   "/b:" + placeholder() + std::string("/x\0z", 4))
          .file("share/app/tests/one", "1")
          .file("share/app/tests/two", "2"));
  ask("app");
}

void Packing::ask(const std::string& specs, const std::string& more,
                  const std::vector<std::string>& options) const {
  work_.write("environment.yml", "channels: [../packages]\nplatforms: [linux-64]\ndependencies: [" +
                                     specs + "]\n" + more);
  work_.solve(options);
}

std::string Packing::pack(const std::string& file, std::vector<std::string> options) const {
  options.insert(options.begin(), {"pack", "-o", file});
  const Outcome outcome = work_.run(options);
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  return (work_.project() / file).string();
}

Outcome shell(const fs::path& cwd, const std::string& line, std::vector<std::string> args) {
  args.insert(args.begin(), {"-c", line, "sh"});
  return run_program("/bin/sh", args, {.cwd = cwd});
}

bool have(const std::string& program) {
  if (shell("/", "command -v \"$1\"", {program}).exit == 0) return true;
  WARN("SKIPPED: " << program << " is not installed");
  return false;
}

std::string difference(const fs::path& a, const fs::path& b) {
  const Outcome outcome = shell("/", R"(
    list() { (cd "$1" && find . -mindepth 1 -printf '%P %y %m %l\n' | LC_ALL=C sort); }
    list "$1" >"$3"; list "$2" | diff "$3" -
    rm "$3"
    diff -r --no-dereference "$1" "$2")",
                                {a.string(), b.string(), a.string() + ".list"});
  INFO(outcome.err);
  REQUIRE(outcome.err.empty());
  return outcome.out;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> shells() {
  std::vector<std::string> out;
  for (const std::string with : {"dash", "bash", "busybox sh"}) {
    if (have(with.substr(0, with.find(' ')))) out.push_back(with);
  }
  return out;
}

}  // namespace envlock::test
