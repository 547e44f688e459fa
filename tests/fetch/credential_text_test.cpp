#include "fetch/credential_text.hpp"
#include "model/secret_length.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

namespace envlock::test {

namespace {

const Url asked = Url::parse("https://conda.acme.example:8443/acme").value();

/// "EXIT: message | hint", or "accepted"; never with the canary.
std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    const std::string text = std::to_string(static_cast<int>(error.exit_code())) + ": " +
                             error.what() + " | " + error.hint();
    CHECK_THAT(text, !Catch::Contains("canary"));
    return text;
  }
  return "accepted";
}

std::string block_refusal(const std::string& text) {
  return refusal([&] { (void)parse_credential_blocks(text, "file descriptor 3"); });
}

std::string helper_refusal(const std::string& text) {
  return refusal([&] { (void)parse_helper_answer(text, asked, 1'000, "the helper"); });
}

std::string netrc_refusal(const std::string& text) {
  return refusal([&] { (void)parse_netrc(text, "h.example", ".netrc"); });
}

std::string sendable(const std::string& user, const std::string& secret,
                     CredentialRule::Form form) {
  FoundSecret found{user, Secret::take(std::string(secret))};
  return refusal([&] { require_sendable(found, form, "the test"); });
}

}  // namespace

TEST_CASE("credential blocks: several, by URL and by channel", "[fetch]") {
  const auto blocks = parse_credential_blocks(
      "url=https://conda.acme.example/acme\nas=token\npassword=tk-1\n\n\nchannel=internal\n"
      "username=ci\npassword=p=w \n",
      "file descriptor 3");
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].url->to_string() == "https://conda.acme.example/acme");
  CHECK(blocks[0].form == CredentialRule::Form::token);
  CHECK(blocks[0].found.secret.reveal() == "tk-1");
  CHECK(blocks[1].channel == "internal");
  CHECK(blocks[1].form == CredentialRule::Form::basic);  // by the user name
  CHECK(blocks[1].found.username == "ci");
  CHECK(blocks[1].found.secret.reveal() == "p=w ");
  CHECK(parse_credential_blocks("", "x").empty());
  CHECK_FALSE(parse_credential_blocks("channel=a\npassword=b", "x").at(0).form);
}

TEST_CASE("credential blocks: what is no block is refused with its line, without values",
          "[fetch]") {
  CHECK_THAT(block_refusal("url=https://h/\npassword=x\n\ncanary\n"),
             Catch::StartsWith("3: file descriptor 3:4: expected KEY=VALUE"));
  CHECK_THAT(block_refusal("canary=x\n"), Catch::Contains("a key that envlock does not know"));
  CHECK_THAT(block_refusal("url=https://h/\npassword=canary\r\n"), Catch::Contains("no CR"));
  CHECK_THAT(block_refusal("url=https://u:canary@h/\npassword=x\n"),
             Catch::Contains("without credentials"));
  CHECK_THAT(block_refusal("password=canary\n"), Catch::Contains("either 'url' or 'channel'"));
  CHECK_THAT(block_refusal("url=https://h/\nchannel=a\npassword=canary\n"),
             Catch::Contains("either 'url' or 'channel'"));
  CHECK_THAT(block_refusal("channel=a\nas=token\n"), Catch::Contains("without 'password'"));
  CHECK_THAT(block_refusal("channel=a\npassword=canary\npassword=canary\n"),
             Catch::Contains("twice"));
  CHECK_THAT(block_refusal("channel=a\nas=canary\npassword=x\n"), Catch::Contains("'as' takes"));
}

TEST_CASE("helper: an answer of git-credential's form is read up to the empty line", "[fetch]") {
  const HelperAnswer answer = parse_helper_answer(
      "capability[]=state\nprotocol=https\nhost=conda.acme.example:8443\nusername=u\npassword=a=b\n"
      "password_expiry_utc=1001\n\npassword=other\n",
      asked, 1'000, "the helper");
  CHECK(answer.found.username == "u");
  CHECK(answer.found.secret.reveal() == "a=b");
  CHECK_FALSE(answer.quit);
  CHECK(parse_helper_answer("", asked, 0, "h").found.secret.empty());
  CHECK(parse_helper_answer("quit=1\n", asked, 0, "h").quit);
}

TEST_CASE("helper: answers that could inject or belong elsewhere are refused", "[fetch]") {
  CHECK_THAT(helper_refusal("password=canary\r\n"), Catch::StartsWith("6: "));
  CHECK_THAT(helper_refusal(std::string("password=canary\0x\n", 18)), Catch::Contains("NUL"));
  CHECK_THAT(helper_refusal("host=evil.example\npassword=canary\n"),
             Catch::Contains("another server than 'https://conda.acme.example:8443'"));
  CHECK_THAT(helper_refusal("host=conda.acme.example\npassword=canary\n"),
             Catch::Contains("another server"));  // another port
  CHECK_THAT(helper_refusal("protocol=http\npassword=canary\n"), Catch::Contains("another server"));
  CHECK_THAT(helper_refusal("password=canary\npassword_expiry_utc=1000\n"),
             Catch::Contains("has expired"));
  CHECK_THAT(helper_refusal("canary\n"), Catch::Contains("no KEY=VALUE line"));
}

TEST_CASE("helper: the question has protocol, host with port, and path", "[fetch]") {
  CHECK(helper_question(asked) == "protocol=https\nhost=conda.acme.example:8443\npath=acme\n");
  CHECK(helper_question(Url::parse("https://h.example/").value()) ==
        "protocol=https\nhost=h.example\n");
}

TEST_CASE("netrc: the first entry of the host counts", "[fetch]") {
  const std::string text =
      "# a comment\nmachine other.example login o password other\n"
      "machine H.example\n  login me\n  account a\n  password #x\"y\n"
      "machine h.example login late password late\n";
  const auto found = parse_netrc(text, "h.example", ".netrc");
  REQUIRE(found);
  CHECK(found->username == "me");
  CHECK(found->secret.reveal() == "#x\"y");
  CHECK_FALSE(parse_netrc(text, "none.example", ".netrc"));
  const auto quoted =
      parse_netrc("machine h.example login a password \"b \\\"c\\\\\"", "h.example", ".netrc");
  CHECK(quoted.value().secret.reveal() == "b \"c\\");
}

TEST_CASE("netrc: default, macdef and what is no entry are refused with the line", "[fetch]") {
  CHECK_THAT(netrc_refusal("machine a login b password canary\ndefault login b password canary\n"),
             Catch::StartsWith("3: .netrc:2: 'default'"));
  CHECK_THAT(netrc_refusal("macdef init\ncd /\n\n"), Catch::Contains("'macdef'"));
  CHECK_THAT(netrc_refusal("machine a password canary canary\n"), Catch::Contains("expected"));
  CHECK_THAT(netrc_refusal("login b\n"), Catch::Contains("expected machine"));
  CHECK_THAT(netrc_refusal("machine a password"), Catch::Contains("without a value"));
  CHECK_THAT(netrc_refusal("machine a password \"canary\n"), Catch::Contains("without a value"));
}

TEST_CASE("secrets: what the form cannot carry is refused before anything is sent", "[fetch]") {
  using Form = CredentialRule::Form;
  CHECK(sendable("", "abcd.E-_~9", Form::token) == "accepted");
  CHECK(sendable("", "a+b/cd==", Form::bearer) == "accepted");
  CHECK(sendable("u", "with space", Form::basic) == "accepted");
  for (const char* secret :
       {"", "seven-b", "cana/rys", "cana rys", "cana?rys", "cana%rys", "cana\nrys"})
    CHECK(sendable("", secret, Form::token) != "accepted");
  CHECK(sendable("", "cana rys", Form::bearer) != "accepted");
  CHECK(sendable("u", "cana\rrys", Form::basic) != "accepted");
  CHECK(sendable("", "password", Form::basic) != "accepted");
  CHECK(sendable("a:b", "password", Form::basic) != "accepted");
  CHECK(sendable("u", std::string(8193, 'x'), Form::basic) != "accepted");
}

TEST_CASE("credentials: nothing is sent that is too short to be kept out of messages", "[fetch]") {
  FoundSecret found;
  found.secret = Secret::take(std::string(least_secret_bytes - 1, 'x'));
  CHECK_THROWS_WITH(require_sendable(found, CredentialRule::Form::token, "'acme'"),
                    Catch::Contains("fewer than 8 bytes") && !Catch::Contains("xxx"));
  found.secret = Secret::take(std::string(least_secret_bytes, 'x'));
  CHECK_NOTHROW(require_sendable(found, CredentialRule::Form::token, "'acme'"));
}

}  // namespace envlock::test
