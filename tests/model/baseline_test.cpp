#include "model/baseline.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"

namespace envlock::test {
namespace {

const std::string placeholder = "/opt/anaconda1anaconda2anaconda3";

BaselineFile file(const std::string& path, std::size_t package, std::uint64_t size = 3) {
  BaselineFile out;
  out.path = path;
  out.package = package;
  out.size_bytes = size;
  out.sha256 = sha256_of(path);
  out.role = role_of(path);
  return out;
}

/// One entry of each kind.
Baseline sample() {
  Baseline baseline{
      *Platform::parse("linux-64"), sha256_of("lock"), "lib/python3.11/site-packages", {}, {},
      {{"OMP_NUM_THREADS", "4"}}};
  baseline.packages.push_back({"envlock", "1.0", "", "linux-64", "", "", {}});
  baseline.packages.push_back({"python", "3.11.2", "h1_0", "linux-64", "https://repo.example/main",
                               "python-3.11.2-h1_0.conda", sha256_of("archive")});
  BaselineFile script = file("bin/2to3", 1, 96);
  script.executable = true;
  script.placeholder = PlaceholderUse{
      placeholder, PlaceholderMode::text, {2, 60}, "#!" + placeholder + "/bin/python3.11"};
  BaselineFile link = file("bin/python", 1, 0);
  link.type = PathType::link;
  link.sha256 = {};
  link.target = "python3.11";
  BaselineFile library = file("lib/libx.so", 1, 4096);
  library.placeholder = PlaceholderUse{placeholder, PlaceholderMode::binary, {100, 300}, ""};
  BaselineFile folder = file("lib/python3.11/empty", 1, 0);
  folder.type = PathType::directory;
  folder.sha256 = {};
  baseline.files = {script,  link,   file("etc/conda/activate.d/a.sh", 0),
                    library, folder, file("lib/python3.11/site-packages/x.pth", 1)};
  return baseline;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The message with which `text` is refused; "" where it is read.
std::string refusal(const std::string& text) {
  try {
    (void)read_baseline(text, "b.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

/// The same, of the sample with a change.
std::string refusal(const std::string& from, const std::string& to) {
  return refusal(replaced(write_baseline(sample()), from, to));
}

}  // namespace

TEST_CASE("write_baseline has one line for each package and file", "[baseline]") {
  const std::string text = write_baseline(sample());
  const std::string start =
      "{\n"
      "  \"baseline_version\": 1,\n"
      "  \"platform\": \"linux-64\",\n"
      "  \"lock_sha256\": \"" +
      sha256_of("lock").hex() +
      "\",\n"
      "  \"site_packages\": \"lib/python3.11/site-packages\",\n"
      "  \"variables\": {\n"
      "    \"OMP_NUM_THREADS\": \"4\"\n"
      "  },\n"
      "  \"packages\": [\n"
      "    {\"name\":\"envlock\",\"version\":\"1.0\",";
  REQUIRE(text.substr(0, start.size()) == start);
  const std::string end =
      "    {\"path\":\"lib/python3.11/empty\",\"package\":\"python\",\"directory\":true},\n"
      "    {\"path\":\"lib/python3.11/site-packages/x.pth\",\"package\":\"python\","
      "\"role\":\"startup\",\"size\":3,\"sha256\":\"" +
      sha256_of("lib/python3.11/site-packages/x.pth").hex() +
      "\"}\n"
      "  ]\n"
      "}\n";
  REQUIRE(text.substr(text.size() - end.size()) == end);
  REQUIRE(text.find("\n    {\"path\":\"bin/python\",\"package\":\"python\","
                    "\"link\":\"python3.11\"},\n") != std::string::npos);
  REQUIRE(text.find("\"placeholder\":\"" + placeholder +
                    "\",\"mode\":\"text\",\"offsets\":[2,60],\"shebang\":\"#!" + placeholder +
                    "/bin/python3.11\"},\n") != std::string::npos);
}

TEST_CASE("A baseline is read as it was written", "[baseline]") {
  const Baseline baseline = sample();
  REQUIRE(read_baseline(write_baseline(baseline), "b.json") == baseline);

  SECTION("without files, python and variables") {
    Baseline empty{*Platform::parse("noarch-x"), {}, {}, {}, {}, {}};
    REQUIRE(read_baseline(write_baseline(empty), "b.json") == empty);
  }
  SECTION("with a shebang that is no text") {
    Baseline odd = baseline;
    odd.files[0].placeholder->shebang += std::string(" \xE9\0z", 4);
    odd.files[0].placeholder->offsets = {2};
    const std::string text = write_baseline(odd);
    REQUIRE(text.find("2f707974686f6e332e313120e9007a\"}") != std::string::npos);
    REQUIRE(read_baseline(text, "b.json") == odd);
  }
  SECTION("with texts that JSON must escape") {
    Baseline odd = baseline;
    odd.variables["Q"] = "\"\\\n\t\u2028";
    odd.files[2].path = "etc/conda/activate.d/\"a\" b.sh";
    REQUIRE(read_baseline(write_baseline(odd), "b.json") == odd);
  }
}

TEST_CASE("A baseline of many files is read in parts, and its errors keep their line",
          "[baseline]") {
  std::mt19937 random(20261128);  // NOLINT(cert-msc51-cpp): the same files in every run
  Baseline baseline = sample();
  baseline.files.clear();
  for (int i = 100'000; i < 105'000; ++i) {
    baseline.files.push_back(file("lib/" + std::to_string(i), random() % 2, random()));
    baseline.files.back().executable = random() % 2 == 0;
  }
  std::string text = write_baseline(baseline);
  REQUIRE(read_baseline(text, "b.json") == baseline);
  // The head has 13 lines: the file of index i stands on line 14 + i.
  REQUIRE(
      refusal(replaced(text, "\"lib/104500\"", "\"../x\"")).find("b.json:4514: '[../x].path'") ==
      0);
  REQUIRE(
      refusal(replaced(text, "{\"path\":\"lib/104999\"", "{,")).find("b.json:5013: not valid") ==
      0);
}

TEST_CASE("read_baseline refuses paths and links that no package may have (A01-A03, A06, A22)",
          "[baseline]") {
  for (const char* const path : {"../x", "/etc/passwd", "bin//x", "bin/./x", "bin/../../x",
                                 "conda-meta/x.json", "a\\\\b", "a\\u001b[2J", "a\\u202eb", ""}) {
    CAPTURE(path);
    REQUIRE(refusal("\"bin/2to3\"", "\"" + std::string(path) + "\"").find("b.json:14: ") == 0);
  }
  for (const char* const target : {"/etc/passwd", "../../x", ""}) {
    CAPTURE(target);
    REQUIRE(refusal("\"link\":\"python3.11\"", "\"link\":\"" + std::string(target) + "\"")
                .find("b.json:15: '[bin/python].link': ") == 0);
  }
  REQUIRE(refusal("\"lib/python3.11/site-packages\"", "\"/usr/lib\"").find("b.json:5: ") == 0);
}

TEST_CASE("read_baseline refuses what is out of order, twice or below a file (A11, A12)",
          "[baseline]") {
  REQUIRE(refusal("\"bin/python\"", "\"bin/2to3\"") ==
          "b.json:15: '[bin/2to3]': the path is given twice");
  REQUIRE(refusal("\"bin/python\"", "\"bin/0\"") ==
          "b.json:15: '[bin/0]': out of order: it belongs above 'bin/2to3'");
  REQUIRE(refusal("\"bin/python\"", "\"bin/2to3/x\"") ==
          "b.json:15: '[bin/2to3/x]': 'bin/2to3' is no folder");
  REQUIRE(refusal("\"lib/python3.11/site-packages/x.pth\"", "\"lib/libx.so/a/b/c\"").empty() ==
          false);
  REQUIRE(refusal("\"lib/python3.11/site-packages/x.pth\"", "\"lib/python3.11/empty/x\"").empty());
  REQUIRE(refusal("{\"name\":\"python\"", "{\"name\":\"envlock\"") ==
          "b.json:11: 'packages[envlock]': a second package of this name");
  REQUIRE(refusal("{\"name\":\"python\"", "{\"name\":\"a\"") ==
          "b.json:11: 'packages[a]': out of order: it belongs above 'envlock'");
}

TEST_CASE("read_baseline refuses members that are unknown, missing or of another kind",
          "[baseline]") {
  REQUIRE(refusal("\"executable\":true", "\"executible\":true") ==
          "b.json:14: '[bin/2to3].executible': unknown key");
  REQUIRE(refusal("\"lock_sha256\"", "\"lock_sha512\"").find("unknown key") != std::string::npos);
  REQUIRE(refusal("\"size\":96,", "") == "b.json:14: '[bin/2to3]': 'size' is missing");
  REQUIRE(refusal("\"size\":96", "\"size\":-1").find("expected a whole number") !=
          std::string::npos);
  REQUIRE(refusal("\"link\":\"python3.11\"", "\"link\":\"x\",\"size\":1") ==
          "b.json:15: '[bin/python].size': not for links");
  REQUIRE(refusal("\"directory\":true", "\"directory\":false") ==
          "b.json:18: '[lib/python3.11/empty].directory': expected true, found false");
  REQUIRE(refusal("\"directory\":true", "\"directory\":true,\"link\":\"x\"").find("not for") !=
          std::string::npos);
  REQUIRE(refusal("\"package\":\"python\",\"link\"", "\"package\":\"pyton\",\"link\"") ==
          "b.json:15: '[bin/python].package': expected the name of a package of 'packages', found "
          "'pyton'");
  REQUIRE(refusal("\"role\":\"startup\"", "\"role\":\"plain\"").find("expected 'entry_point'") !=
          std::string::npos);
  REQUIRE(refusal("\"path\":\"bin/python\",", "\"path\":\"bin/python\",\"path\":\"bin/python\",")
              .find("given twice") != std::string::npos);
}

TEST_CASE("read_baseline refuses placeholders that cannot be", "[baseline]") {
  REQUIRE(refusal("[2,60]", "[60,2]").find("'[bin/2to3].offsets[1]': expected ascending") !=
          std::string::npos);
  REQUIRE(refusal("[100,300]", "[100,131]").find("expected ascending") != std::string::npos);
  REQUIRE(refusal("[100,300]", "[100,132]").empty());  // side by side: 32 bytes
  REQUIRE(refusal("[100,300]", "[100,4065]").find("inside the file") != std::string::npos);
  REQUIRE(refusal("[100,300]", "[18446744073709551615]").find("inside") != std::string::npos);
  REQUIRE(refusal("[2,60]", "[3,60]").find("'[bin/2to3].shebang': expected the placeholder at 3") !=
          std::string::npos);
  REQUIRE(refusal("[2,60]", "[60]").find("expected the placeholder at 60") != std::string::npos);
  REQUIRE(refusal("[2,60]", "[]").find("expected the first line") != std::string::npos);
  REQUIRE(refusal("\"shebang\":\"#!", "\"shebang\":\"# ").find("expected the first line") !=
          std::string::npos);
  REQUIRE(refusal("\"mode\":\"text\"", "\"mode\":\"ascii\"").find("expected 'text' or") !=
          std::string::npos);
  REQUIRE(
      refusal("\"placeholder\":\"" + placeholder + "\",\"mode\":\"text\",", "\"mode\":\"text\",")
          .find("not for files without 'placeholder'") != std::string::npos);
  REQUIRE(refusal("\"shebang\":\"#!" + placeholder + "/bin/python3.11\"", "\"shebang_hex\":\"2\"")
              .find("two for each byte") != std::string::npos);
}

TEST_CASE("read_baseline refuses other versions, cut files and another layout", "[baseline]") {
  REQUIRE(refusal("\"baseline_version\": 1", "\"baseline_version\": 2") ==
          "b.json:2: 'baseline_version': expected version 1, found 2");
  REQUIRE(refusal("{}\n") ==
          "b.json:1: 'baseline_version' is missing: this is no baseline of envlock");
  REQUIRE(refusal("").find("b.json:1: not valid JSON") == 0);
  const std::string text = write_baseline(sample());
  for (std::size_t end = 0; end < text.size(); ++end) {
    CAPTURE(end);
    REQUIRE_FALSE(refusal(text.substr(0, end)).empty());
  }
  REQUIRE_FALSE(refusal(text + " ").empty());
  REQUIRE_FALSE(refusal(text + text).empty());
  REQUIRE(refusal("},\n    {\"path\":\"bin/python\"", "},{\"path\":\"bin/python\"") ==
          "b.json:14: expected each file on a line of its own");
  REQUIRE(refusal("},\n    {\"path\":\"bin/python\"", "},\n\n    {\"path\":\"bin/python\"") ==
          "b.json:14: expected each file on a line of its own");
  REQUIRE(refusal("  \"files\": [\n", "  \"files\": [")
              .find("expected each file on a line of its own") != std::string::npos);
  // A list that is closed early, and another behind it.
  REQUIRE_FALSE(
      refusal("},\n    {\"path\":\"bin/python\"", "}],\"x\":[\n    {\"path\":\"bin/python\"")
          .empty());
}

TEST_CASE("write_baseline refuses what read_baseline would", "[baseline]") {
  Baseline baseline = sample();
  SECTION("files out of order") { std::swap(baseline.files[0], baseline.files[1]); }
  SECTION("a file twice") { baseline.files[1] = baseline.files[0]; }
  SECTION("no such package") { baseline.files[0].package = 2; }
  SECTION("two packages of one name") { baseline.packages[1].name = "envlock"; }
  REQUIRE_THROWS_AS(write_baseline(baseline), InternalError);
}

TEST_CASE("role_of tells what runs by itself (CF 8.7, 8.8, 12.2)", "[baseline]") {
  for (const char* const path :
       {"lib/python3.11/site-packages/a.pth", "lib/python3.11/sitecustomize.py",
        "lib/python3.11/site-packages/usercustomize.py",
        "lib/python3.11/site-packages/sitecustomize/__init__.py",
        "lib/python3.11/site-packages/sitecustomize.cpython-311-x86_64-linux-gnu.so",
        "Lib/site-packages/x.pth", "site-packages/distutils-precedence.pth"}) {
    CAPTURE(path);
    REQUIRE(role_of(path) == FileRole::startup);
  }
  for (const char* const path : {"bin/.a-post-link.sh", "bin/.a-b-pre-unlink.sh",
                                 "bin/.x-pre-link.sh", "Scripts/.x-post-link.bat"}) {
    CAPTURE(path);
    REQUIRE(role_of(path) == FileRole::link_script);
  }
  for (const char* const path : {"etc/conda/activate.d/a.sh", "etc/conda/deactivate.d/a.fish",
                                 "etc/conda/env_vars.d/a.json"}) {
    CAPTURE(path);
    REQUIRE(role_of(path) == FileRole::activation);
  }
  for (const char* const path :
       {"share/model/weights.pth", "bin/python", "lib/python3.11/site-packages/a/b.pth",
        "lib/python3.11/site-packages/sitecustomize_helper.py", "etc/conda/other/a.sh",
        "bin/x-post-link.sh", "share/.a-post-link.sh", "x.pth", "sitecustomize/__init__.py", ""}) {
    CAPTURE(path);
    REQUIRE(role_of(path) == FileRole::plain);
  }
}

TEST_CASE("A baseline's byte code is a plain .pyc, and nothing else passes for it", "[baseline]") {
  Baseline baseline = sample();
  BaselineFile code = file("lib/x.pyc", 1);
  code.role = FileRole::byte_code;
  baseline.files.insert(baseline.files.end() - 2, code);
  REQUIRE(baseline.files.at(4).path == "lib/x.pyc");
  std::ranges::sort(baseline.files, {}, &BaselineFile::path);
  const std::string text = write_baseline(baseline);
  REQUIRE(read_baseline(text, "b.json") == baseline);
  REQUIRE(refusal(replaced(text, "x.pyc\"", "x.pyd\"")).find("only a .pyc") != std::string::npos);
  REQUIRE(refusal(replaced(text, "\"byte_code\",", "\"byte_code\",\"executable\":true,"))
              .find("not for byte code") != std::string::npos);
}

}  // namespace envlock::test
