#include "model/url.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

std::string normal(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->to_string() : "refused";
}

Url url(std::string_view text) {
  const auto parsed = Url::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("Url: equal places have one spelling (RFC 3986 section 6.2)", "[model]") {
  CHECK(normal("HTTPS://Conda.Anaconda.ORG/conda-forge/") ==
        "https://conda.anaconda.org/conda-forge");
  CHECK(normal("https://host:443/a") == "https://host/a");
  CHECK(normal("http://host:80") == "http://host");
  CHECK(normal("http://host:/a") == "http://host/a");
  CHECK(normal("http://host:443/a") == "http://host:443/a");
  CHECK(normal("https://host/%7euser/%2b%2B") == "https://host/~user/%2B%2B");
  CHECK(normal("https://host/a/./b/../c") == "https://host/a/c");
  CHECK(normal("https://host/a/%2e%2E/c") == "https://host/c");
  CHECK(normal("https://host/../../c") == "https://host/c");
  CHECK(normal("https://host/Case") == "https://host/Case");
  CHECK(normal("https://host/a#part") == "https://host/a");
  CHECK(normal("https://host/a@b:c/+x") == "https://host/a@b:c/+x");
  CHECK(normal("http://[::1]:8080/a") == "http://[::1]:8080/a");
}

TEST_CASE("Url: what is no plain http, https or file URL is refused", "[model]") {
  for (const char* text : {"",
                           "conda-forge",
                           "://host/a",
                           "ftp://host/a",
                           "s3://bucket/a",
                           "http:/host",
                           "http:host",
                           "https://",
                           "https:///a",
                           "https://host/a?b",
                           "https://host/a b",
                           "https://host/%zz",
                           "https://host/%0",
                           "https://host/%",
                           "https://host/%00",
                           "https://ho st/a",
                           "https://host\\a",
                           "https://host:0/a",
                           "https://host:65536/a",
                           "https://host:8o/a",
                           "https://-/\xff",
                           "https://host..x/a",
                           "https://.host/a",
                           "https://host./a",
                           "https://h\xC3\xA9/a",
                           "https://host/\xC3\xA9",
                           "https://host/a\nb",
                           "https://u@v@host/a",
                           "https://[::1/a",
                           "https://[nothex:]/a",
                           "https://host/t/one/t/two",
                           "file://server/share",
                           "file://",
                           "file://x",
                           "file:///a%2Fb",
                           "file:///a%00",
                           "file:///a\nb"}) {
    INFO(text);
    CHECK(normal(text) == "refused");
  }
  CHECK(normal("https://host/" + std::string(9000, 'a')) == "refused");
}

TEST_CASE("Url: a host that a resolver could take for another address is refused", "[model]") {
  for (const char* text :
       {"http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
        "http://127.0.0.01/", "http://127.0.0.256/", "http://1.2.3.4.5/"})
    CHECK(normal(text) == "refused");
  CHECK(normal("http://127.0.0.1/") == "http://127.0.0.1");
  CHECK(normal("http://4chan.example") == "http://4chan.example");
}

TEST_CASE("Url: loopback is localhost, 127/8 and [::1], and nothing else", "[model]") {
  for (const char* text :
       {"http://localhost:8000/", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]"})
    CHECK(url(text).is_loopback());
  for (const char* text : {"http://localhost.example.com", "http://128.0.0.1", "http://host",
                           "http://127.0.0.1.example.com", "file:///localhost"})
    CHECK_FALSE(url(text).is_loopback());
}

TEST_CASE("Url: user name, password and token never print", "[model]") {
  const Url secret = url("https://user:p%40ss@host:8443/conda/t/tk-123-abc/private/");
  CHECK(secret.has_credentials());
  CHECK(secret.to_string() == "https://host:8443/conda/private");
  CHECK(secret.path() == "/conda/private");
  CHECK(secret.origin() == "https://host:8443");
  CHECK(secret.with_credentials() == "https://user:p%40ss@host:8443/conda/t/tk-123-abc/private");
  CHECK(secret.join("noarch").with_credentials() ==
        "https://user:p%40ss@host:8443/conda/t/tk-123-abc/private/noarch");
  CHECK(url("https://host/t/tk-1").has_credentials());
  CHECK(url("https://host//t/tk-1").with_credentials() == "https://host/t/tk-1");
  CHECK(url("https://host/%74/tk-1/x").to_string() == "https://host/x");
  CHECK(url("https://host/%74/tk-1/x").has_credentials());
}

TEST_CASE("Url: an empty token is none, and a folder 't' of a local path is a folder", "[model]") {
  CHECK_FALSE(url("https://host/t//path").has_credentials());
  CHECK(normal("https://host/t//path") == "https://host/path");
  CHECK(normal("https://host/t") == "https://host/t");
  CHECK(normal("file:///home/t/build/channel") == "file:///home/t/build/channel");
}

TEST_CASE("Url: a file URL and the path that it names", "[model]") {
  CHECK(url("file:///srv/my%20channel/%C3%A9").local_path() == "/srv/my channel/\xC3\xA9");
  CHECK(url("file:///srv/my channel").local_path() == "/srv/my channel");
  CHECK(url("file://localhost/srv") == url("file:///srv/"));
  CHECK(url("file:///a+b") == url("file:///a%2Bb"));
  CHECK(url("file:///a//b") == url("file:///a/b"));
  CHECK(url("file:///").local_path() == "/");
  CHECK(normal("file:///") == "file:///");
  for (const char* path : {"/", "/srv/channel", "/a b/%41/?#[x]", "/\xC3\xA9\xFF/+@", "/a/t/b"})
    CHECK(Url::from_path(path).local_path() == path);
  CHECK(Url::from_path("/a/./b/../c//d/") == url("file:///a/c/d"));
  CHECK(Url::from_path("/srv/a b") == url(Url::from_path("/srv/a b").to_string()));
}

TEST_CASE("Url: resolve follows RFC 3986 with the base as a folder", "[model]") {
  const Url base = url("https://host:8443/conda/linux-64");
  const auto resolved = [&](std::string_view reference) {
    const auto result = base.resolve(reference);
    return result ? result->to_string() : "refused";
  };
  CHECK(resolved("https://cdn.example.com/files/") == "https://cdn.example.com/files");
  CHECK(resolved("//cdn.example.com/x") == "https://cdn.example.com/x");
  CHECK(resolved("/pkgs") == "https://host:8443/pkgs");
  CHECK(resolved("pkgs/") == "https://host:8443/conda/linux-64/pkgs");
  CHECK(resolved("./pkgs") == "https://host:8443/conda/linux-64/pkgs");
  CHECK(resolved("../noarch") == "https://host:8443/conda/noarch");
  CHECK(resolved("../../../../x") == "https://host:8443/x");
  CHECK(resolved("") == "https://host:8443/conda/linux-64");
  CHECK(resolved("a/b:c") == "https://host:8443/conda/linux-64/a/b:c");
  for (const char* reference :
       {"javascript:x", "ftp://x/y", "a?b", "a b", "\\\\host\\x", "//", "%"})
    CHECK(resolved(reference) == "refused");
}

TEST_CASE("Url: resolve keeps credentials at their origin and below their folder only", "[model]") {
  const Url base = url("https://u:p@host/conda/t/tk-1/chan");
  CHECK(base.resolve("pkgs")->with_credentials() == "https://u:p@host/conda/t/tk-1/chan/pkgs");
  CHECK(base.resolve("/other")->with_credentials() == "https://u:p@host/other");
  CHECK_FALSE(base.resolve("https://cdn.example.com/x")->has_credentials());
  CHECK_FALSE(base.resolve("//cdn.example.com/x")->has_credentials());
}

TEST_CASE("Url: is_under goes by whole path parts of one origin", "[model]") {
  const Url base = url("https://host/conda-forge");
  CHECK(url("https://HOST/conda-forge/linux-64/x.conda").is_under(base));
  CHECK(url("https://host/conda-forge").is_under(base));
  CHECK(url("https://host/x").is_under(url("https://host")));
  for (const char* text :
       {"https://host/conda-forge-evil/x", "https://host/conda-forg", "https://host",
        "http://host/conda-forge/x", "https://host:8443/conda-forge/x",
        "https://host.evil/conda-forge/x", "https://host/conda-forge/../x"})
    CHECK_FALSE(url(text).is_under(base));
}

TEST_CASE("percent_encode_segment: file names by CF 1.6", "[model]") {
  CHECK(percent_encode_segment("x264-1!164.3095-h166bdaf_2.tar.bz2") ==
        "x264-1!164.3095-h166bdaf_2.tar.bz2");
  CHECK(percent_encode_segment("a-2.1+sirius6.0.3-0.conda") == "a-2.1%2Bsirius6.0.3-0.conda");
  CHECK(percent_encode_segment("a/../b c") == "a%2F..%2Fb%20c");
}

TEST_CASE("percent_decode: is the inverse of encoding and leaves '+' alone", "[model]") {
  CHECK(percent_decode("1%21164+x%2bY") == "1!164+x+Y");
  for (const char* text : {"%", "%4", "%zz", "a%00b", "%-1"}) CHECK_FALSE(percent_decode(text));
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  CHECK(percent_decode(percent_encode_segment(all)) == all);
}

TEST_CASE("redact_urls: a login in a URL that was written badly is masked too", "[model]") {
  CHECK(redact_urls("channel 'u:secret@h/x': a Windows path") ==
        "channel '***@h/x': a Windows path");
  CHECK(redact_urls("http//u:secret@h/x") == "http//***@h/x");
  CHECK(redact_urls("/tmp/https:/u:secret@h/x") == "/tmp/https:/***@h/x");
  CHECK(redact_urls("mail to a@b.example") == "mail to a@b.example");
}

TEST_CASE("redact_urls: secrets inside any text are masked, the rest stays", "[model]") {
  CHECK(redact_urls("cannot read https://user:secret@host/x: 401") ==
        "cannot read https://***@host/x: 401");
  CHECK(redact_urls("https://host/conda/t/tk-1-2/chan/linux-64") ==
        "https://host/conda/t/***/chan/linux-64");
  CHECK(redact_urls("'https://host/x?token=abc&sig=d%3D&y'") ==
        "'https://host/x?token=***&sig=***&***'");
  CHECK(redact_urls("(http://secret@h/a) and (https://b:c@h/d)") ==
        "(http://***@h/a) and (https://***@h/d)");
  CHECK(redact_urls("https://user:pa/ss@host/x") == "https://***@host/x");
  CHECK(redact_urls("https://user:p@ss@host/x") == "https://***@host/x");
  CHECK(redact_urls("s3://key:secret@bucket/x") == "s3://***@bucket/x");
  CHECK(redact_urls("conda.anaconda.org/t/tk-0123-4567-89ab/me") == "conda.anaconda.org/t/***/me");
  CHECK(redact_urls("https://host/%74/tk-1/x") == "https://host/%74/***/x");
  CHECK(redact_urls("tried https://host/t/tk-1") == "tried https://host/t/***");
}

TEST_CASE("redact_urls: text without secrets is unchanged", "[model]") {
  for (const char* text :
       {"", "no url", "://", "https://", "a://b://c", "https://host:8080/@scope/x",
        "/home/t/build/x", "file:///home/t/build/x@y", "https://[::1]:80/x", "user@host",
        "http://h/x#sha256=abc"})
    CHECK(redact_urls(text) == text);
}

}  // namespace envlock::test
