#include "solver/repodata_scanner.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using envlock::MemberScanner;

namespace {

struct Cut {
  MemberScanner::Stop stop = MemberScanner::Stop::none;
  std::size_t at = 0;
  friend bool operator==(const Cut&, const Cut&) = default;
};

/// What the scanner must find, one byte at a time.
Cut naive_scan(const std::string& text, std::size_t from, std::size_t least, unsigned levels) {
  bool in_string = false;
  unsigned depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      // Outside strings it is no JSON, and what it does there to a bracket does not matter.
      if (at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      if (depth == levels) return {MemberScanner::Stop::too_deep, at};
      ++depth;
    } else if (!in_string && (c == '}' || c == ']')) {
      if (depth == 0) return {MemberScanner::Stop::close, at};
      --depth;
    } else if (!in_string && c == ',' && depth == 0 && at >= least) {
      return {MemberScanner::Stop::comma, at};
    }
  }
  return {};
}

}  // namespace

TEST_CASE("MemberScanner: cuts where a byte-by-byte reading cuts, however the bytes arrive",
          "[repodata]") {
  std::mt19937 random(20240229);  // fixed: a failure must come back
  const std::string alphabet = "\"\\{}[],-ab{}\"\"  ";
  for (int round = 0; round < 4000; ++round) {
    const bool quiet = round % 2 == 0;  // long stretches without brackets, then the fast path runs
    std::string text;
    const std::size_t size = random() % 400;
    while (text.size() < size)
      text += quiet && random() % 8 != 0 ? 'x' : alphabet[random() % alphabet.size()];
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    const std::size_t least = from + random() % 300;
    const auto levels = static_cast<unsigned>(random() % 5);
    const Cut wanted = naive_scan(text, from, least, levels);

    MemberScanner scanner;
    scanner.start(from, levels);
    Cut found;
    std::size_t given = from;
    while (found.stop == MemberScanner::Stop::none && given < text.size()) {
      given = std::min(text.size(), given + 1 + random() % 100);
      found.stop = scanner.scan(text.data(), given, least, given == text.size());
    }
    if (found.stop != MemberScanner::Stop::none) found.at = scanner.stop_at();
    INFO(text << " from " << from << " least " << least << " levels " << levels);
    REQUIRE(found == wanted);
  }
}

TEST_CASE("MemberScanner: says whether a backslash or a minus outside strings was seen",
          "[repodata]") {
  const auto scan = [](const std::string& text) {
    MemberScanner scanner;
    scanner.start(0, 8);
    REQUIRE(scanner.scan(text.data(), text.size(), 0, true) == MemberScanner::Stop::close);
    return scanner;
  };
  CHECK_FALSE(scan(R"("a-b":1})").saw_minus());
  CHECK(scan(R"("a":-1})").saw_minus());
  CHECK_FALSE(scan(R"("a-b":1})").saw_backslash());
  CHECK(scan(R"("a\n":1})").saw_backslash());
}
