// What an unpacked environment has of envlock's own: right, it is no finding; changed, it is one.
#include "verify/packed_files.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/pack_facts.hpp"
#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

using Lines = std::vector<std::string>;

const std::string program =
    "\x7f"
    "ELF envlock-env";
const std::string facts = "{}\n";

void add_own(Baseline& manifest, std::string_view path, const std::string& text, bool executable) {
  BaselineFile file;
  file.path = path;
  file.package = BaselineFile::own;
  file.executable = executable;
  file.size_bytes = text.size();
  file.sha256 = sha256_of(text);
  const auto at = std::ranges::lower_bound(manifest.files, file.path, {}, &BaselineFile::path);
  manifest.files.insert(at, std::move(file));
}

/// What a pack of the environment would have left there.
Baseline unpacked(const MadePrefix& prefix) {
  Baseline manifest = prefix.baseline();
  add_own(manifest, pack_path::program, program, true);
  add_own(manifest, pack_path::facts, facts, false);
  prefix.write(pack_path::program, program, true);
  prefix.write(pack_path::facts, facts);
  prefix.write(pack_path::manifest, write_baseline(manifest));
  prefix.write(pack_path::signature, "untrusted comment: any\n");
  return manifest;
}

Lines findings(const MadePrefix& prefix, const std::string& carried = program) {
  VerifyRequest request = prefix.request();
  if (!carried.empty()) request.packed_program = sha256_of(carried);
  return brief(verify_prefix(request, prefix.baseline()));
}

}  // namespace

TEST_CASE("An unpacked environment is clean against a baseline that knows nothing of packs",
          "[packed_files]") {
  const MadePrefix prefix;
  unpacked(prefix);
  CHECK(findings(prefix) == Lines{});
}

TEST_CASE("An unpacked environment is clean against its own manifest, and by itself",
          "[packed_files]") {
  const MadePrefix prefix;
  const Baseline manifest = unpacked(prefix);
  CHECK(brief(verify_prefix(prefix.request(), manifest)) == Lines{});
  VerifyRequest request = prefix.request();
  request.packed_program = sha256_of(program);
  CHECK(brief(verify_prefix_by_itself(request)) == Lines{});
}

TEST_CASE("bin/envlock-env that is not the one envlock carries is a program like any other",
          "[packed_files]") {
  const MadePrefix prefix;
  unpacked(prefix);
  CHECK(findings(prefix, "another build") == Lines{"EL231 bin/envlock-env"});
  CHECK(findings(prefix, "") == Lines{"EL231 bin/envlock-env"});
  const VerifyResult result = verify_prefix(prefix.request(), prefix.baseline());
  REQUIRE(result.findings.size() == 1);
  const std::string& advice = result.findings.front().advice;
  CHECK(advice.find("by another version of envlock: to prove that, envlock verify ") !=
        std::string::npos);
}

TEST_CASE("bin/envlock-env and the facts are held against the manifest", "[packed_files]") {
  const MadePrefix prefix;
  unpacked(prefix);
  prefix.write(pack_path::program,
               "\x7f"
               "ELF evil-agent!",
               true);
  prefix.write(pack_path::facts, "{ }");
  CHECK(findings(prefix) == Lines{"EL203 bin/envlock-env", "EL203 share/envlock/pack.json"});
}

TEST_CASE("A manifest in the prefix that tells something else than the baseline is found",
          "[packed_files]") {
  const MadePrefix prefix;
  Baseline manifest = unpacked(prefix);
  SECTION("of a file") {
    const auto file = std::ranges::find(manifest.files, "lib/libzed.so.1.3", &BaselineFile::path);
    REQUIRE(file != manifest.files.end());
    file->sha256 = sha256_of("evil");
  }
  SECTION("of the lock") { manifest.lock_sha256 = sha256_of("another"); }
  SECTION("of a package") { manifest.packages.front().version += "1"; }
  SECTION("a file that no package has") { add_own(manifest, "bin/zzz", "evil", true); }
  prefix.write(pack_path::manifest, write_baseline(manifest));
  const Lines found = findings(prefix);
  CHECK(std::ranges::count(found, "EL229 conda-meta/envlock.manifest") == 1);
}

TEST_CASE("A manifest that cannot be read, or is none, is found", "[packed_files]") {
  const MadePrefix prefix;
  unpacked(prefix);
  SECTION("broken") { prefix.write(pack_path::manifest, "{\n"); }
  SECTION("empty") { prefix.write(pack_path::manifest, ""); }
  SECTION("a link") {
    std::filesystem::remove(prefix / pack_path::manifest);
    prefix.link(pack_path::manifest, "history");
  }
  CHECK(std::ranges::count(findings(prefix), "EL229 conda-meta/envlock.manifest") == 1);
}

TEST_CASE("A manifest may lack what filters left out, and that is told file by file",
          "[packed_files]") {
  const MadePrefix prefix;
  Baseline manifest = unpacked(prefix);
  std::erase_if(manifest.files,
                [](const BaselineFile& file) { return file.path == "lib/libzed.so.1.3"; });
  prefix.write(pack_path::manifest, write_baseline(manifest));
  std::filesystem::remove(prefix / "lib/libzed.so.1.3");
  CHECK(findings(prefix) == Lines{"EL201 lib/libzed.so.1.3"});
}

TEST_CASE("What filters left out stays a finding, with another next step than what is lost",
          "[packed_files]") {
  const MadePrefix prefix;
  Baseline manifest = unpacked(prefix);
  std::erase_if(manifest.files,
                [](const BaselineFile& file) { return file.path == "lib/libzed.so.1.3"; });
  prefix.write(pack_path::manifest, write_baseline(manifest));
  std::filesystem::remove(prefix / "lib/libzed.so.1.3");
  std::filesystem::remove(prefix / "bin/tool");
  VerifyRequest request = prefix.request();
  request.packed_program = sha256_of(program);
  const VerifyResult result = verify_prefix(request, prefix.baseline());
  CHECK(brief(result) == Lines{"EL201 bin/tool", "EL201 lib/libzed.so.1.3"});
  for (const Finding& finding : result.findings) {
    INFO(finding.path << ": " << finding.advice);
    const bool is_left_out = finding.path != "bin/tool";
    CHECK((finding.advice.find("(pack --exclude): to prove that, envlock verify ") !=
           std::string::npos) == is_left_out);
    CHECK((finding.advice.find("envlock unpack PACK") != std::string::npos) != is_left_out);
  }
}

TEST_CASE(
    "Files that the manifest says to be packed on purpose stay findings, with another next step",
    "[packed_files]") {
  const MadePrefix prefix;
  Baseline manifest = unpacked(prefix);
  add_own(manifest, "bin/zzz", "mine", true);
  add_own(manifest, "data/sub/one", "mine", false);
  prefix.write("bin/zzz", "mine", true);
  prefix.write("data/sub/one", "mine");
  prefix.write("bin/other", "mine", true);
  prefix.write(pack_path::manifest, write_baseline(manifest));
  VerifyRequest request = prefix.request();
  request.packed_program = sha256_of(program);
  const VerifyResult result = verify_prefix(request, prefix.baseline());
  CHECK(brief(result) == Lines{"EL231 bin/other", "EL231 bin/zzz",
                               "EL229 conda-meta/envlock.manifest", "EL250 data"});
  for (const Finding& finding : result.findings) {
    const bool is_packed = finding.path != "bin/other";
    CHECK((finding.advice.find(" --key KEY.pub, or --digest") != std::string::npos) == is_packed);
  }
  CHECK(brief(verify_prefix(request, manifest)) == Lines{"EL231 bin/other"});

  // By itself they are what its records say: a replacement loses nothing of anybody's with them.
  CHECK(brief(verify_prefix_by_itself(request)) == Lines{"EL231 bin/other"});
  prefix.write("data/sub/one", "else");
  CHECK(brief(verify_prefix_by_itself(request)) == Lines{"EL231 bin/other", "EL203 data/sub/one"});
}

}  // namespace envlock::test
