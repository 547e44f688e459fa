#include "cli/redactor.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("redactor: a secret shows in none of its forms", "[cli]") {
  Redactor redactor;
  redactor.hide("p/ss\"w0rd?>");
  CHECK(redactor.apply("it is p/ss\"w0rd?>!") == "it is ***!");
  CHECK(redactor.apply("p%2Fss%22w0rd%3F%3E") == "***");
  CHECK(redactor.apply(R"({"x": "p/ss\"w0rd?>"})") == R"({"x": "***"})");
  CHECK(redactor.apply("cC9zcyJ3MHJkPz4=") == "***=");  // RFC 4648, by coreutils' base64
  CHECK(redactor.apply("cC9zcyJ3MHJkPz4 other") == "*** other");
}

TEST_CASE("redactor: a secret that a message cut does not show its beginning", "[cli]") {
  Redactor redactor;
  redactor.hide("tk-canary-0123456789");
  CHECK(redactor.apply("found 'tk-canary-0...'") == "found '***...'");
  CHECK(redactor.apply("tk-canary-0 and more") == "tk-canary-0 and more");
}

TEST_CASE("redactor: of two secrets the longer one goes first", "[cli]") {
  Redactor redactor;
  redactor.hide("a-secret");
  redactor.hide("a-secret-longer");
  CHECK(redactor.apply("a-secret-longer a-secret") == "*** ***");
}

TEST_CASE("redactor: a word that is somebody's password shows not by being left out", "[cli]") {
  Redactor redactor;
  for (const char* const word : {"lib", "conda", "package"}) redactor.hide(word);
  CHECK(redactor.apply("the package of conda in lib/") == "the package of conda in lib/");
  CHECK(redactor.apply("https://ci:conda@h/lib https://h/t/package/main") ==
        "https://***@h/lib https://h/t/***/main");
  CHECK(redactor.apply("Authorization: Bearer package") == "Authorization: ***");
}

TEST_CASE("redactor: URLs and tokens are masked without being told", "[cli]") {
  const Redactor redactor;
  CHECK(redactor.apply("https://u:p@h/x X-Vault-Token: abc") ==
        "https://***@h/x X-Vault-Token: ***");
}

}  // namespace envlock::test
