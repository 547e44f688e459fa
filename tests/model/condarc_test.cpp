#include "model/condarc.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "model/error.hpp"

namespace envlock::test {
namespace {

Condarc read(const std::string& text) { return read_condarc(text, ".condarc", "/home/me"); }

std::vector<std::string> urls(const Condarc& condarc) {
  std::vector<std::string> out;
  for (const Condarc::Channel& channel : condarc.channels) out.push_back(channel.url.to_string());
  return out;
}

bool is_told(const Condarc& condarc, const std::string& key, const std::string& part) {
  return std::ranges::any_of(condarc.remarks, [&](const Condarc::Remark& remark) {
    return remark.key == key && remark.text.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("read_condarc: names become what they mean by alias, custom and multichannels") {
  const Condarc condarc = read(R"(channels:
  - acme
  - tools/label/dev
  - team
  - defaults
  - conda-forge
channel_alias: https://conda.example/
custom_channels:
  tools: https://tools.example/conda
custom_multichannels:
  team: [https://a.example/one, two]
default_channels: [https://mirror.example/main]
)");
  CHECK(urls(condarc) == std::vector<std::string>{
                             "https://conda.example/acme",
                             "https://tools.example/conda/tools/label/dev", "https://a.example/one",
                             "https://conda.example/two", "https://mirror.example/main",
                             "https://conda.example/conda-forge"});
}

TEST_CASE("read_condarc: 'defaults' is conda's own two channels where nobody says otherwise") {
  CHECK(urls(read("channels: [defaults]\n")) ==
        std::vector<std::string>{"https://repo.anaconda.com/pkgs/main",
                                 "https://repo.anaconda.com/pkgs/r"});
}

TEST_CASE("read_condarc: no token or password is copied, and that is told") {
  const Condarc condarc = read(R"(channels:
  - https://conda.example/t/tk-0123456789/acme
  - mine
custom_channels:
  mine: https://me:hunter2@tools.example
channel_alias: https://u:secret9@alias.example
proxy_servers:
  https: http://me:proxypw@proxy.example:3128
)");
  CHECK(urls(condarc) ==
        std::vector<std::string>{"https://conda.example/acme", "https://tools.example/mine"});
  CHECK(is_told(condarc, "channels", "were not copied"));
  CHECK(is_told(condarc, "custom_channels", "were not copied"));
  CHECK(is_told(condarc, "proxy_servers", "https_proxy"));
  for (const Condarc::Remark& remark : condarc.remarks) {
    for (const char* secret : {"0123456789", "hunter2", "secret9", "proxypw"})
      CHECK(remark.text.find(secret) == std::string::npos);
  }
}

TEST_CASE("read_condarc: what envlock.yml can say is carried over") {
  const Condarc condarc = read(R"(channels: [conda-forge]
channel_priority: true
subdir: osx-arm64
exclude_newer: 7d
disallowed_packages: "pytorch & numpy<1.20"
mirrored_channels:
  conda-forge: [https://conda.anaconda.org/conda-forge, https://m.example/cf, oci://ghcr.io/x]
)");
  CHECK(condarc.channel_priority == ChannelPriority::flexible);
  CHECK(condarc.platforms == std::vector<Platform>{Platform::parse("osx-arm64").value()});
  CHECK(condarc.exclude_newer == "7d");
  CHECK(condarc.denied == std::vector<std::string>{"pytorch", "numpy<1.20"});
  CHECK(condarc.channels[0].mirrors == std::vector<std::string>{"https://m.example/cf"});
  CHECK(is_told(condarc, "mirrored_channels", "oci://ghcr.io/x"));
}

TEST_CASE("read_condarc: what is not carried over is named, with what to do") {
  const Condarc condarc = read(R"(channels: [conda-forge, local, conda-forge/linux-64]
ssl_verify: false
custom_channels: {spare: "https://spare.example"}
pinned_packages: [python=3.11]
always_yes: true
)");
  CHECK(is_told(condarc, "ssl_verify", "always verified"));
  CHECK(is_told(condarc, "channels", "local"));
  CHECK(is_told(condarc, "channels", "platforms of 'conda-forge'"));
  CHECK(is_told(condarc, "custom_channels", "'spare'"));
  CHECK(is_told(condarc, "pinned_packages", "environment.yml"));
  CHECK(is_told(condarc, "always_yes", "means nothing"));
  CHECK(is_told(read("channels: [a]\nssl_verify: /etc/ca.pem\n"), "ssl_verify",
                "SSL_CERT_FILE=/etc/ca.pem"));
}

TEST_CASE("read_condarc: what cannot be meant is refused") {
  CHECK_THROWS_AS(read("always_yes: true\n"), InputError);
  CHECK_THROWS_AS(read("channels: {a: b}\n"), InputError);
  CHECK_THROWS_AS(read("channels: [a]\nchannel_priority: high\n"), InputError);
  CHECK_THROWS_AS(read("channels: [a]\ncustom_channels: {b: ftp://x}\n"), InputError);
  CHECK_THROWS_AS(read("channels: [a\n"), InputError);
  CHECK_THROWS_AS(read(""), InputError);
}

TEST_CASE("read_condarc: multichannels that name each other end") {
  CHECK_THROWS_AS(read("channels: [a]\ncustom_multichannels: {a: [b], b: [a]}\ndefault_channels: "
                       "[]\n"),
                  InputError);
}

TEST_CASE("looks_like_condarc: by its own keys, and not what is an environment") {
  CHECK(looks_like_condarc("channels:\n  - x\n"));
  CHECK(looks_like_condarc("ssl_verify: true\n"));
  CHECK_FALSE(looks_like_condarc("channels:\n  - x\ndependencies:\n  - y\n"));
  CHECK_FALSE(looks_like_condarc("environments: {}\n"));
  CHECK_FALSE(looks_like_condarc("x: 1\n"));
}

}  // namespace envlock::test
