#include "verify/base64.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("base64: the vectors of RFC 4648, section 10, both ways") {
  const std::pair<const char*, const char*> rows[]{{"", ""},
                                                   {"f", "Zg=="},
                                                   {"fo", "Zm8="},
                                                   {"foo", "Zm9v"},
                                                   {"foob", "Zm9vYg=="},
                                                   {"fooba", "Zm9vYmE="},
                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    CHECK(base64_of(bytes) == text);
    CHECK(bytes_of_base64(text) == bytes);
  }
}

TEST_CASE("base64: every byte comes back") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(bytes_of_base64(base64_of(bytes)) == bytes);
}

TEST_CASE("base64: what is not canonical is refused") {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zm9v\n", "=",
                           "====", "Zg==Zg==", "Zm-v", "Z"}) {
    INFO(text);
    CHECK_FALSE(bytes_of_base64(text));
  }
}

TEST_CASE("base64: DSSE's readers take both alphabets, with padding or without, but no mixture") {
  CHECK(bytes_of_any_base64("-_8=") == "\xfb\xff");
  CHECK(bytes_of_any_base64("+/8") == "\xfb\xff");
  CHECK_FALSE(bytes_of_any_base64("-/8="));
  CHECK_FALSE(bytes_of_any_base64("-_8=="));
  CHECK_FALSE(bytes_of_any_base64("-_8 "));
  CHECK_FALSE(bytes_of_any_base64("AAAAA"));
}

}  // namespace envlock::test
