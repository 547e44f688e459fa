#include "fetch/repodata_state.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace envlock::test {

namespace {

RepodataState full() {
  RepodataState state;
  state.url = "https://example.org/c/linux-64";
  state.file = "repodata.json";
  state.etag = "W/\"a b\"";
  state.last_modified = "Sat, 21 Nov 2026 10:00:00 GMT";
  state.fetched = Instant{1'790'000'000'123};
  state.fresh_for = std::chrono::seconds(60);
  state.zst_missing = Instant{1'790'000'000'000};
  state.served_sha256 = sha256_of(std::string_view("abc"));
  state.served_bytes = 3;
  state.source = FileSeal{.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};
  state.index_boot = "6e5b6c1e-0000-4000-8000-0123456789ab";
  state.index = FileSeal{.device = 1, .inode = 6, .size_bytes = 7, .mtime_ns = 8, .ctime_ns = 9};
  return state;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("repodata state: the format of docs/cache.md", "[fetch]") {
  // The digest is FIPS 180-2's B.1.
  CHECK(full().to_string() ==
        "envlock repodata state 1\n"
        "url https://example.org/c/linux-64\n"
        "file repodata.json\n"
        "etag W/\"a b\"\n"
        "last-modified Sat, 21 Nov 2026 10:00:00 GMT\n"
        "fetched-ms 1790000000123\n"
        "fresh-s 60\n"
        "zst-missing-ms 1790000000000\n"
        "served-sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
        "served-bytes 3\n"
        "source 1 2 3 4 5\n"
        "index-boot 6e5b6c1e-0000-4000-8000-0123456789ab\n"
        "index 1 6 7 8 9\n");
}

TEST_CASE("repodata state: text and back", "[fetch]") {
  CHECK(RepodataState::parse(full().to_string()) == full());
  const RepodataState empty;
  CHECK(RepodataState::parse(empty.to_string()) == empty);
}

TEST_CASE("repodata state: one that was cut or changed in form is none", "[fetch]") {
  const std::string text = full().to_string();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto state = RepodataState::parse(text.substr(0, size));
    // A cut between lines may leave a state without seals: that vouches for nothing.
    if (state) CHECK((!state->index && text[size - 1] == '\n'));
  }
  CHECK_FALSE(RepodataState::parse(text + "more 1\n"));
  CHECK_FALSE(RepodataState::parse(text + text));
  CHECK_FALSE(RepodataState::parse(replaced(text, "state 1", "state 2")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "fresh-s 60", "fresh-s 060")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "fresh-s 60", "fresh-s -60")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "served-bytes 3", "served-bytes x")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "6e5b6c1e-0000", "yesterday")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "ba78", "BA78")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "\n", "\r\n")));
}

TEST_CASE("repodata state: a poisoned one cannot inject headers or paths", "[fetch]") {
  const std::string text = full().to_string();
  CHECK_FALSE(RepodataState::parse(replaced(text, "W/\"a b\"", "a\rX-Header: y")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "file repodata.json", "file ../../x")));
  CHECK_FALSE(RepodataState::parse(replaced(text, "W/", std::string(2000, 'W'))));
}

}  // namespace envlock::test
