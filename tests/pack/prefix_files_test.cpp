#include "pack/prefix_files.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "pack/pack_archive.hpp"
#include "pack/prefix_hider.hpp"
#include "pack/prefix_plan.hpp"
#include "pack/script_products.hpp"
#include "tests/pack/packed.hpp"
#include "tests/pack/placing.hpp"

namespace envlock {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;
using test::ArchiveBuilder;
using test::Packages;
using test::TempDir;

struct Hidden {
  std::string text;
  std::uint64_t count = 0;
  bool had_placeholder = false, had_nul = false;
};

/// @param piece  how many bytes are fed at once
Hidden hide(const std::string& text, const std::vector<std::string>& prefixes, std::size_t piece) {
  Hidden out;
  PrefixHider hider(prefixes, "/PLACE", [&](std::span<const std::byte> bytes) {
    out.text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  for (std::size_t at = 0; at < text.size(); at += piece)
    hider.feed(std::as_bytes(std::span(text).subspan(at, std::min(piece, text.size() - at))));
  hider.finish();
  out.count = hider.hidden();
  out.had_placeholder = hider.had_placeholder();
  out.had_nul = hider.had_nul();
  return out;
}

/// Packs a plan into a file in `dir`.
void pack_plan(const TreePlan& plan, const PrefixFiles& files, const TempDir& dir) {
  PackContent content{.lock_text = "lock",
                      .baseline = {Platform::parse("linux-64").value(), sha256_of("lock"), {}},
                      .dest_prefix = {},
                      .filters = {}};
  content.prefix_files = &files;
  (void)pack_archive(plan, content, {.compression = PackCompression::none, .threads = 2},
                     (dir / "out.tar").string(), true, {});
}

}  // namespace

TEST_CASE("PrefixHider: a prefix is hidden where it is the whole of a path's start") {
  const std::vector<std::string> prefixes{"/opt/env", "/mnt/link"};
  struct Case {
    std::string text, expected;
  };
  const std::vector<Case> cases{
      {"", ""},
      {"/opt/env", "/PLACE"},
      {"#!/opt/env/bin/python\n", "#!/PLACE/bin/python\n"},
      {"a=/opt/env:/mnt/link/lib;", "a=/PLACE:/PLACE/lib;"},
      {"-L/opt/env/lib \"/opt/env\"", "-L/PLACE/lib \"/PLACE\""},
      {"/opt/env-2 /opt/env2 /opt/env.old /opt/env_x /opt/env\xC3\xA4",
       "/opt/env-2 /opt/env2 /opt/env.old /opt/env_x /opt/env\xC3\xA4"},
      {"/opt/en /opt/env/opt/env", "/opt/en /PLACE/opt/env"},
      {"/opt//env /opt/opt/env", "/opt//env /opt/opt/env"},
      {"file:///opt/env =/opt/env :/opt/env '/opt/env @/opt/env //opt/env\n/opt/env,/opt/env",
       "file:///PLACE =/PLACE :/PLACE '/PLACE @/PLACE //PLACE\n/PLACE,/PLACE"},
      {"https://example.org/opt/env/api /mnt//opt/env a_/opt/env 7/opt/env ./opt/env ../opt/env",
       "https://example.org/opt/env/api /mnt//opt/env a_/opt/env 7/opt/env ./opt/env ../opt/env"},
      {"~/opt/env c++/opt/env a-/opt/env \xC3\xA4/opt/env $HOME/opt/env ${HOME}/opt/env "
       "$(D)/opt/env",
       "~/opt/env c++/opt/env a-/opt/env \xC3\xA4/opt/env $HOME/opt/env ${HOME}/opt/env "
       "$(D)/opt/env"},
      {"${PATH:+$PATH:}/opt/env/bin", "${PATH:+$PATH:}/PLACE/bin"},
      {R"("a\n/opt/env" "a\b/opt/env")", R"("a\n/PLACE" "a\b/opt/env")"},
      {"-I/opt/env/i -isystem/opt/env \"-R/opt/env\" =-L/opt/env a-L/opt/env --L/opt/env",
       "-I/PLACE/i -isystem/PLACE \"-R/PLACE\" =-L/PLACE a-L/opt/env --L/opt/env"},
  };
  for (const Case& one : cases) {
    for (const std::size_t piece : {1U, 3U, 4096U}) {
      INFO(one.text << " by " << piece);
      CHECK(hide(one.text, prefixes, piece).text == one.expected);
    }
  }
}

TEST_CASE("PrefixHider: at every place of a long text it finds the same") {
  const std::string prefix = "/opt/env";
  constexpr std::size_t window = std::size_t{64} << 10U;
  for (std::size_t before = window - 20; before < window + 20; ++before) {
    const std::string filled = std::string(before, 'x') + ' ';
    const std::string text = filled + prefix + "/y " + prefix + "-2 " + prefix;
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{300'000}}) {
      const Hidden hidden = hide(text, {prefix}, piece);
      CHECK(hidden.count == 2);
      CHECK(hidden.text == filled + "/PLACE/y " + prefix + "-2 /PLACE");
    }
  }
  CHECK(hide("a/PLACE", {prefix}, 2).had_placeholder);
  CHECK(hide(std::string("a\0b", 3), {prefix}, 1).had_nul);
  CHECK_FALSE(hide("a/PLAC", {prefix}, 2).had_placeholder);
}

TEST_CASE("PrefixHider: what stands before a prefix is known across the ends of windows") {
  const std::string prefix = "/opt/env";
  constexpr std::size_t window = std::size_t{64} << 10U;
  // The first window ends before these bytes or in them, the second one some bytes later.
  for (const std::size_t around : {window, 2 * window}) {
    for (std::size_t before = around - 20; before < around + 20; ++before) {
      const std::string filler(before, ' ');
      for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, 2 * window}) {
        for (const std::string start : {"org", "/mnt//", "}", "a-L"})
          CHECK(hide(filler + start + prefix + "/x", {prefix}, piece).count == 0);
        for (const std::string start : {"", "file://", "x=", "-L"}) {
          const Hidden hidden = hide(filler + start + prefix + "/x", {prefix}, piece);
          CHECK(hidden.text == filler + start + "/PLACE/x");
        }
      }
    }
  }
}

TEST_CASE("add_script_products: packages' files are named, and what runs unasked stays theirs") {
  Baseline baseline{Platform::parse("linux-64").value(), {}, {}, {}, {}, {}};
  baseline.packages.push_back({"tool", "1.0", "0", "linux-64", "c", "f", {}});
  std::vector<ScriptProduct> made;
  const auto add = [&](const std::string& path, bool is_of_package, FileRole role) {
    BaselineFile file;
    file.path = path;
    file.sha256 = sha256_of("package");
    file.role = role;
    if (is_of_package) baseline.files.push_back(file);
    ScriptProduct product;
    product.path = path;
    product.package = "tool";
    product.sha256 = sha256_of("script");
    made.push_back(product);
  };
  add("bin/new", false, FileRole::plain);
  add("etc/conda/activate.d/a.sh", true, FileRole::activation);
  add("etc/plain", true, FileRole::plain);
  add("lib/x.pth", true, FileRole::startup);
  const std::vector<std::string> notices = add_script_products(baseline, made);
  REQUIRE(notices.size() == 3);
  CHECK_THAT(notices[0], Contains("'etc/conda/activate.d/a.sh'") && Contains("keeps"));
  CHECK_THAT(notices[1], Contains("'etc/plain'") && Contains("as the script left it"));
  CHECK_THAT(notices[2], Contains("'lib/x.pth'") && Contains("keeps"));
  REQUIRE(baseline.files.size() == 4);
  CHECK(baseline.files[0].sha256 == sha256_of("script"));
  CHECK(baseline.files[1].sha256 == sha256_of("package"));
  CHECK(baseline.files[2].sha256 == sha256_of("script"));
  CHECK(baseline.files[3].sha256 == sha256_of("package"));
}

TEST_CASE("PrefixFiles: what changes between the look and the pack ends it, and no pack appears") {
  const TempDir dir;
  Packages packages;
  packages.add(ArchiveBuilder("lib").file("lib/one", "one"));
  dir.write("env/share/text", "at " + (dir / "env").string() + "\n");
  dir.write("env/share/data", "data");
  dir.write("env/share/secret", "secret");
  fs::create_symlink("data", dir / "env/share/link");
  PrefixFiles files((dir / "env").string());
  TreePlan plan = packages.plan();
  const std::string text = test::read_file(dir / "env/share/text");
  const std::vector<PathToTake> paths{{"share/data", false, sha256_of("data")},
                                      {"share/link", true, sha256_of("data")},
                                      {"share/text", false, sha256_of(text)}};
  const TakenPaths taken = take_paths(plan, files, paths, {});
  CHECK(taken.faults.empty());
  pack_plan(plan, files, dir);
  const std::string packed = test::read_file(dir / "out.tar");
  CHECK_THAT(packed, Contains("at " + std::string(generated_placeholder) + "\n"));
  CHECK(packed.find(dir.path().string()) == std::string::npos);
  fs::remove(dir / "out.tar");

  SECTION("other bytes of the same size") { dir.write("env/share/data", "DATA"); }
  SECTION("the same text with one byte less") { dir.write("env/share/text", text.substr(1)); }
  SECTION("another prefix in it") {
    dir.write("env/share/text", "at " + std::string(text.size() - 4, '/') + "\n");
  }
  SECTION("a link in the place of a file") {
    fs::remove(dir / "env/share/data");
    fs::create_symlink("secret", dir / "env/share/data");
  }
  SECTION("a link in the place of a folder") {
    fs::rename(dir / "env/share", dir / "elsewhere");
    fs::create_directory_symlink("../elsewhere", dir / "env/share");
  }
  SECTION("a FIFO in the place of a file") {
    fs::remove(dir / "env/share/data");
    REQUIRE(::mkfifo((dir / "env/share/data").c_str(), 0644) == 0);
  }
  SECTION("another link") {
    fs::remove(dir / "env/share/link");
    fs::create_symlink("secret", dir / "env/share/link");
  }
  SECTION("nothing there") { fs::remove(dir / "env/share/text"); }
  CHECK_THROWS_AS(pack_plan(plan, files, dir), TrustError);
  CHECK_FALSE(fs::exists(dir / "out.tar"));
}

TEST_CASE("PrefixFiles: what is another thing than was verified is not taken") {
  const TempDir dir;
  dir.write("env/a", "a");
  fs::create_symlink("a", dir / "env/link");
  PrefixFiles files((dir / "env").string());
  CHECK_THROWS_AS(files.take({"a", false, sha256_of("b")}, {}), TrustError);
  CHECK_THROWS_AS(files.take({"link", false, sha256_of("a")}, {}), TrustError);
  CHECK_THROWS_AS(files.take({"link", true, sha256_of("b")}, {}), TrustError);
  CHECK_THROWS_AS(files.take({"a", true, sha256_of("a")}, {}), TrustError);
  CHECK_THROWS_AS(files.take({"none", false, sha256_of("a")}, {}), TrustError);
  CHECK(files.take({"link", true, sha256_of("a")}, {}).fault.empty());
}

}  // namespace envlock
