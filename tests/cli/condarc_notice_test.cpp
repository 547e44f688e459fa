#include "cli/condarc_notice.hpp"

#include <catch2/catch.hpp>

#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

using Catch::Contains;
using Keys = std::vector<std::string>;

TEST_CASE("condarc: the keys that choose channels are found at the top level only", "[cli]") {
  CHECK(channel_keys_of_condarc("channels:\n  - a\nchannel_priority: strict\n") ==
        Keys{"channels", "channel_priority"});
  CHECK(channel_keys_of_condarc("channel_alias : https://x") == Keys{"channel_alias"});
  CHECK(channel_keys_of_condarc("# channels: [a]\nother:\n  channels: [a]\n").empty());
  CHECK(channel_keys_of_condarc("channels_of_mine: 1\nchannels\nsolver: libmamba\n").empty());
  CHECK(channel_keys_of_condarc("").empty());
}

TEST_CASE("condarc: where one sets channels, one note says that it is not obeyed", "[cli]") {
  const TempDir dir;
  dir.write("channel/noarch/repodata.json", R"({"packages": {}})");
  const auto talk = [&](std::map<std::string, std::string> env = {}) {
    const Outcome outcome =
        run_envlock({"search", "a", "-c", "./channel", "--platform", "linux-64"},
                    {.cwd = dir.path(), .env = std::move(env)});
    CHECK(outcome.exit == 0);
    return outcome.err;
  };
  CHECK_THAT(talk(), !Contains("condarc"));
  dir.write(".condarc", "channels: [acme]\n");
  CHECK_THAT(talk(), Contains("note: '" + (dir / ".condarc").string() +
                              "' sets 'channels', which envlock does not obey"));
  CHECK_THAT(talk(), Contains("envlock import " + (dir / ".condarc").string()));
  dir.write("mine.yml", "channel_alias: https://conda.acme.example\n");
  const std::string both = talk({{"CONDARC", (dir / "mine.yml").string()}});
  CHECK_THAT(both, Contains("mine.yml' sets 'channel_alias'") && !Contains("/.condarc'"));
  dir.write(".condarc", "auto_activate_base: false\n");
  CHECK_THAT(talk(), !Contains("condarc"));
}

}  // namespace envlock::test
