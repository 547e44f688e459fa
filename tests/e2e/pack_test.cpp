// `envlock pack` through the built program: the same bytes, every reader, what it refuses.

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

const std::vector<std::string> archives{"e.tar.zst", "e.tar.gz", "e.tar", "e.sh"};

/// Plain tar from an archive of any form, on standard output. $1: the archive.
const std::string expand = R"(expand() {
  case $1 in
    *.zst) zstd -qdc "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *.tar) cat "$1" ;;
    *.sh) tail -c +$((1 + $(sed -n '2s/.*byte 0*//p' "$1"))) "$1" | zstd -qdc ;;
  esac
}
)";

std::string json_text(const fs::path& folder, const std::string& name) {
  return read_file(folder / name);
}

/// What is neither in the manifest nor a folder: manifest, lock and conda-meta's documents.
std::size_t expected_members(const fs::path& extracted) {
  const Json manifest = Json::parse(json_text(extracted, "conda-meta/envlock.manifest"));
  const Json facts = Json::parse(json_text(extracted, "share/envlock/pack.json"));
  const auto files = std::ranges::count_if(
      manifest["files"], [](const Json& file) { return !file.contains("directory"); });
  return static_cast<std::size_t>(files) + facts["documents"].size() + 2;
}

}  // namespace

TEST_CASE("pack: the same lock gives the same bytes, whatever the machine is like") {
  const Packing work;
  for (const std::string& name : archives) {
    const std::string first = sha256_of(read_file(work.pack(name, {"--threads", "1"}))).hex();
    RunOptions options = work->options({{"TZ", "Asia/Tokyo"}, {"USER", "somebody"}});
    options.umask = 077;
    options.cwd = work->dir() / "elsewhere";
    options.env["ENVLOCK_CACHE_DIR"] = (work->dir() / "other-cache").string();
    fs::create_directory(options.cwd);
    fs::copy(work->project() / "environment.yml", options.cwd);
    fs::copy(work->project() / "envlock.lock", options.cwd);
    const Outcome other = run_envlock({"pack", "-o", name, "--threads", "4"}, options);
    INFO(other.err);
    REQUIRE(other.exit == 0);
    CHECK(sha256_of(read_file(options.cwd / name)).hex() == first);
    CHECK(read_file(options.cwd / (name + ".sha256")) == first + "  " + name + "\n");
    struct stat facts {};
    REQUIRE(::stat((options.cwd / name).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777U) == (name.ends_with(".sh") ? 0755U : 0644U));
    CHECK(shell(options.cwd, "sha256sum --quiet -c \"$1.sha256\"", {name}).exit == 0);
    fs::remove_all(options.cwd);
  }
}

TEST_CASE("pack: to standard output come the bytes of a .tar.zst, and nothing else") {
  const Packing work;
  const std::string file = work.pack("e.tar.zst");
  const Outcome stream = work->run({"pack", "-o", "-"});
  CHECK(stream.exit == 0);
  CHECK(stream.out == read_file(file));
  CHECK_THAT(stream.err, Contains("into standard output"));
  CHECK(work->run({"pack", "-o", "-", "-q"}).err.empty());
  // And back through a pipe.
  RunOptions options = work->options();
  options.input = stream.out;
  const Outcome unpacked = run_envlock({"unpack", "-", "-p", "env"}, options);
  INFO(unpacked.err);
  CHECK(unpacked.exit == 0);
  REQUIRE(work->run({"unpack", file, "-p", "env2"}).exit == 0);
  CHECK(shell(work->project(), "env/bin/app").out == "at " + work.path("env") + "\n");
}

TEST_CASE("pack: GNU tar, bsdtar, busybox and Python read every member of every form alike") {
  const Packing work;
  work.pack("folder/");
  const fs::path folder = work->project() / "folder";
  const std::size_t members = expected_members(folder);
  REQUIRE(members > 15);
  std::vector<std::string> readers{"tar -xf - -C \"$2\""};
  if (have("bsdtar")) readers.emplace_back("bsdtar -xf - -C \"$2\"");
  if (have("busybox")) readers.emplace_back("busybox tar -xf - -C \"$2\"");
  if (have("/usr/bin/python3")) {
    readers.emplace_back(
        "/usr/bin/python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, "
        "mode=\"r|\").extractall(sys.argv[1])' \"$2\"");
  }
  for (const std::string& name : archives) {
    if (name != "e.tar" && name != "e.tar.gz" && !have("zstd")) continue;
    const std::string file = work.pack(name);
    for (const std::string& reader : readers) {
      INFO(name << " by " << reader);
      const fs::path to = work->project() / "extracted";
      fs::create_directory(to);
      const Outcome outcome = shell(
          work->project(), expand + "umask 022; expand \"$1\" | " + reader, {file, to.string()});
      CHECK(outcome.err.empty());
      REQUIRE(outcome.exit == 0);
      CHECK(difference(folder, to).empty());
      CHECK(shell(to, "find . ! -type d | wc -l").out == std::to_string(members) + "\n");
      fs::remove_all(to);
    }
  }
}

TEST_CASE("pack: stock tar finds the compression itself, and needs no option for many frames") {
  const Packing work;
  if (!have("zstd")) return;
  const std::string file = work.pack("e.tar.zst");
  const Outcome listed = shell(work->project(), "tar --zstd -tvf \"$1\"", {file});
  INFO(listed.err);
  REQUIRE(listed.exit == 0);
  // Names in a fixed order, nothing absolute, owner 0, no mode but these.
  CHECK_THAT(listed.out, !Contains("..") && !Contains(" /"));
  CHECK(shell(work->project(),
              "tar --zstd --numeric-owner -tvf \"$1\" | awk '{print $1, $2}' | sort -u", {file})
            .out == "-rw-r--r-- 0/0\n-rwxr-xr-x 0/0\ndrwxr-xr-x 0/0\nlrwxrwxrwx 0/0\n");
  CHECK(shell(work->project(), "tar --zstd -tf \"$1\" | head -n 1", {file}).out ==
        "conda-meta/envlock.manifest\n");
  CHECK(shell(work->project(), "tar --zstd -tf \"$1\" | sort | uniq -d", {file}).out.empty());
}

TEST_CASE("pack: wrong requests end before any work, each with its exit code") {
  const Packing work;
  const std::string before = "mine";
  work->write("there.tar.zst", before);
  work->write("full/file", "mine");
  struct Case {
    std::vector<std::string> args;
    int exit;
    std::string says;
  };
  const std::vector<Case> cases{
      {{}, 2, "-o"},
      {{"-o", "env.zip"}, 2, ".tar.zst"},
      {{"-o", ".tar.zst"}, 2, "does not tell"},
      {{"-o", "env.tar.zst", "--compress-level", "20"}, 2, "1 to 19"},
      {{"-o", "env.tar.zst", "--compress-level", "0"}, 2, "1 to 19"},
      {{"-o", "env.tar.gz", "--compress-level", "10"}, 2, "1 to 9"},
      {{"-o", "env.tar", "--compress-level", "1"}, 2, "compress-level"},
      {{"-o", "-", "--json"}, 2, "standard output"},
      {{"-o", "env.tar", "--threads", "0"}, 2, "threads"},
      {{"-o", "env.tar", "--exclude", "/etc"}, 2, "relative"},
      {{"-o", "env.tar", "--platform", "osx-arm64"}, 2, "osx-arm64"},
      {{"-o", "none/env.tar"}, 7, "there is no folder"},
      {{"-o", "there.tar.zst"}, 7, "--force"},
      {{"-o", "full/"}, 7, "not an empty folder"},
      {{"no.lock", "-o", "env.tar"}, 7, "no.lock"},
      {{"-o", "env.tar", "--key", "no.key"}, 7, "no.key"},
      {{"-o", "env.tar", "--dest-prefix", "one place"}, 2, "not absolute"},
      {{"-o", "env.tar", "--dest-prefix", "//"}, 2, "cannot be a prefix"},
      {{"-o", "env.tar", "--dest-prefix", "/a:b"}, 2, "PATH"},
      {{"-o", "env.tar", "--dest-prefix", "/o'brien/env"}, 8, "a quote (')"},
      {{"-o", "env.tar", "--dest-prefix", "/" + std::string(260, 'x')}, 8, "255"},
  };
  const std::vector<std::string> names = names_in(work->project());
  for (const Case& one : cases) {
    std::vector<std::string> args{"pack"};
    args.insert(args.end(), one.args.begin(), one.args.end());
    const Outcome outcome = work->run(args);
    INFO(one.says << " <- " << outcome.err << outcome.out);
    CHECK(outcome.exit == one.exit);
    CHECK_THAT(outcome.err + outcome.out, Contains(one.says));
    CHECK(names_in(work->project()) == names);
  }
  CHECK(work->read("there.tar.zst") == before);
  REQUIRE(work->run({"pack", "-o", "there.tar.zst", "--force"}).exit == 0);
  CHECK(work->read("there.tar.zst") != before);
}

TEST_CASE("pack: a higher level makes a smaller file of the same content") {
  Packing work;
  std::string text;
  for (std::uint32_t i = 0; i < 30000; ++i)
    text += std::to_string(i * 2654435761U % 9973) + " words; ";
  work.channel().add_conda(ArchiveBuilder("text").file("share/text", text));
  work.ask("text");
  CHECK(fs::file_size(work.pack("a.tar.zst", {"--compress-level", "1"})) >
        fs::file_size(work.pack("b.tar.zst", {"--compress-level", "19"})));
  CHECK(fs::file_size(work.pack("a.tar.gz", {"--compress-level", "1"})) >
        fs::file_size(work.pack("b.tar.gz", {"--compress-level", "9"})));
  REQUIRE(work->run({"unpack", "a.tar.zst", "-p", "a"}).exit == 0);
  CHECK(work->read("a/share/text") == text);
}

TEST_CASE("pack: a package that is absent, changed or lies leaves no output") {
  Packing work;
  const std::vector<std::string> names = names_in(work->project());
  const auto refused = [&](int exit, const std::string& says) {
    const Outcome outcome = work->run({"pack", "-o", "e.tar.zst"});
    INFO(outcome.err);
    CHECK(outcome.exit == exit);
    CHECK_THAT(outcome.err, Contains(says));
    CHECK(names_in(work->project()) == names);
  };
  SECTION("absent") {
    fs::remove(work.channel().file("linux-64", "lib-1.0-0.conda"));
    const Outcome outcome = work->run({"pack", "-o", "e.tar.zst", "--offline"});
    INFO(outcome.err);
    CHECK(outcome.exit != 0);
    CHECK_THAT(outcome.err, Contains("lib-1.0-0.conda"));
    CHECK(names_in(work->project()) == names);
  }
  SECTION("another byte") {
    const fs::path file = work.channel().file("linux-64", "lib-1.0-0.conda");
    std::string bytes = read_file(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    work->dir().write("packages/linux-64/lib-1.0-0.conda", bytes);
    refused(6, "lib-1.0-0.conda");
  }
  SECTION("another file inside") {
    ArchiveBuilder liar("liar");
    liar.file("bin/liar", "text").paths_json([](ArchiveBuilder::Json& json) {
      json["paths"][0]["sha256"] = std::string(64, '0');
    });
    work.channel().add_conda(liar);
    work.ask("liar");
    refused(6, "bin/liar");
  }
  SECTION("two packages with one path") {
    work.channel().add_conda(ArchiveBuilder("thief").file("bin/app", "other", 0755));
    work.ask("app, thief");
    refused(8, "'bin/app': app-1.0-0.tar.bz2 and thief-1.0-0.conda");
  }
}

TEST_CASE("pack: filters are applied in their order, and the pack says so") {
  const Packing work;
  const auto has = [&](const std::string& file, const std::string& path) {
    return shell(work->project(), "tar -tf \"$1\" | grep -qxF \"$2\"", {file, path}).exit == 0;
  };
  const std::string all = work.pack("all.tar");
  const std::string less = work.pack(
      "less.tar", {"--exclude", "share/app", "--include", "*/one", "--exclude", "etc/*.conf"});
  CHECK(has(all, "share/app/tests/two"));
  CHECK(has(less, "share/app/tests/one"));
  CHECK_FALSE(has(less, "share/app/tests/two"));
  CHECK_FALSE(has(less, "etc/app.conf"));
  CHECK(has(less, "bin/app"));
  const std::string none = work.pack("none.tar", {"--exclude", "*/one", "--exclude", "share/app"});
  CHECK_FALSE(has(none, "share/app/tests/one"));
  // What was not there is no finding, and a second pack without filters is as the first.
  REQUIRE(work->run({"unpack", less, "-p", "env"}).exit == 0);
  const Json facts = Json::parse(work->read("env/share/envlock/pack.json"));
  CHECK(facts["filters"] == Json::array({"-share/app", "+*/one", "-etc/*.conf"}));
  CHECK(read_file(work.pack("again.tar")) == read_file(all));
  // What is about nothing here is said, and the rest is done.
  const Outcome odd = work->run({"pack", "-o", "odd.tar", "--exclude", "no/such/*", "--exclude",
                                 "share/app", "--include", "share/app/none"});
  INFO(odd.err);
  CHECK(odd.exit == 0);
  CHECK_THAT(odd.err, Contains("no file of the environment matches 'no/such/*' of --exclude") &&
                          Contains("matches 'share/app/none' of --include") &&
                          !Contains("'share/app' of"));
  CHECK_FALSE(has(work.path("odd.tar"), "share/app/tests/one"));
}

TEST_CASE("pack: --dest-prefix makes it for one place, where tar alone is enough") {
  const Packing work;
  const std::string place = work.path("one place");
  for (const std::string& given : {place, place + "/", place + "/x/../"}) {
    const std::string file = work.pack("dest.tar", {"--dest-prefix", given, "--force"});
    fs::create_directory(place);
    REQUIRE(shell(place, "tar -xf \"$1\"", {file}).exit == 0);
    CHECK(work->read("one place/etc/app.conf") == "root=" + place + "\nno line end");
    CHECK(shell("/", "\"$1/bin/app\"", {place}).out == "at " + place + "\n");
    CHECK(
        shell(place, "grep -rlF \"$1\" --exclude-dir=conda-meta . ", {placeholder()}).out.empty());
    const Outcome here = run_program(place + "/bin/envlock-env", {"unpack"}, {.cwd = "/"});
    INFO(here.err);
    CHECK(here.exit == 0);
    CHECK_THAT(here.out, Contains("0 files made to run"));
    fs::remove_all(place);
  }
  // It can be brought elsewhere all the same, and moved.
  REQUIRE(work->run({"unpack", "dest.tar", "-p", "other"}).exit == 0);
  CHECK(shell(work->project(), "other/bin/app").out == "at " + work.path("other") + "\n");
  work.pack("plain.tar");
  REQUIRE(work->run({"unpack", "plain.tar", "-p", "same"}).exit == 0);
  fs::rename(work->project() / "other", work->project() / "first");
  fs::rename(work->project() / "same", work->project() / "other");
  CHECK(shell(work->project(), "other/bin/envlock-env relocate").exit == 0);
  CHECK(difference(work->project() / "first" / "etc", work->project() / "other" / "etc").empty());
  CHECK(difference(work->project() / "first" / "bin", work->project() / "other" / "bin").empty());
}

TEST_CASE("pack: nothing of the builder is in the pack") {
  Packing work;
  const std::string token = "tk-canary-90ab12cd";
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(work.channel().path())) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), work.channel().path()).string();
    files["/t/" + token + "/c/" + name] = read_file(entry.path());
  }
  const LocalServer server(serve_files(std::move(files)));
  RunOptions options = work->options({{"USER", "canary-user"},
                                      {"LOGNAME", "canary-user"},
                                      {"CANARY_SECRET", "canary-secret"},
                                      {"HOSTNAME", "canary-host"}});
  options.cwd = work->dir() / "canary-home";
  fs::create_directory(options.cwd);
  options.env["CANARY_TOKEN"] = token;
  work->dir().write("canary-home/environment.yml",
                    "channels: [acme]\nplatforms: [linux-64]\ndependencies: [app]\n");
  work->dir().write("canary-home/envlock.yml",
                    "channels:\n  acme:\n    url: " + server.url("/c") +
                        "\n    credentials: {as: token, env: CANARY_TOKEN}\n");
  const Outcome solved = run_envlock({"solve"}, options);
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  const Outcome packed = run_envlock({"pack", "-o", "e.tar"}, options);
  INFO(packed.err);
  REQUIRE(packed.exit == 0);
  const std::string bytes = read_file(options.cwd / "e.tar");
  REQUIRE_THAT(bytes, Contains("conda-meta/app-1.0-0.json"));
  const std::string host = shell("/", "uname -n").out;
  for (const std::string& secret :
       {token, std::string("canary"), work->dir().path().string(), host.substr(0, host.size() - 1),
        std::string(ENVLOCK_SOURCE_DIR)}) {
    INFO(secret);
    const bool is_there = secret.size() > 3 && bytes.find(secret) != std::string::npos;
    CHECK_FALSE(is_there);
  }
  // A channel that is a folder here is a name there.
  const std::string local = read_file(work.pack("local.tar"));
  CHECK(local.find(work->dir().path().string()) == std::string::npos);
}

TEST_CASE("pack: --host fails at home where the machine would be too old") {
  Packing work;
  work.channel().add_conda(ArchiveBuilder("new").depends({"__glibc >=2.30"}).file("share/n", "n"));
  work.ask("new", {}, {"--virtual-package", "__glibc=2.36"});
  const std::string host = R"({"host_version": 1, "platform": "linux-64", "kernel": "4.18.0",
    "glibc": "2.28", "target": {"path": "/opt/env"}})";
  work->write("old.json", host);
  work->write("good.json", std::string(host).replace(host.find("2.28"), 4, "2.34"));
  const Outcome old = work->run({"pack", "-o", "e.tar", "--host", "old.json"});
  CHECK(old.exit == 8);
  CHECK_THAT(old.err, Contains("glibc") && Contains("2.30") && Contains("2.28"));
  CHECK_FALSE(work->exists("e.tar"));
  work.pack("e.tar", {"--host", "good.json"});

  // The target machine says the same before a byte is written.
  const Outcome refused = work->run({"unpack", "e.tar", "-p", "env", "--host", "old.json"});
  CHECK(refused.exit == 8);
  CHECK_THAT(refused.err, Contains("nothing was written") && Contains("2.28"));
  CHECK_FALSE(work->exists("env"));
  CHECK(work->run({"unpack", "e.tar", "-p", "env", "--host", "old.json", "--force", "cuda"}).exit ==
        8);
  CHECK(work->run({"unpack", "e.tar", "-p", "env", "--force", "no-class"}).exit == 2);
  const Outcome forced =
      work->run({"unpack", "e.tar", "-p", "env", "--host", "old.json", "--force", "glibc"});
  CHECK(forced.exit == 0);
  CHECK_THAT(forced.err, Contains("forced: "));
  const std::string program = work.path("env/bin/envlock-env");
  CHECK(shell(work->project(), "\"$1\" check-host --host old.json", {program}).exit == 8);
  CHECK(shell(work->project(), "\"$1\" check-host --host good.json", {program}).exit == 0);
  const Outcome json =
      shell(work->project(), "\"$1\" check-host --json --host old.json", {program});
  CHECK(json.exit == 8);
  CHECK(Json::parse(json.out)["result"]["misfits"][0]["class"] == "glibc");
}

TEST_CASE("pack and unpack: --host judges the room and the path limits that the file states") {
  const Packing work;
  const std::string begin = R"({"host_version": 1, "platform": "linux-64", "kernel": "5.14.0",
    "glibc": "2.34", "target": {"path": "/scratch/env")";
  const auto describe = [&](const std::string& name, const std::string& more) {
    work->write(name, begin + more + "}}");
    return name;
  };
  const std::string pack = work.pack("e.tar");
  const std::vector<std::string> names = names_in(work->project());
  const auto refused = [&](const std::string& more, const std::string& misfit_class,
                           const std::string& says) {
    const std::string host = describe("node.json", more);
    INFO(says);
    for (const std::string form : {"x.tar.zst", "x/"}) {
      const Outcome packed = work->run({"pack", "-o", form, "--host", host});
      INFO(packed.err);
      CHECK(packed.exit == 8);
      CHECK_THAT(packed.err, Contains(says) && Contains("node.json"));
    }
    const Outcome streamed = work->run({"pack", "-o", "-", "--host", host});
    CHECK(streamed.exit == 8);
    CHECK(streamed.out.empty());
    const Outcome unpacked = work->run({"unpack", pack, "-p", "env", "--host", host});
    INFO(unpacked.err);
    CHECK(unpacked.exit == 8);
    CHECK_THAT(unpacked.err,
               Contains(misfit_class + ": needs ") && Contains(says) && Contains("'/scratch/env'"));
    fs::remove(work.path("node.json"));
    CHECK(names_in(work->project()) == names);
  };
  refused(R"(, "free_bytes": 1000)", "disk", "1.0 kB free");
  refused(R"(, "free_inodes": 3)", "inodes", "3 free");
  refused(R"(, "name_bytes": 100)", "path", "a limit of 100");
  refused(R"(, "path_bytes": 300)", "path", "a limit of 300");

  const std::string small = describe("small.json", R"(, "free_bytes": 1000)");
  const Outcome forced =
      work->run({"unpack", pack, "-p", "env", "--host", small, "--force", "disk"});
  CHECK(forced.exit == 0);
  CHECK_THAT(forced.err, Contains("forced: "));
  // It lies there already.
  const std::string program = work.path("env/bin/envlock-env");
  CHECK(shell(work->project(), "\"$1\" check-host --host small.json", {program}).exit == 0);
  work.pack("ok.tar", {"--host", describe("large.json", R"(, "free_bytes": 1000000000,
    "free_inodes": 100000, "name_bytes": 255, "path_bytes": 4095)")});
}

}  // namespace envlock::test
