#include "verify/minisign_secret_key.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "tests/verify/minisign_keys.hpp"
#include "verify/base64.hpp"

namespace envlock::test {
namespace {

StoredMinisignKey stored(std::string text) {
  return StoredMinisignKey(Secret::take(text), "k.key");
}

Secret secret(std::string text) { return Secret::take(text); }

MinisignDigest digest_of(std::string_view text) {
  return blake2b_of<64>(std::as_bytes(std::span(text)));
}

/// A stored key with a byte of its binary form changed.
std::string changed(std::string_view file, std::size_t at, unsigned char to) {
  const std::size_t line = file.find('\n') + 1;
  std::string bytes = *bytes_of_base64(file.substr(line, file.size() - line - 1));
  bytes[at] = static_cast<char>(to);
  return std::string(file.substr(0, line)) + base64_of(bytes) + '\n';
}

constexpr ScryptLimits small{.operations = 524'288, .memory_bytes = 16U << 20U};

}  // namespace

TEST_CASE("minisign key: minisign's key signs byte for byte what minisign signs") {
  const StoredMinisignKey key = stored(minisign_secret_file);
  CHECK_FALSE(key.is_locked());
  const MinisignSecretKey open = key.unlock({});
  CHECK(open.public_key() == parse_minisign_public_key(minisign_public_line, "p"));
  MinisignSignature signature = open.sign(digest_of("hello\n"), "a trusted word");
  signature.untrusted_comment = "an untrusted word";
  CHECK(signature.file_text() == hello_minisig);
}

TEST_CASE("minisign key: a locked key opens with its password and no other") {
  const StoredMinisignKey key = stored(minisign_locked_file);
  CHECK(key.is_locked());
  CHECK(key.unlock(secret("correct horse")).public_key().base64() == minisign_public_line);
  CHECK_THROWS_AS(key.unlock(secret("correct horsf")), TrustError);
  CHECK_THROWS_AS(key.unlock({}), TrustError);
}

TEST_CASE("minisign key: a new key is another each time, and comes back from its file") {
  const MinisignSecretKey one = MinisignSecretKey::generate();
  const MinisignSecretKey two = MinisignSecretKey::generate();
  CHECK_FALSE(one.public_key() == two.public_key());
  const MinisignSecretKey plain = StoredMinisignKey(one.file_text(), "k").unlock({});
  CHECK(plain.public_key() == one.public_key());
  const StoredMinisignKey locked(one.file_text(secret("pass"), small), "k");
  CHECK(locked.is_locked());
  CHECK(locked.unlock(secret("pass")).public_key() == one.public_key());
  CHECK_THROWS_AS(locked.unlock(secret("past")), TrustError);
  const std::string text = one.sign(digest_of("x"), "c").file_text();
  CHECK(verify_minisig(plain.public_key(), text, "x", "x") == "c");
  CHECK_THROWS_AS(verify_minisig(two.public_key(), text, "x", "x"), TrustError);
}

TEST_CASE("minisign key: a key whose halves do not belong together never signs") {
  // The public half begins behind header, salt, limits, key id and seed.
  CHECK_THROWS_WITH(stored(changed(minisign_secret_file, 6 + 32 + 16 + 8 + 32, 0)).unlock({}),
                    Catch::Contains("do not belong together"));
  CHECK_THROWS_AS(stored(changed(minisign_secret_file, 6 + 32 + 16 + 8, 0)).unlock({}), InputError);
}

TEST_CASE("minisign key: other files, algorithms and greater costs are refused with exit 3") {
  CHECK_THROWS_AS(stored(""), InputError);
  CHECK_THROWS_AS(stored(minisign_public_file), InputError);
  CHECK_THROWS_AS(stored(std::string(minisign_secret_file) + "x"), InputError);
  for (const std::size_t at : {0U, 2U, 4U}) {
    CHECK_THROWS_AS(stored(changed(minisign_secret_file, at, 'x')), InputError);
  }
  // The high bytes of the two limits, then a memory of 0.
  CHECK_THROWS_AS(stored(changed(minisign_locked_file, 45, 1)), InputError);
  CHECK_THROWS_AS(stored(changed(minisign_locked_file, 53, 1)), InputError);
  CHECK_THROWS_AS(stored(changed(minisign_locked_file, 49, 0)), InputError);
  // No part of a key is repeated in a message.
  try {
    (void)stored(std::string(minisign_secret_file).substr(20));
    FAIL("taken");
  } catch (const InputError& error) {
    CHECK_THAT(error.what(), !Catch::Contains("nR"));
  }
}

TEST_CASE("minisign key: a comment of two lines cannot be signed") {
  const MinisignSecretKey key = stored(minisign_secret_file).unlock({});
  CHECK_THROWS_AS(key.sign(digest_of("x"), "one\ntwo"), UsageError);
}

}  // namespace envlock::test
