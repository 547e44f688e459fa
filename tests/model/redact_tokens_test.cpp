#include "model/redact_tokens.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("redact_tokens: values of headers that carry secrets go, up to the end of the line",
          "[model]") {
  CHECK(redact_tokens("Authorization: Basic dTpw\nHost: a") == "Authorization: ***\nHost: a");
  CHECK(redact_tokens("proxy-authorization: x y") == "proxy-authorization: ***");
  CHECK(redact_tokens(R"({"X-Vault-Token": "root", "a": 1})") ==
        R"({"X-Vault-Token": "***", "a": 1})");
  CHECK(redact_tokens("the authorization failed") == "the authorization failed");
  CHECK(redact_tokens("Authorization:") == "Authorization:");
}

TEST_CASE("redact_tokens: Vault's tokens go wherever they stand", "[model]") {
  // Lengths as in the documentation of Vault: 24 characters and more behind the prefix.
  CHECK(redact_tokens("token hvs.CAESIJ0123456789abcdefghijk rest") == "token *** rest");
  CHECK(redact_tokens("hvb.AAAAAQJ0123456789abcdefghijk") == "***");
  CHECK(redact_tokens("s.Ab3dEfGhIjKlMnOpQrStUvWx.") == "***.");
  CHECK(redact_tokens("s.short s.abcdefghijklmnopqrstuvwx numpy-s.x") ==
        "s.short s.abcdefghijklmnopqrstuvwx numpy-s.x");
  CHECK(redact_tokens("files.Ab3dEfGhIjKlMnOpQrStUvWx") == "files.Ab3dEfGhIjKlMnOpQrStUvWx");
}

}  // namespace envlock::test
