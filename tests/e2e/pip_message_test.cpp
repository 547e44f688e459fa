// What is said of `pip:` lists: labels, reasons, refusals.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/pip_work.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("pip: why names the reasons that hold, however the project is spelt", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  TestWheel tool = wheel("My_Tool", "2.0",
                         {"helper>=1; extra == 'fast'", "helper>=9; sys_platform == 'win32'",
                          "numpy>=1; extra == 'never'"});
  tool.extras = {"fast", "never"};
  env.index.add(tool).add(wheel("helper", "1.5"));
  env.work.write("more/dev.txt", "My.Tool[fast] >=1\n");
  env.ask({"-r more/dev.txt"});
  env.solve();
  const Outcome outcome = env.run({"why", "my_tool"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out,
             Contains("my-tool 2.0 (127.0.0.1:") && Contains("(more/dev.txt: My.Tool[fast] >=1)"));
  const Json helper = env.work.json({"why", "Helper"})["result"];
  REQUIRE(helper["needed_by"].size() == 1);
  CHECK(helper["needed_by"][0]["spec"] == "helper>=1; extra == 'fast'");
  CHECK(env.work.json({"why", "numpy"})["result"]["needed_by"].empty());
}

}  // namespace envlock::test
