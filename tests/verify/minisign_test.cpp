#include "verify/minisign.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "tests/verify/minisign_keys.hpp"

namespace envlock::test {
namespace {

MinisignPublicKey key() { return parse_minisign_public_key(minisign_public_file, "u.pub"); }

/// The message of the refusal; empty where the signature is taken.
std::string refusal(std::string_view minisig, std::string_view content) {
  try {
    verify_minisig(key(), minisig, content, "hello");
    return {};
  } catch (const TrustError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("minisign: a public key is read as file and as line, and written as minisign writes it") {
  CHECK(parse_minisign_public_key(minisign_public_line, "--key") == key());
  CHECK(to_string(key().id) == "9BD51214B294E99E");
  CHECK(key().file_text() == minisign_public_file);
  CHECK(key().base64() == minisign_public_line);
}

TEST_CASE("minisign: what is no public key is refused with exit 3") {
  const std::string line = minisign_public_line;
  const std::string file = minisign_public_file;
  for (const std::string& text :
       {std::string(), line.substr(4), line + "AAAA", "X" + line.substr(1), line + " ",
        file + "more\n", "comment: x\n" + line, file.substr(0, file.find('\n') + 1),
        std::string(minisign_secret_file), std::string(hello_minisig), std::string(20000, 'A')}) {
    INFO(text);
    CHECK_THROWS_AS(parse_minisign_public_key(text, "u.pub"), InputError);
  }
}

TEST_CASE("minisign: minisign's own signatures are good, prehashed and legacy") {
  CHECK(verify_minisig(key(), hello_minisig, "hello\n", "hello") == "a trusted word");
  CHECK(verify_minisig(key(), hello_legacy_minisig, "hello\n", "hello") == "old form");
}

TEST_CASE("minisign: a signature file comes back as it was read") {
  CHECK(parse_minisig(hello_minisig, "f").file_text() == hello_minisig);
  CHECK(parse_minisig(hello_legacy_minisig, "f").file_text() == hello_legacy_minisig);
}

TEST_CASE("minisign: the pieces in which a file arrives do not matter") {
  for (const char* minisig : {hello_minisig, hello_legacy_minisig}) {
    MinisignCheck check(key(), parse_minisig(minisig, "f"), "hello");
    for (const char c : std::string_view("hello\n")) check.update(std::as_bytes(std::span(&c, 1)));
    CHECK_FALSE(check.finish().empty());
  }
}

TEST_CASE("minisign: another content, an empty one too, is refused with exit 6") {
  for (const char* minisig : {hello_minisig, hello_legacy_minisig}) {
    CHECK(refusal(minisig, "hello\r\n") ==
          "the signature of 'hello' does not fit its content (key 9BD51214B294E99E)");
    CHECK_FALSE(refusal(minisig, "").empty());
  }
}

TEST_CASE(
    "minisign: every changed byte of a signature file is refused, the untrusted words aside") {
  const std::size_t words = std::string_view("untrusted comment: ").size();
  for (const std::string original : {hello_minisig, hello_legacy_minisig}) {
    const std::size_t first_line = original.find('\n');
    for (std::size_t at = 0; at < original.size(); ++at) {
      if (at >= words && at < first_line) continue;
      for (const unsigned flip : {1U, 2U, 32U, 128U}) {
        std::string changed = original;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
        INFO(at << ' ' << flip);
        CHECK_FALSE(refusal(changed, "hello\n").empty());
      }
    }
    for (std::size_t length = 0; length + 1 < original.size(); ++length) {
      INFO(length);
      CHECK_FALSE(refusal(original.substr(0, length), "hello\n").empty());
    }
    CHECK_FALSE(refusal(original + "x", "hello\n").empty());
    CHECK_FALSE(refusal(original + "\n", "hello\n").empty());
  }
}

TEST_CASE("minisign: a signature of another key is refused by its id") {
  MinisignPublicKey other = key();
  other.id[7] ^= std::byte{1};
  CHECK_THROWS_WITH(verify_minisig(other, hello_minisig, "hello\n", "hello"),
                    "'hello' was signed with another key: expected 9AD51214B294E99E, found "
                    "9BD51214B294E99E");
  MinisignPublicKey same_id = key();
  same_id.key[0] ^= std::byte{1};
  CHECK_THROWS_AS(verify_minisig(same_id, hello_minisig, "hello\n", "hello"), TrustError);
}

TEST_CASE("minisign: a signature of one form does not pass as the other") {
  std::string legacy_named_new = hello_legacy_minisig;
  const std::size_t line = legacy_named_new.find('\n') + 1;
  legacy_named_new.replace(line, 4, "RUSe");
  CHECK_FALSE(refusal(legacy_named_new, "hello\n").empty());
}

TEST_CASE("minisign: long files, odd comments and oversized legacy content are refused") {
  CHECK_THAT(refusal(std::string(20000, 'x'), "hello\n"), Catch::Contains("16 KiB"));
  CHECK(is_minisign_comment("tab\t and \xc3\xa4"));
  for (const char* text : {"line\nline", "\x1b[2J", "\xff", "\x7f", "\r"}) {
    CHECK_FALSE(is_minisign_comment(text));
  }
  CHECK_FALSE(is_minisign_comment(std::string(max_trusted_comment_bytes + 1, 'x')));
  MinisignCheck check(key(), parse_minisig(hello_legacy_minisig, "f"), "hello");
  const std::vector<std::byte> half(MinisignCheck::max_legacy_bytes / 2);
  check.update(half);
  check.update(half);
  CHECK_THROWS_AS(check.update(std::span(half).first(1)), TrustError);
}

}  // namespace envlock::test
