#include "model/relocation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"

namespace envlock::test {
namespace {

using namespace std::string_literals;

constexpr auto text = PlaceholderMode::text;
constexpr auto binary = PlaceholderMode::binary;

std::span<const std::byte> bytes_of(std::string_view chars) {
  return std::as_bytes(std::span(chars));
}

ByteSink into(std::string& out) {
  return [&out](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
}

struct Installed {
  std::string bytes;
  PlaceholderUse use;
};

/// Relocates `packaged` given in pieces of `piece` bytes.
Installed install(std::string_view packaged, const std::string& placeholder, PlaceholderMode mode,
                  const std::string& prefix, std::size_t piece = std::string::npos) {
  Installed out;
  Relocator relocator(placeholder, mode, prefix, into(out.bytes));
  for (std::size_t at = 0; at < packaged.size(); at += std::min(piece, packaged.size() - at)) {
    relocator.feed(bytes_of(packaged.substr(at, piece)));
  }
  out.use = relocator.finish();
  return out;
}

/// The packaged bytes; nothing where the restorer says that these are not installed ones.
std::optional<std::string> restore(std::string_view installed, const PlaceholderUse& use,
                                   const std::string& prefix,
                                   std::size_t piece = std::string::npos) {
  std::string out;
  Restorer restorer(use, prefix, into(out));
  for (std::size_t at = 0; at < installed.size(); at += std::min(piece, installed.size() - at)) {
    restorer.feed(bytes_of(installed.substr(at, piece)));
  }
  if (!restorer.finish()) return std::nullopt;
  return out;
}

std::string installed_text(std::string_view packaged, const std::string& prefix) {
  return install(packaged, "/ph", text, prefix).bytes;
}

std::string nuls(std::size_t count) { return std::string(count, '\0'); }

/// What relocation gives, computed the slow way: whole, one byte after the other.
std::string naive(std::string_view packaged, std::string_view placeholder, PlaceholderMode mode,
                  std::string_view prefix) {
  std::string out;
  std::size_t owed = 0;
  for (std::size_t at = 0; at < packaged.size();) {
    if (packaged.substr(at, placeholder.size()) == placeholder) {
      out += prefix;
      owed += mode == binary ? placeholder.size() - prefix.size() : 0;
      at += placeholder.size();
      continue;
    }
    if (packaged[at] == '\0') {
      out += nuls(owed);
      owed = 0;
    }
    out += packaged[at++];
  }
  return out + nuls(owed);
}

}  // namespace

TEST_CASE("relocation of a text replaces every place and nothing else", "[relocation]") {
  const Installed pc = install("prefix=/ph\nlibs=-L/ph/lib -R/ph/lib\n", "/ph", text, "/opt/env");
  CHECK(pc.bytes == "prefix=/opt/env\nlibs=-L/opt/env/lib -R/opt/env/lib\n");
  CHECK(pc.use.offsets == std::vector<std::uint64_t>{7, 18, 28});
  CHECK(pc.use.shebang.empty());
  // CRLF, no final newline, latin-1, a byte order mark, NULs (pack.md 48)
  CHECK(installed_text("a=/ph\r\nb=\r\n/ph", "/x") == "a=/x\r\nb=\r\n/x");
  CHECK(installed_text("caf\xE9=/ph\xE9\n", "/x") == "caf\xE9=/x\xE9\n");
  CHECK(installed_text("\xEF\xBB\xBF#!/ph/bin/python\n", "/a b") ==
        "\xEF\xBB\xBF#!/a b/bin/python\n");
  CHECK(installed_text("/ph\0/ph\0"s, "/longer") == "/longer\0/longer\0"s);
  CHECK(installed_text("", "/x").empty());
}

TEST_CASE("relocation reports a file without its placeholder by no offsets", "[relocation]") {
  for (const PlaceholderMode mode : {text, binary}) {
    const Installed none = install("nothing here\0/p"s, "/ph", mode, "/x");
    CHECK(none.bytes == "nothing here\0/p"s);
    CHECK(none.use == PlaceholderUse{"/ph", mode, {}, ""});
    CHECK(restore(none.bytes, none.use, "/x") == none.bytes);
  }
}

TEST_CASE("relocation of a binary keeps each C string's room and pads behind it", "[relocation]") {
  // CF 8.3: one place; several in one string are a unit; a remainder moves left (pack.md 46)
  CHECK(install("\x7F\x45/placeholder/lib\0next\0"s, "/placeholder", binary, "/p").bytes ==
        "\x7F\x45/p/lib"s + nuls(10) + "\0next\0"s);
  const Installed joined = install("A\0/long/lib:/long/share:x\0B"s, "/long", binary, "/s");
  CHECK(joined.bytes == "A\0/s/lib:/s/share:x"s + nuls(6) + "\0B"s);
  CHECK(joined.use.offsets == std::vector<std::uint64_t>{2, 12});
  // two strings have a padding each
  CHECK(install("/long/a\0/long/b\0"s, "/long", binary, "/s").bytes ==
        "/s/a"s + nuls(4) + "/s/b"s + nuls(4));
  // the end of the file ends a string
  CHECK(install("x/long/a"s, "/long", binary, "/s").bytes == "x/s/a"s + nuls(3));
  CHECK(install("/long"s, "/long", binary, "/s").bytes == "/s"s + nuls(3));
  // equal length: nothing moves
  CHECK(install("/long/a\0"s, "/long", binary, "/five").bytes == "/five/a\0"s);
}

TEST_CASE("relocation takes the leftmost of overlapping look-alikes", "[relocation]") {
  const Installed out = install("/aa/aa/aa/aa/a", "/aa/aa", text, "/x");
  CHECK(out.bytes == "/x/x/a");
  CHECK(out.use.offsets == std::vector<std::uint64_t>{0, 6});
  CHECK(install("//ph/p/ph", "/ph", text, "/x").bytes == "//x/p/x");
  // what a replacement makes is not looked at again
  CHECK(install("/p/phh", "/ph", text, "/p").bytes == "/p/ph");
}

TEST_CASE("relocation of a binary to a longer prefix is refused with both lengths (A26)",
          "[relocation]") {
  try {
    install("", "/placeholder", binary, "/longer/than/that");
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::unfit);
    CHECK_THAT(error.what(), Catch::Contains("17 bytes") && Catch::Contains("12"));
  }
  CHECK(install("a=/ph", "/ph", text, "/longer/than/that").bytes == "a=/longer/than/that");
}

TEST_CASE("relocation is never asked for an empty placeholder (A26)", "[relocation]") {
  CHECK_THROWS_AS(install("x", "", text, "/x"), InternalError);
  CHECK_THROWS_AS(install("x", "/ph", text, ""), InternalError);
  CHECK_THROWS_AS(install("x", "/p\0h"s, binary, "/x"), InternalError);
  CHECK_THROWS_AS(restore("x", {"", text, {0}, ""}, "/x"), InternalError);
}

TEST_CASE("relocation refuses a file that is nothing but placeholders", "[relocation]") {
  const std::string piece(1'000'000, '/');
  std::string out;
  Relocator relocator("/", text, "/", into(out));
  relocator.feed(bytes_of(piece));
  CHECK_THROWS_AS((relocator.feed(bytes_of("/")), relocator.finish()), TrustError);
  Relocator exact("/", text, "/", into(out));
  exact.feed(bytes_of(piece));
  CHECK(exact.finish().offsets.size() == max_placeholder_uses);
}

TEST_CASE("relocation gives the same bytes for every split into pieces", "[relocation]") {
  const std::string sample =
      "#!/pla/ce/bin/python\n/pla/ce/pla/c/pla/ce\0/pla/pla/ce:/pla/ce/x\0\0/p/pla/ce"s;
  for (const PlaceholderMode mode : {text, binary}) {
    const Installed whole = install(sample, "/pla/ce", mode, "/x y");
    for (std::size_t cut = 0; cut <= sample.size(); ++cut) {
      std::string out;
      Relocator relocator("/pla/ce", mode, "/x y", into(out));
      relocator.feed(bytes_of(sample.substr(0, cut)));
      relocator.feed(bytes_of(sample.substr(cut)));
      REQUIRE(relocator.finish() == whole.use);
      REQUIRE(out == whole.bytes);
    }
    for (std::size_t piece = 1; piece <= sample.size(); ++piece) {
      REQUIRE(install(sample, "/pla/ce", mode, "/x y", piece).bytes == whole.bytes);
      REQUIRE(restore(whole.bytes, whole.use, "/x y", piece) == sample);
    }
  }
}

TEST_CASE("relocation finds a placeholder wherever it stands in a large file", "[relocation]") {
  // pieces are looked at in windows of 64 KiB: try every position around their borders
  const std::string placeholder = "/home/builder/_h_env_placehold_placehold_placehold";
  for (const std::size_t border : {std::size_t{65536}, std::size_t{131072}}) {
    for (std::size_t at = border - 60; at < border + 120; at += 7) {
      const std::string packaged =
          std::string(at, 'a') + placeholder + "/lib\0tail"s + std::string(70'000, 'b');
      const Installed out = install(packaged, placeholder, binary, "/env", 8192);
      REQUIRE(out.use.offsets == std::vector<std::uint64_t>{at});
      REQUIRE(out.bytes == naive(packaged, placeholder, binary, "/env"));
      REQUIRE(restore(out.bytes, out.use, "/env", 4096) == packaged);
    }
  }
}

TEST_CASE("restoring what was relocated is the identity, for random bytes and prefixes",
          "[relocation]") {
  std::mt19937 random(20260917);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  // few letters, so that placeholders, near-placeholders and NULs are everywhere
  const auto draw = [&](std::size_t length, std::string_view letters) {
    std::string out;
    for (std::size_t i = 0; i < length; ++i) out += letters[below(letters.size())];
    return out;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string placeholder = "/" + draw(below(6), "/a");
    const PlaceholderMode mode = below(2) == 0 ? text : binary;
    std::string prefix = "/" + draw(below(mode == text ? 9 : placeholder.size()), "/a b");
    if (below(8) == 0) prefix = placeholder;
    std::string packaged = below(4) == 0 ? "#!" + placeholder + draw(below(12), "/a -\n") : "";
    packaged += draw(below(60), "/a\0\n"s);
    if (below(4) == 0) packaged += placeholder + draw(below(3), "a\0"s);
    INFO("round " << round);
    const Installed out = install(packaged, placeholder, mode, prefix, 1 + below(20));
    REQUIRE(restore(out.bytes, out.use, prefix, 1 + below(20)) == packaged);
    if (mode == text) REQUIRE(out.bytes.size() == installed_size(out.use, packaged.size(), prefix));
    if (out.use.shebang.empty()) REQUIRE(out.bytes == naive(packaged, placeholder, mode, prefix));
    if (mode == binary) REQUIRE(out.bytes.size() == packaged.size());
    for (const std::uint64_t offset : out.use.offsets) {
      REQUIRE(packaged.substr(offset, placeholder.size()) == placeholder);
    }
  }
}

TEST_CASE("no changed byte of an installed file restores to the packaged bytes", "[relocation]") {
  struct Sample {
    std::string packaged, placeholder, prefix;
    PlaceholderMode mode;
  };
  const std::string python = "#!/opt/place/bin/python -E -s\nprint('/opt/place')\n";
  for (const Sample& sample : {
           Sample{"ELF\0/opt/place/lib:/opt/place/x\0\0tail\0/opt/place"s, "/opt/place", "/p",
                  binary},
           Sample{"a\0/opt/place/lib\0\0\0\0"s, "/opt/place", "/opt/place", binary},
           Sample{"a\0/opt/place/lib\0b"s, "/opt/place", "/opt", binary},
           Sample{python, "/opt/place", "/p", text},
           Sample{python, "/opt/place", "/with space", text},
           Sample{"#!/opt/place/bin/perl\n1;", "/opt/place", "/with space", text},
           Sample{"x=/opt/place/opt/place", "/opt/place", "/opt/place/opt/place", text},
       }) {
    const Installed out = install(sample.packaged, sample.placeholder, sample.mode, sample.prefix);
    REQUIRE(restore(out.bytes, out.use, sample.prefix) == sample.packaged);
    const auto refuse = [&](const std::string& tampered) {
      INFO(tampered);
      REQUIRE(restore(tampered, out.use, sample.prefix) != sample.packaged);
    };
    for (std::size_t at = 0; at < out.bytes.size(); ++at) {
      for (const char change : {'\1', '\x20', '\x2F', '\x7F'}) {
        std::string tampered = out.bytes;
        tampered[at] = static_cast<char>(tampered[at] ^ change);
        refuse(tampered);
      }
      refuse(out.bytes.substr(0, at));
      refuse(out.bytes.substr(0, at) + '\0' + out.bytes.substr(at));
      std::string shorter = out.bytes;
      shorter.erase(at, 1);
      refuse(shorter);
    }
    refuse(out.bytes + '\0');
    refuse(out.bytes + 'x');
    if (sample.prefix != sample.placeholder) refuse(sample.packaged);  // not relocated at all
  }
}

TEST_CASE("restoring says no where padding holds hidden bytes", "[relocation]") {
  const Installed out = install("/placeholder/lib\0end"s, "/placeholder", binary, "/p");
  REQUIRE(out.bytes == "/p/lib"s + nuls(10) + "\0end"s);
  for (std::size_t at = 6; at < 17; ++at) {
    std::string hidden = out.bytes;
    hidden[at] = 'x';
    INFO(at);
    // a longer string has its padding later: then the bytes behind it do not fit
    CHECK_FALSE(restore(hidden, out.use, "/p"));
  }
}

TEST_CASE("restoring says no where a text keeps the placeholder or has another prefix",
          "[relocation]") {
  const Installed out = install("a=/ph/lib\n", "/ph", text, "/env");
  CHECK(restore("a=/env/lib\n", out.use, "/env") == "a=/ph/lib\n");
  CHECK_FALSE(restore("a=/ph/lib\n", out.use, "/env"));
  CHECK_FALSE(restore("a=/enw/lib\n", out.use, "/env"));
  CHECK_FALSE(restore("a=/en", out.use, "/env"));
  CHECK_FALSE(restore("a=", out.use, "/env"));
}

TEST_CASE("restoring says no to a use that no relocation gives", "[relocation]") {
  constexpr std::uint64_t far = ~std::uint64_t{0};
  CHECK_FALSE(restore("/x/x", {"/ph", text, {3, 0}, ""}, "/x"));
  CHECK_FALSE(restore("/x/x", {"/ph", text, {0, 1}, ""}, "/x"));
  CHECK_FALSE(restore("/x/x", {"/ph", text, {0, 3, far}, ""}, "/x"));
  CHECK_FALSE(restore("", {"/ph", text, {far}, ""}, "/x"));
  CHECK_FALSE(restore("#!/x/a", {"/ph", text, {4}, "#!/ph"}, "/x"));
  CHECK_FALSE(restore("#!/x", {"/ph", binary, {2}, "#!/ph"}, "/x"));
  CHECK_FALSE(restore("/longer", {"/ph", binary, {0}, ""}, "/longer"));
  // a place inside the terminating NUL of the string before it
  CHECK_FALSE(restore("/x\0/x\0"s, {"/ph", binary, {0, 3}, ""}, "/x"));
}

TEST_CASE("the installed size of a text is known from its places", "[relocation]") {
  const Installed out = install("#!/ph/bin/python\n/ph /ph", "/ph", text, "/a b");
  CHECK(out.bytes.size() == installed_size(out.use, 24, "/a b"));
  CHECK(installed_size({"/placeholder", text, {3, 50}, ""}, 100, "/p") == 80);
  CHECK(installed_size({"/placeholder", binary, {3, 50}, ""}, 100, "/p") == 100);
}

}  // namespace envlock::test
