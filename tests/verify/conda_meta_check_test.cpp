#include "verify/conda_meta_check.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const std::string tool = "conda-meta/tool-1.0-0.json";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("conda-meta: a record that tells another digest of a file or of the archive") {
  const MadePrefix prefix;
  const std::string before = read_file(prefix / tool);
  const std::string digest = sha256_of("export TOOL=1\n").hex();
  prefix.write(tool, replaced(before, digest, sha256_of("evil").hex()));
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL224");
  CHECK(finding.path == tool);
  CHECK(finding.package == "tool 1.0 0");
  CHECK_THAT(finding.found, Catch::Contains("activate.d/tool.sh") && Catch::Contains(digest));
  prefix.write(tool, replaced(before, sha256_of("tool").hex(), sha256_of("x").hex()));
  CHECK_THAT(only(prefix.verify()).found, Catch::Contains("the archive has sha256"));
}

TEST_CASE("conda-meta: a record that leaves a file out, or claims one") {
  const MadePrefix prefix;
  const auto record = read_prefix_record(read_file(prefix / tool), tool);
  REQUIRE(record);
  PrefixRecord less = *record;
  less.paths.pop_back();
  prefix.write(tool, write_prefix_record(less));
  CHECK_THAT(only(prefix.verify()).found, Catch::Contains("is not in it"));
  PrefixRecord more = *record;
  more.paths.push_back(more.paths.front());
  more.paths.back().path = "bin/zz";
  prefix.write("bin/zz", "x", true);
  prefix.write(tool, write_prefix_record(more));
  CHECK(brief(prefix.verify()) == Lines{"EL231 bin/zz", "EL224 " + tool});
}

TEST_CASE("conda-meta: packages that are not locked, of another build, twice, or not recorded") {
  const MadePrefix prefix;
  PrefixRecord record = *read_prefix_record(read_file(prefix / tool), tool);
  record.record.name = "stray";
  record.paths.clear();
  prefix.write("conda-meta/stray-1.0-0.json", write_prefix_record(record));
  CHECK(brief(prefix.verify()) == Lines{"EL221 conda-meta/stray-1.0-0.json"});
  fs::remove(prefix / "conda-meta/stray-1.0-0.json");

  record = *read_prefix_record(read_file(prefix / tool), tool);
  record.record.version = "1.1";
  fs::rename(prefix / tool, prefix / "conda-meta/tool-1.1-0.json");
  prefix.write("conda-meta/tool-1.1-0.json", write_prefix_record(record));
  const Finding other = only(prefix.verify());
  CHECK(other.rule == "EL223");
  CHECK(other.expected == "tool 1.0 0");
  CHECK(other.found == "tool 1.1 0");

  fs::remove(prefix / "conda-meta/tool-1.1-0.json");
  const Finding gone = only(prefix.verify());
  CHECK(gone.rule == "EL222");
  CHECK(gone.package == "tool 1.0 0");
}

TEST_CASE("conda-meta: two records of one name") {
  const MadePrefix prefix;
  prefix.write("conda-meta/tool-copy.json", read_file(prefix / tool));
  CHECK(brief(prefix.verify()) ==
        Lines{"EL224 conda-meta/tool-copy.json", "EL226 conda-meta/tool-copy.json"});
}

TEST_CASE("conda-meta: a record that is no JSON, a link or a FIFO cannot be read") {
  const MadePrefix prefix;
  const std::string before = read_file(prefix / tool);
  prefix.write(tool, before.substr(0, before.size() / 2));
  CHECK(brief(prefix.verify()) == Lines{"EL222 ", "EL225 " + tool});
  fs::remove(prefix / tool);
  fs::create_symlink("/etc/passwd", prefix / tool);
  CHECK(brief(prefix.verify()) == Lines{"EL222 ", "EL225 " + tool});
  fs::remove(prefix / tool);
  REQUIRE(::mkfifo((prefix / tool).c_str(), 0644) == 0);
  CHECK(brief(prefix.verify()) == Lines{"EL222 ", "EL225 " + tool});
  fs::remove(prefix / tool);
  prefix.write(tool, before);
  prefix.write("conda-meta/other.json", "{\"a\": 1}\n");
  CHECK(brief(prefix.verify()) == Lines{"EL250 conda-meta/other.json"});
}

TEST_CASE("conda-meta: the lock that lies there is the baseline's") {
  const MadePrefix prefix;
  prefix.write("conda-meta/envlock.lock", "lock");
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  prefix.write("conda-meta/envlock.lock", "lock!");
  CHECK(brief(prefix.verify()) == Lines{"EL227 conda-meta/envlock.lock"});
}

TEST_CASE("conda-meta: variables are those of the lock; values are not shown") {
  MadePrefix prefix;
  prefix.write("conda-meta/state", "{\"env_vars\": {}, \"version\": 1}\n");
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  prefix.write("conda-meta/state", "{\"env_vars\": {\"LD_PRELOAD\": \"s3cret\"}}\n");
  const Finding added = only(prefix.verify());
  CHECK(added.rule == "EL234");
  CHECK(added.found == "LD_PRELOAD added");
  prefix.baseline().variables = {{"LD_PRELOAD", "s3cret"}};
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  prefix.baseline().variables = {{"LD_PRELOAD", "other"}, {"A", "1"}};
  CHECK(only(prefix.verify()).found == "LD_PRELOAD changed, A missing");
  prefix.write("conda-meta/state", "nonsense");
  CHECK(only(prefix.verify()).rule == "EL234");
  fs::remove(prefix / "conda-meta/state");
  CHECK(only(prefix.verify()).found == "it is not there");
}

}  // namespace envlock::test
