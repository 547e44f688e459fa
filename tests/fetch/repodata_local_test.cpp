#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "fetch/atomic_file.hpp"
#include "tests/fetch/fetching.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;
using Catch::StartsWith;
using Origin = SubdirAnswer::Origin;

namespace {

const std::string json = R"({"packages": {}})";

std::string channel_of(const Fetching& fetching) {
  return Url::from_path((fetching.dir / "chan nel").string()).to_string();
}

}  // namespace

TEST_CASE("local repodata: .zst before .json before .bz2", "[fetch]") {
  Fetching fetching;
  fetching.dir.write("chan nel/noarch/repodata.json.bz2", bz2_compressed("{\"bz2\": 1}"));
  CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == "{\"bz2\": 1}");
  fetching.dir.write("chan nel/noarch/repodata.json", "{\"json\": 1}");
  CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == "{\"json\": 1}");
  const auto file =
      fetching.dir.write("chan nel/noarch/repodata.json.zst", zstd_frame("{\"zst\": 1}"));
  const SubdirAnswer answer = fetching.fetch_one(channel_of(fetching));
  CHECK(json_of(answer) == "{\"zst\": 1}");
  CHECK(answer.source == file.string());
  CHECK(answer.served_sha256 == sha256_of(zstd_frame("{\"zst\": 1}")));
}

TEST_CASE("local repodata: unchanged, also offline, it is not indexed again", "[fetch]") {
  Fetching fetching;
  fetching.dir.write("chan nel/noarch/repodata.json", json);
  CHECK(fetching.fetch_one(channel_of(fetching)).origin == Origin::downloaded);
  fetching.settings.offline = GENERATE(false, true);
  const SubdirAnswer answer = fetching.fetch_one(channel_of(fetching));
  CHECK(answer.origin == Origin::revalidated);
  CHECK(json_of(answer) == json);
  CHECK(fetching.indexer.started == 1);
  CHECK(fetching.indexer.checked == 0);
}

TEST_CASE("local repodata: any change is seen", "[fetch]") {
  Fetching fetching;
  const auto file = fetching.dir.write("chan nel/noarch/repodata.json", json);
  static_cast<void>(fetching.fetch_one(channel_of(fetching)));
  SECTION("another content of the same length") {
    fetching.dir.write("chan nel/noarch/repodata.json", R"({"packager": {}})");
    CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == R"({"packager": {}})");
  }
  SECTION("another content under the old modification time") {
    const auto time = fs::last_write_time(file);
    write_file(file, R"({"packager": {}})");
    fs::last_write_time(file, time);
    CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == R"({"packager": {}})");
  }
  SECTION("a better file beside it") {
    fetching.dir.write("chan nel/noarch/repodata.json.zst", zstd_frame("{}"));
    CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == "{}");
  }
  SECTION("none any more") {
    fs::remove(file);
    CHECK_THAT(failure_of(fetching, channel_of(fetching)), Contains("no such channel"));
  }
}

TEST_CASE("local repodata: the same content anew is hashed, not indexed", "[fetch]") {
  Fetching fetching;
  fetching.dir.write("chan nel/noarch/repodata.json", json);
  static_cast<void>(fetching.fetch_one(channel_of(fetching)));
  write_file(fetching.dir / "chan nel/noarch/repodata.json", json);
  CHECK(fetching.fetch_one(channel_of(fetching)).origin == Origin::revalidated);
  CHECK(fetching.indexer.started == 1);
}

TEST_CASE("local repodata: what changed just now is not trusted by its times", "[fetch]") {
  Fetching fetching;
  fetching.later(std::chrono::seconds(-3600));  // back to the real time
  fetching.dir.write("chan nel/noarch/repodata.json", json);
  static_cast<void>(fetching.fetch_one(channel_of(fetching)));
  // As if it had been written within the same tick: same size, same times, same inode.
  std::string text;
  for (const std::string& name : fetching.cached_files())
    if (name.ends_with(".state")) text = read_file(fetching.dir / ("cache/repodata/" + name));
  CHECK_THAT(text, !Contains("\nsource "));
  CHECK(json_of(fetching.fetch_one(channel_of(fetching))) == json);
  CHECK(fetching.indexer.started == 1);
}

TEST_CASE("local repodata: a channel that is not there is exit 5 with its path", "[fetch]") {
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, channel_of(fetching)),
             StartsWith("5: no such channel") && Contains((fetching.dir / "chan nel").string()));
  fetching.dir.write("chan nel", "a file");
  CHECK_THAT(failure_of(fetching, channel_of(fetching)),
             StartsWith("5: no such channel") && Contains("is a file"));
}

TEST_CASE("local repodata: a missing subdir of several is a notice", "[fetch]") {
  Fetching fetching;
  fetching.dir.write("chan nel/noarch/repodata.json", json);
  fs::create_directory(fetching.dir / "chan nel/osx-64");
  const auto answers = fetching.fetch(channel_of(fetching), {"linux-64", "noarch", "osx-64"});
  CHECK(answers[0].origin == Origin::absent);
  CHECK(answers[0].notices.size() == 1);
  CHECK(json_of(answers[1]) == json);
  CHECK(answers[2].origin == Origin::absent);
  fetching.dir.write("chan nel/linux-64/repodata.json", json);
  CHECK(fetching.fetch(channel_of(fetching), {"linux-64", "noarch"})[0].origin ==
        Origin::downloaded);
}

TEST_CASE("local repodata: odd files are I/O errors and never block", "[fetch]") {
  Fetching fetching;
  fs::create_directories(fetching.dir / "chan nel/noarch");
  const fs::path file = fetching.dir / "chan nel/noarch/repodata.json";
  SECTION("a FIFO") { REQUIRE(::mkfifo(file.c_str(), 0600) == 0); }
  SECTION("a folder") { fs::create_directory(file); }
  SECTION("a device") { fs::create_symlink("/dev/zero", file); }
  CHECK_THAT(failure_of(fetching, channel_of(fetching)),
             StartsWith("7: ") && Contains("is not a regular file"));
}

TEST_CASE("local repodata: an unreadable file is an I/O error", "[fetch]") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root reads everything");
    return;
  }
  Fetching fetching;
  fs::permissions(fetching.dir.write("chan nel/noarch/repodata.json", json), fs::perms::none);
  CHECK_THAT(failure_of(fetching, channel_of(fetching)), StartsWith("7: "));
}

TEST_CASE("local repodata: damage is exit 3 and nothing is kept", "[fetch]") {
  Fetching fetching;
  const std::string frame = zstd_frame(json);
  fetching.dir.write("chan nel/noarch/repodata.json.zst", frame.substr(0, frame.size() - 1));
  CHECK_THAT(failure_of(fetching, channel_of(fetching)),
             StartsWith("3: ") && Contains("ends early"));
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("local repodata: a requested stop is an interruption", "[fetch]") {
  Fetching fetching;
  fetching.dir.write("chan nel/noarch/repodata.json", json);
  fetching.stop.request_stop();
  CHECK_THAT(failure_of(fetching, channel_of(fetching)), StartsWith("130: "));
}

}  // namespace envlock::test
