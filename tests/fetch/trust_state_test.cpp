#include "fetch/trust_state.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// The message with the hint; "" where `text` is a state.
std::string refusal(const std::string& text) {
  try {
    (void)TrustState::parse(text, "s.json");
  } catch (const TrustError& error) {
    return std::string(error.what()) + "\n" + error.hint();
  }
  return "";
}

}  // namespace

TEST_CASE("trust state: what is written is read again, byte for byte") {
  const TrustState state{
      "https://example.org/c", {"{\"a\": 1}\n", "\xE2\x80\xAE \"x\" \\"}, "{\n}\n"};
  const TrustState again = TrustState::parse(state.to_string(), "s.json");
  CHECK(again.url == state.url);
  CHECK(again.roots == state.roots);
  CHECK(again.key_mgr == state.key_mgr);
}

TEST_CASE("trust state: what is no state is refused with the command to type") {
  const std::string head = R"({"schema": 1, "url": "file:///c", )";
  REQUIRE(refusal(head + R"("roots": [], "key_mgr": ""})").empty());
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), head, head + R"("roots": []})",
        head + R"("roots": [1], "key_mgr": ""})", head + R"("roots": "", "key_mgr": ""})",
        head + R"("roots": [], "key_mgr": null})",
        head + R"("roots": [], "key_mgr": "", "key_mgr": ""})",
        head + R"("roots": [], "key_mgr": "", "more": 1})",
        head + R"("roots": [], "key_mgr": ""} x)",
        std::string(R"({"schema": 2, "url": "", "roots": [], "key_mgr": ""})"),
        std::string(R"({"schema": "1", "url": "", "roots": [], "key_mgr": ""})")}) {
    INFO(text);
    CHECK_THAT(refusal(text), Contains("is damaged") && Contains("rm 's.json'"));
  }
}

TEST_CASE("trust state: more than its limits is refused") {
  const auto with_roots = [](std::size_t roots, std::size_t bytes) {
    return TrustState{"file:///c", std::vector<std::string>(roots, std::string(bytes, 'a')), ""}
        .to_string();
  };
  CHECK(refusal(with_roots(256, 10)).empty());
  CHECK_FALSE(refusal(with_roots(2'000, 10)).empty());
  CHECK(refusal(with_roots(1, 512'000)).empty());
  CHECK_FALSE(refusal(with_roots(1, (std::size_t{1} << 20U) + 1)).empty());
}

TEST_CASE("trust state: none is no error, and a folder of its name is one") {
  const TempDir dir;
  CHECK_FALSE(read_trust_state(dir / "none.json"));
  std::filesystem::create_directory(dir / "folder.json");
  CHECK_THROWS_AS(read_trust_state(dir / "folder.json"), IoError);
  CHECK_THROWS_AS(trust_state_dir({}, "relative"), IoError);
  CHECK(trust_state_dir("relative", "/home/u") == "/home/u/.local/state/envlock/trust");
  CHECK(trust_state_dir("/state", "/home/u") == "/state/envlock/trust");
}

}  // namespace envlock::test
