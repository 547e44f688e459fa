#include "model/channel.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

ChannelNames names() {
  ChannelNames names;
  names.base_dir = "/work/project";
  return names;
}

Channel one(std::string_view text, const ChannelNames& with = names()) {
  const auto channels = parse_channel(text, with);
  REQUIRE(channels.size() == 1);
  return channels.front();
}

/// "message | hint" of the refusal.
std::string refusal(std::string_view text) {
  try {
    parse_channel(text, names());
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

using Subdirs = std::vector<std::string>;

}  // namespace

TEST_CASE("parse_channel: names are looked up below the alias", "[model]") {
  const Channel channel = one("conda-forge");
  CHECK(channel.name == "conda-forge");
  CHECK(channel.url.to_string() == "https://conda.anaconda.org/conda-forge");
  CHECK(channel.subdirs.empty());
  CHECK(one("conda-forge/label/rc").url.to_string() ==
        "https://conda.anaconda.org/conda-forge/label/rc");
  CHECK(one("conda-forge/label/rc").name == "conda-forge/label/rc");
}

TEST_CASE("parse_channel: defaults and its members are Anaconda's repository", "[model]") {
  const auto defaults = parse_channel("defaults", names());
  REQUIRE(defaults.size() == 2);
  CHECK(defaults[0].url.to_string() == "https://repo.anaconda.com/pkgs/main");
  CHECK(defaults[1].url.to_string() == "https://repo.anaconda.com/pkgs/r");
  CHECK(defaults[0].name == "pkgs/main");
  CHECK(one("pkgs/main") == defaults[0]);
  CHECK(one("pkgs/msys2").url.to_string() == "https://repo.anaconda.com/pkgs/msys2");
}

TEST_CASE("parse_channel: names of envlock.yml come first, with their labels below", "[model]") {
  ChannelNames with = names();
  with.named.emplace("acme", *Url::parse("https://repo.acme.example/conda/acme"));
  with.named.emplace("defaults", *Url::parse("https://repo.acme.example/main"));
  with.named.emplace("pkgs/main", *Url::parse("https://repo.acme.example/main"));
  CHECK(one("acme", with).url.to_string() == "https://repo.acme.example/conda/acme");
  CHECK(one("acme/label/dev", with).url.to_string() ==
        "https://repo.acme.example/conda/acme/label/dev");
  CHECK(one("acme/label/dev", with).name == "acme/label/dev");
  CHECK(one("defaults", with).url.to_string() == "https://repo.acme.example/main");
  CHECK(one("pkgs/main", with).url.to_string() == "https://repo.acme.example/main");
  CHECK(one("acme2", with).url.to_string() == "https://conda.anaconda.org/acme2");
}

TEST_CASE("parse_channel: all spellings of one place are one channel", "[model]") {
  const Url expected = one("conda-forge").url;
  for (const char* text :
       {"https://conda.anaconda.org/conda-forge", "https://conda.anaconda.org/conda-forge/",
        "HTTPS://CONDA.anaconda.org:443/conda-forge", "https://conda.anaconda.org/conda%2Dforge",
        "conda-forge/", " conda-forge "})
    CHECK(one(text).url == expected);
  CHECK(one("https://conda.anaconda.org/conda-forge/").name == "conda-forge");
}

TEST_CASE("parse_channel: local channels by path and file URL", "[model]") {
  CHECK(one("/srv/channel").url.to_string() == "file:///srv/channel");
  CHECK(one("./channel").url.to_string() == "file:///work/project/channel");
  CHECK(one("../channel").url.to_string() == "file:///work/channel");
  CHECK(one("file:///srv/my%20channel").url == one("/srv/my channel").url);
  CHECK(one("/srv/my channel").name == "my channel");
  CHECK(one("../channel").name == "channel");
  CHECK(one("channel").url.to_string() == "https://conda.anaconda.org/channel");
  CHECK(one("/home/t/build/channel").url.to_string() == "file:///home/t/build/channel");
}

TEST_CASE("parse_channel: a trailing known subdir or a bracket restricts", "[model]") {
  CHECK(one("conda-forge/linux-64").subdirs == Subdirs{"linux-64"});
  CHECK(one("conda-forge/linux-64").url == one("conda-forge").url);
  CHECK(one("conda-forge/linux-64").name == "conda-forge");
  CHECK(one("https://host/chan/noarch/").subdirs == Subdirs{"noarch"});
  CHECK(one("/srv/chan/osx-arm64").url.to_string() == "file:///srv/chan");
  CHECK(one("conda-forge[noarch,linux-64]").subdirs == Subdirs{"linux-64", "noarch"});
  CHECK(one("https://host/chan[linux-64|linux-64]").subdirs == Subdirs{"linux-64"});
  CHECK(one("https://host/chan[linux-64]").url.to_string() == "https://host/chan");
  CHECK(one("conda-forge[haiku-m68k]").subdirs == Subdirs{"haiku-m68k"});
}

TEST_CASE("parse_channel: a subdir elsewhere in the path is a folder's name", "[model]") {
  CHECK(one("/srv/linux-64/mirror").url.to_string() == "file:///srv/linux-64/mirror");
  CHECK(one("/srv/linux-64/mirror").subdirs.empty());
  CHECK(one("conda-forge/linux-64/label/dev").subdirs.empty());
  CHECK(one("linux-64").url.to_string() == "https://conda.anaconda.org/linux-64");
}

TEST_CASE("parse_channel: credentials are refused and never printed", "[model]") {
  for (const char* text :
       {"https://user:hunter2secret@host/chan", "https://hunter2secret@host/chan",
        "https://host/t/hunter2secret/chan", "https://host/x/%74/hunter2secret/chan",
        "t/tk-hunter2secret/chan", "https://host/chan?token=hunter2secret",
        "https://user:hunter2/secret@host/chan", "ftp://user:hunter2secret@host/chan"}) {
    const std::string why = refusal(text);
    INFO(why);
    CHECK(why != "accepted");
    CHECK_THAT(why, !Catch::Contains("hunter2"));
  }
  CHECK_THAT(refusal("https://user:secret@host/chan"), Catch::Contains("write the URL without it"));
}

TEST_CASE("parse_channel: what other tools expand or make up is refused with a hint", "[model]") {
  CHECK_THAT(refusal("https://host/t/${TOKEN}/chan"), Catch::Contains("not expanded"));
  CHECK_THAT(refusal("$HOME/chan"), Catch::Contains("not expanded"));
  CHECK_THAT(refusal("~/chan"), Catch::Contains("home folders"));
  CHECK_THAT(refusal("local"), Catch::Contains("conda-build"));
  CHECK_THAT(refusal("<unknown>"), Catch::Contains("unknown origin"));
  CHECK_THAT(refusal("nodefaults"), Catch::Contains("leave it out"));
  CHECK_THAT(refusal("C:\\chan"), Catch::Contains("Windows"));
  CHECK_THAT(refusal("C:/chan"), Catch::Contains("Windows"));
  CHECK_THAT(refusal("\\\\server\\share"), Catch::Contains("Windows"));
  CHECK_THAT(refusal("s3://bucket/chan"), Catch::Contains("'s3'"));
  CHECK_THAT(refusal("conda-forge[linux-46x,]"), Catch::Contains("not a platform"));
  CHECK_THAT(refusal("conda-forge[Linux-64]"), Catch::Contains("did you mean 'linux-64'"));
  CHECK_THAT(refusal("conda-forge/linux-64[noarch]"), Catch::Contains("twice"));
}

TEST_CASE("parse_channel: empty and odd text is refused", "[model]") {
  for (const char* text : {"",
                           "  ",
                           "conda forge",
                           "a//b",
                           "a/../b",
                           ".hidden",
                           "-c",
                           "[linux-64]",
                           "https://",
                           "file:///",
                           "/",
                           "/..",
                           "file:///#x",
                           "https://host/x#y",
                           "a:b",
                           "x\xC3\xA9",
                           "https://ho st/x",
                           "/a\nb",
                           "a?b",
                           "name#x",
                           "chan[",
                           "chan]"}) {
    INFO(text);
    CHECK(refusal(text) != "accepted");
  }
  CHECK(refusal(std::string(3000, 'a')) != "accepted");
}

TEST_CASE("package_url: the file name is encoded below the subdir", "[model]") {
  CHECK(package_url(*Url::parse("https://host/chan/linux-64"), "a-1!2+x-0.conda").to_string() ==
        "https://host/chan/linux-64/a-1!2%2Bx-0.conda");
  CHECK(package_url(*Url::parse("https://host/chan/linux-64"), "../evil.conda").to_string() ==
        "https://host/chan/linux-64/..%2Fevil.conda");
}

}  // namespace envlock::test
