#include "model/secret.hpp"

#include <catch2/catch.hpp>
#include <sstream>
#include <type_traits>

namespace envlock::test {

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("secret: it cannot be copied, printed or turned into text", "[model]") {
  CHECK_FALSE(std::is_copy_constructible_v<Secret>);
  CHECK_FALSE(std::is_copy_assignable_v<Secret>);
  CHECK(std::is_nothrow_move_constructible_v<Secret>);
  CHECK_FALSE(std::is_convertible_v<Secret, std::string>);
  CHECK_FALSE(Printable<Secret>);
}

TEST_CASE("secret: taking wipes where it came from", "[model]") {
  for (const std::size_t length :
       {std::size_t{5}, std::size_t{200}}) {  // inside and outside of SSO
    std::string text(length, 'k');
    const char* const place = text.data();
    const Secret secret = Secret::take(text);
    CHECK(secret.reveal() == std::string(length, 'k'));
    CHECK(std::string(secret.c_str()) == std::string(length, 'k'));
    CHECK(text.empty());
    CHECK(text.data() == place);  // not reallocated: what is looked at below is what was there
    for (std::size_t i = 0; i < length; ++i) CHECK(place[i] == '\0');
  }
}

TEST_CASE("secret: moving empties the old one", "[model]") {
  Secret first = Secret::take(std::string("hunter2"));
  const Secret second = std::move(first);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): what is tested
  CHECK(first.reveal().empty());
  CHECK(second.reveal() == "hunter2");
  CHECK(Secret().empty());
}

}  // namespace envlock::test
