#include "fetch/credential_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace {

using Form = CredentialRule::Form;

Url url(const std::string& text) { return Url::parse(text).value(); }

CredentialRule rule_with_env(Form form, const std::string& name) {
  CredentialRule rule;
  rule.form = form;
  rule.env = name;
  if (form == Form::basic) rule.username = "ci";
  return rule;
}

/// Settings of one private channel, https://h.example/acme.
struct Setup {
  explicit Setup(std::optional<CredentialRule> rule = {}) {
    settings.channels.push_back({"acme", url("https://h.example/acme"), true, std::move(rule)});
    settings.surroundings.on_secret = [this](std::string_view secret) {
      told.emplace_back(secret);
    };
  }
  void descriptor(const std::string& text) {
    const auto file = dir.write("blocks", text);
    ::chmod(file.c_str(), 0600);
    settings.descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  void netrc(const std::string& text) {
    settings.netrc_file = dir.write("netrc", text);
    ::chmod(settings.netrc_file.c_str(), 0600);
  }
  void systemd(const std::string& name, const std::string& text) {
    ::chmod(dir.write("systemd/" + name, text).c_str(), 0400);
    settings.surroundings.systemd_dir = dir / "systemd";
  }
  std::string helper(const std::string& script) {
    const auto file = dir.write("helper", "#!/bin/sh\n" + script);
    ::chmod(file.c_str(), 0700);
    return file.string();
  }
  CredentialStore& store() {
    if (!opened) opened.emplace(settings, http);
    return *opened;
  }
  /// "KIND NAME:SECRET @ORIGIN", "none", or "EXIT: message | hint".
  std::string sent(const std::string& to) {
    try {
      const auto credential = store().credential_for(url(to), {});
      if (!credential) return "none";
      return std::to_string(static_cast<int>(credential->kind)) + ' ' + credential->name + ':' +
             std::string(credential->secret.reveal()) + " @" + credential->origin.origin();
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
             error.hint();
    }
  }
  TempDir dir;
  CredentialSettings settings;
  HttpClient http{HttpSettings{}};
  std::vector<std::string> told;
  std::optional<CredentialStore> opened;
};

}  // namespace

TEST_CASE("credential store: of two private places on one server the one that named a file counts",
          "[fetch]") {
  ::setenv("ENVLOCK_STORE_PLACE_a", "secret-a", 1);
  ::setenv("ENVLOCK_STORE_PLACE_b", "secret-b", 1);
  CredentialSettings settings;
  settings.surroundings.on_secret = [](std::string_view) {};
  for (const std::string name : {"a", "b"})
    settings.channels.push_back({name, url("https://h.example/" + name + "/simple"), true,
                                 rule_with_env(Form::bearer, "ENVLOCK_STORE_PLACE_" + name),
                                 url("https://h.example/" + name)});
  HttpClient http{HttpSettings{}};
  CredentialStore store(settings, http);
  const auto secret = [&](const std::string& to, const std::optional<Url>& beside) {
    const auto found = store.credential_for(url(to), {}, beside);
    return found ? std::string(found->secret.reveal()) : "none";
  };
  const Url place_a = url("https://h.example/a/simple");
  const Url place_b = url("https://h.example/b/simple");
  CHECK(secret("https://h.example/files/x.whl", place_a) == "secret-a");
  CHECK(secret("https://h.example/files/x.whl", place_b) == "secret-b");
  CHECK(secret("https://h.example/files/x.whl", std::nullopt) == "none");
  // What lies under a place is that place's, and another server gets nothing.
  CHECK(secret("https://h.example/b/simple/x.whl", place_a) == "secret-b");
  CHECK(secret("https://other.example/files/x.whl", place_a) == "none");
  // Where no page names it, its own folder's alone.
  const auto alone = [&](const std::string& to) { return secret(to, url(to)); };
  CHECK(alone("https://h.example/a/files/x.whl") == "secret-a");
  CHECK(alone("https://h.example/files/x.whl") == "none");
  CHECK(alone("https://h.example/ab/x.whl") == "none");
}

TEST_CASE("credential store: the only private place of a server has no say about its other wheels",
          "[fetch]") {
  ::setenv("ENVLOCK_STORE_ONLY", "secret", 1);
  Setup setup(rule_with_env(Form::bearer, "ENVLOCK_STORE_ONLY"));
  const Url wheel = url("https://h.example/other-tenant/x.whl");
  CHECK(setup.store().credential_for(wheel, {}, wheel) == nullptr);
  CHECK(setup.store().credential_for(wheel, {}, url("https://pypi.example/simple")) == nullptr);
}

TEST_CASE("credential store: a variable is taken out of the environment and told", "[fetch]") {
  ::setenv("ENVLOCK_STORE_A", "tk-aaaaaa", 1);
  Setup setup(rule_with_env(Form::token, "ENVLOCK_STORE_A"));
  CHECK(setup.sent("https://h.example/acme/linux-64") == "2 :tk-aaaaaa @https://h.example");
  CHECK(std::getenv("ENVLOCK_STORE_A") == nullptr);
  CHECK(setup.told.front() == "tk-aaaaaa");
}

TEST_CASE("credential store: basic tells the pair too, whose base64 goes over the wire",
          "[fetch]") {
  ::setenv("ENVLOCK_STORE_B", "pass-word", 1);
  Setup setup(rule_with_env(Form::basic, "ENVLOCK_STORE_B"));
  CHECK(setup.sent("https://h.example/acme") == "0 ci:pass-word @https://h.example");
  CHECK(std::ranges::count(setup.told, "ci:pass-word") == 1);
}

TEST_CASE("credential store: a private channel without its credential is exit 6", "[fetch]") {
  Setup named(rule_with_env(Form::token, "ENVLOCK_STORE_NONE"));
  CHECK_THAT(named.sent("https://h.example/acme/noarch"),
             Catch::StartsWith("6: channel 'acme' (https://h.example/acme) is private") &&
                 Catch::Contains("set ENVLOCK_STORE_NONE"));
  Setup unnamed;
  CHECK_THAT(unnamed.sent("https://h.example/acme"),
             Catch::StartsWith("6: ") && Catch::Contains("credentials: {as: token"));
}

TEST_CASE("credential store: other places get nothing", "[fetch]") {
  ::setenv("ENVLOCK_STORE_C", "tk-cccccc", 1);
  Setup setup(rule_with_env(Form::token, "ENVLOCK_STORE_C"));
  setup.settings.channels.push_back({"open", url("https://h.example/open"), false, {}});
  CHECK(setup.sent("https://h.example/open/noarch") == "none");
  CHECK(setup.sent("https://h.example:444/acme") == "none");
  CHECK(setup.sent("https://other.example/acme") == "none");
  CHECK(setup.sent("http://h.example/acme") == "none");
  CHECK(setup.sent("https://h.example/acmeother") ==
        "2 :tk-cccccc @https://h.example");  // base_url
  CHECK(setup.sent("file:///acme") == "none");
}

TEST_CASE("credential store: of two private channels of one origin each has its own", "[fetch]") {
  ::setenv("ENVLOCK_STORE_D", "tk-dddddd", 1);
  ::setenv("ENVLOCK_STORE_E", "tk-eeeeee", 1);
  Setup setup(rule_with_env(Form::token, "ENVLOCK_STORE_D"));
  setup.settings.channels.push_back({"inner", url("https://h.example/acme/inner"), true,
                                     rule_with_env(Form::bearer, "ENVLOCK_STORE_E")});
  CHECK(setup.sent("https://h.example/acme/inner/noarch") == "1 :tk-eeeeee @https://h.example");
  CHECK(setup.sent("https://h.example/acme/noarch") == "2 :tk-dddddd @https://h.example");
  CHECK(setup.sent("https://h.example/files") == "none");  // whose, nobody can tell
}

TEST_CASE("credential store: the first source that has it counts", "[fetch]") {
  ::setenv("ENVLOCK_STORE_F", "of-the-env", 1);
  CredentialRule rule = rule_with_env(Form::bearer, "ENVLOCK_STORE_F");
  rule.systemd = "acme";
  Setup setup;
  rule.helper = {setup.helper("echo password=of-helper\n")};
  setup.settings.channels.front().rule = rule;
  setup.netrc("machine h.example login n password of-netrc\n");
  SECTION("the descriptor") {
    setup.systemd("acme", "of-systemd\n");
    setup.descriptor("channel=acme\npassword=of-the-fd\n");
    CHECK(setup.sent("https://h.example/acme") == "1 :of-the-fd @https://h.example");
  }
  SECTION("then systemd") {
    setup.systemd("acme", "of-systemd\n");
    CHECK(setup.sent("https://h.example/acme") == "1 :of-systemd @https://h.example");
  }
  SECTION("then the helper") {
    CHECK(setup.sent("https://h.example/acme") == "1 :of-helper @https://h.example");
  }
  SECTION("then the environment") {
    setup.helper("exit 0\n");
    CHECK(setup.sent("https://h.example/acme") == "1 :of-the-env @https://h.example");
  }
  SECTION("then netrc") {
    setup.helper("exit 0\n");
    ::unsetenv("ENVLOCK_STORE_F");
    CHECK(setup.sent("https://h.example/acme") == "1 :of-netrc @https://h.example");
  }
  ::unsetenv("ENVLOCK_STORE_F");
}

TEST_CASE("credential store: descriptor and netrc serve channels that no file names", "[fetch]") {
  Setup setup;
  setup.descriptor(
      "url=https://a.example/x\nas=token\npassword=tk-xxxx1\n\n"
      "url=https://a.example/x/y\nas=bearer\npassword=tk-xxxx2\n");
  setup.netrc("machine b.example login n password of-netrc\n");
  CHECK(setup.sent("https://a.example/x/noarch") == "2 :tk-xxxx1 @https://a.example");
  CHECK(setup.sent("https://a.example/x/y/noarch") == "1 :tk-xxxx2 @https://a.example");
  CHECK(setup.sent("https://a.example/z") == "none");
  CHECK(setup.sent("https://b.example/any") == "0 n:of-netrc @https://b.example");
}

TEST_CASE("credential store: a descriptor that names an unknown channel is refused", "[fetch]") {
  Setup setup;
  setup.descriptor("channel=acne\npassword=tk-xxxx1\n");
  CHECK_THROWS_WITH(setup.store(), Catch::Contains("the channel 'acne'"));
}

TEST_CASE("credential store: plain http gets no secret", "[fetch]") {
  Setup setup;
  setup.descriptor("url=http://a.example/\nas=token\npassword=tk-xxxx1\n");
  CHECK_THAT(setup.sent("http://a.example/c"),
             Catch::StartsWith("6: ") && Catch::Contains("plain http"));
}

TEST_CASE("credential store: a helper is asked once, failures too, and told of a 401", "[fetch]") {
  CredentialRule rule;
  rule.form = Form::basic;
  Setup setup;
  rule.helper = {setup.helper("echo \"$1\" >> " + (setup.dir / "log").string() + "\ncat >> " +
                              (setup.dir / "log").string() +
                              "\nprintf 'username=u\\npassword=pw-12345\\n'\n")};
  setup.settings.channels.front().rule = rule;
  for (int i = 0; i < 3; ++i)
    CHECK(setup.sent("https://h.example/acme") == "0 u:pw-12345 @https://h.example");
  const auto refuse = [&] {
    setup.store().refuse(url("https://h.example/acme"),
                         "https://h.example/acme/noarch/repodata.json", 401, {});
  };
  CHECK_THROWS_MATCHES(
      refuse(), TrustError,
      Catch::Message("channel 'acme': 'https://h.example/acme/noarch/repodata.json' "
                     "refuses the credential of the credential helper '" +
                     rule.helper.front() + "' (HTTP 401)"));
  CHECK(read_file(setup.dir / "log") ==
        "get\nprotocol=https\nhost=h.example\npath=acme\n\n"
        "erase\nprotocol=https\nhost=h.example\npath=acme\nusername=u\npassword=pw-12345\n\n");
}

TEST_CASE("credential store: quit of a helper ends the search", "[fetch]") {
  ::setenv("ENVLOCK_STORE_G", "of-the-env", 1);
  CredentialRule rule = rule_with_env(Form::bearer, "ENVLOCK_STORE_G");
  Setup setup;
  rule.helper = {setup.helper("echo quit=1\n")};
  setup.settings.channels.front().rule = rule;
  CHECK_THAT(setup.sent("https://h.example/acme"), Catch::Contains("asks to give up"));
}

TEST_CASE("credential store: VAULT_SKIP_VERIFY is an error where Vault is asked", "[fetch]") {
  ::setenv("ENVLOCK_STORE_H", "hvs.x", 1);
  CredentialRule rule;
  VaultRule vault{.address = url("https://v.example")};
  vault.path = "p";
  vault.field = "f";
  vault.login.token_env = "ENVLOCK_STORE_H";
  rule.vault = vault;
  Setup setup(rule);
  setup.settings.surroundings.vault_skip_verify = true;
  CHECK_THAT(setup.sent("https://h.example/acme"),
             Catch::StartsWith("6: VAULT_SKIP_VERIFY is set"));
  Setup without_token(rule);
  CHECK_THAT(without_token.sent("https://h.example/acme"), Catch::Contains("set ENVLOCK_STORE_H"));
}

}  // namespace envlock::test
