#include "cli/run.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/json_output.hpp"
#include "model/error.hpp"
#include "tests/cli/run_in_process.hpp"

namespace envlock::test {
namespace {

using nlohmann::json;

/// A command that does what its argument says.
ExitCode act(const ParsedArgs& args, Context& context) {
  const std::string what = args.positional(0, "nothing");
  if (what == "list") {
    for (const std::string& word : args.positionals()) context.console.out(word);
    return ExitCode::ok;
  }
  if (what == "input") throw InputError(SourcePlace{"environment.yml", 3, 0}, "no", "do so");
  if (what == "secret") {
    throw NetworkError("cannot read 'https://me:hunter2@example.org/t/tk-123/x'");
  }
  if (what == "escape") throw InputError("bad name '\x1b[2J\nenvlock: error: forged'");
  if (what == "memory") throw std::bad_alloc();
  if (what == "library") throw std::runtime_error("vector::_M_range_check");
  if (what == "number") throw 42;
  if (what == "folder") {
    throw std::filesystem::filesystem_error("remove", "/some/where",
                                            std::make_error_code(std::errc::permission_denied));
  }
  if (what == "typo") return args.has("platfrom") ? ExitCode::ok : ExitCode::findings;
  if (what == "half") {
    context.console.out("half a result");
    throw IoError("the disk is full");
  }
  if (what == "stop" && context.stop.stop_requested()) throw Interrupted();
  if (what == "findings") return ExitCode::findings;
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& out) {
      out.key("platforms").begin_array();
      for (const std::string& value : args.values("platform")) out.value(value);
      out.end_array();
    });
  }
  for (const std::string& value : args.values("platform")) context.console.out(value);
  context.console.note("a note", "a hint");
  context.console.detail("a detail");
  return ExitCode::ok;
}

std::vector<Command> commands() {
  return {
      {{.name = "act",
        .aliases = {"do"},
        .summary = "act",
        .positionals = {{.name = "WHAT", .help = "what to do"}},
        .groups =
            {{.title = "Options",
              .options = {{.name = "platform", .value = "P", .help = "where", .repeatable = true},
                          {.name = "output", .letter = 'o', .value = "FILE"}}}}},
       act},
      {{.name = "need",
        .summary = "need a name",
        .positionals = {{.name = "NAME", .help = "a name", .required = true}}},
       [](const ParsedArgs&, Context&) { return ExitCode::ok; }}};
}

InProcess run_act(std::vector<std::string> args, const Outside& outside = {}) {
  args.insert(args.begin(), "act");
  return run_cli(args, outside, commands());
}

json error_of(const InProcess& run) {
  const json document = json::parse(run.out);
  CHECK(document.at("schema") == 1);
  CHECK(document.at("ok") == false);
  CHECK(document.at("exit_code") == run.exit);
  return document.at("error");
}

}  // namespace

TEST_CASE("run: an error is one line with its hint below, and its exit code") {
  const InProcess run = run_act({"input"});
  CHECK(run.exit == 3);
  CHECK(run.out.empty());
  CHECK(run.err == "envlock: error: environment.yml:3: no\n  hint: do so\n");
}

TEST_CASE("run: with --json an error is a document on standard output and nothing else") {
  const InProcess run = run_act({"input", "--json"});
  CHECK(run.exit == 3);
  CHECK(run.err.empty());
  const json error = error_of(run);
  CHECK(error.at("kind") == "invalid-input");
  CHECK(error.at("message") == "environment.yml:3: no");
  CHECK(error.at("hint") == "do so");
  CHECK(error.at("details") == json{{"file", "environment.yml"}, {"line", "3"}});
  CHECK(json::parse(run.out).at("command") == "act");
}

TEST_CASE("run: credentials in a URL reach neither the terminal nor the JSON") {
  for (const bool as_json : {false, true}) {
    const InProcess run = run_act(as_json ? std::vector<std::string>{"secret", "--json"}
                                          : std::vector<std::string>{"secret"});
    CHECK(run.exit == 5);
    for (const char* secret : {"hunter2", "tk-123"}) {
      CHECK_THAT(run.out + run.err, !Catch::Contains(secret));
    }
    CHECK_THAT(run.out + run.err, Catch::Contains("example.org"));
  }
}

TEST_CASE("run: outside text can neither move the cursor nor forge a line") {
  const InProcess run = run_act({"escape"});
  // A line break stays one, for hints of several lines, but what follows is indented.
  CHECK(run.err == "envlock: error: bad name '\\x1b[2J\n  envlock: error: forged'\n");
}

TEST_CASE("run: what no room of ours throws is a defect, and the library's text no message") {
  for (const char* what : {"library", "number"}) {
    const InProcess run = run_act({what});
    CHECK(run.exit == 70);
    CHECK_THAT(run.err, Catch::Contains("an unexpected failure inside envlock"));
    CHECK_THAT(run.err, !Catch::Contains("_M_range_check"));
  }
  const json error = error_of(run_act({"library", "--json"}));
  CHECK(error.at("kind") == "internal");
  CHECK(error.at("details").at("what") == "vector::_M_range_check");
}

TEST_CASE("run: no memory left is exit 70 and says so") {
  const InProcess run = run_act({"memory"});
  CHECK(run.exit == 70);
  CHECK(run.err == "envlock: error: out of memory\n");
}

TEST_CASE("run: a failure of the file system is exit 7 with the path") {
  const InProcess run = run_act({"folder"});
  CHECK(run.exit == 7);
  CHECK(run.err == "envlock: error: cannot work on '/some/where': Permission denied\n");
}

TEST_CASE("run: an option that the table lacks is a defect, not 'not given'") {
  const InProcess run = run_act({"typo"});
  CHECK(run.exit == 70);
  CHECK_THAT(run.err, Catch::Contains("'platfrom'"));
}

TEST_CASE("run: half a result is not printed where an error follows") {
  const InProcess run = run_act({"half"});
  CHECK(run.exit == 7);
  CHECK(run.out.empty());
}

TEST_CASE("run: a stop request ends as 130") {
  std::stop_source stop;
  stop.request_stop();
  const InProcess run = run_act({"stop"}, {.stop = stop.get_token()});
  CHECK(run.exit == 130);
  CHECK(run.err == "envlock: error: interrupted\n");
}

TEST_CASE("run: findings are exit 1 and no error") {
  const InProcess run = run_act({"findings"});
  CHECK(run.exit == 1);
  CHECK(run.err.empty());
}

TEST_CASE("run: a result with --json has the envelope of schema 1") {
  const InProcess run = run_act({"--json", "--platform", "linux-64", "--platform=[a,b]"});
  CHECK(run.exit == 0);
  const json platforms = json::array({"linux-64", "[a,b]"});
  CHECK(json::parse(run.out) == json{{"schema", 1},
                                     {"command", "act"},
                                     {"ok", true},
                                     {"exit_code", 0},
                                     {"result", {{"platforms", platforms}}}});
}

TEST_CASE("run: --format json is --json, and --json beside another format is exit 2") {
  CHECK(run_act({"--format", "json"}).out == run_act({"--json"}).out);
  const InProcess both = run_act({"--json", "--format", "text"});
  CHECK(both.exit == 2);
  CHECK(error_of(both).at("message") == "'--json' and '--format text' contradict each other");
  CHECK(run_act({"--format", "sarif"}).exit == 2);
}

TEST_CASE("run: notes go to standard error; -q drops them and -v adds details") {
  CHECK(run_act({}).err == "envlock: note: a note\n  hint: a hint\n");
  CHECK(run_act({"-q"}).err.empty());
  CHECK_THAT(run_act({"-v"}).err, Catch::EndsWith("envlock: detail: a detail\n"));
  CHECK(run_act({"-q", "-v"}).exit == 2);
}

TEST_CASE("run: colour is for terminals, and NO_COLOR, TERM and --color have their say") {
  const std::string coloured = "\x1b[1mnote\x1b[0m";
  const auto shows = [&](const Outside& outside, std::vector<std::string> args) {
    return run_act(std::move(args), outside).err.find(coloured) != std::string::npos;
  };
  const Outside terminal{.err_is_tty = true, .environment = {{"TERM", "xterm"}}};
  const Outside refused{.err_is_tty = true, .environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}}};
  const Outside empty{.err_is_tty = true, .environment = {{"TERM", "xterm"}, {"NO_COLOR", ""}}};
  CHECK(shows(terminal, {}));
  CHECK(shows(empty, {}));
  CHECK_FALSE(shows(refused, {}));
  CHECK_FALSE(shows({}, {}));
  CHECK_FALSE(shows({.err_is_tty = true, .environment = {{"TERM", "dumb"}}}, {}));
  CHECK(shows(refused, {"--color", "always"}));
  CHECK_FALSE(shows(terminal, {"--color=never"}));
}

TEST_CASE("run: wrong command lines are exit 2 and name what was meant") {
  struct Case {
    std::vector<std::string> args;
    std::string message, hint;
  };
  const std::vector<Case> cases{
      {{"acct"}, "there is no command 'acct'", "did you mean 'envlock act'?"},
      {{}, "no command is given", "'envlock -h' lists the commands"},
      {{"act", "--plattform", "x"},
       "'envlock act' has no option '--plattform'",
       "did you mean '--platform'?"},
      {{"need", "x", "--output=y"},
       "'envlock need' has no option '--output'",
       "it is an option of 'envlock act'"},
      {{"act", "-x"}, "'envlock act' has no option '-x'", "'envlock act --help' lists the options"},
      {{"act", "a", "b"},
       "unexpected argument 'b'",
       "'envlock act' takes WHAT; see 'envlock act --help'"},
      {{"need"}, "'envlock need' needs NAME", "see 'envlock need --help'"},
      {{"act", "--output"},
       "'--output' needs a value: FILE",
       "a value that starts with a dash is written '--output=-VALUE'"},
      {{"act", "-o", "a", "-o", "b"}, "'--output' is given twice", "it takes one value"},
      {{"act", "--offline=yes"}, "'--offline' takes no value", ""},
      {{"act", "--color", "alway"},
       "'--color' takes 'auto', 'always' or 'never', not 'alway'",
       "did you mean 'always'?"},
      {{"act", "--threads", "0"}, "'--threads' takes a number from 1 to 256, not '0'", ""},
      {{"act", "--now", "soon"},
       "'--now' is no time: 'soon'",
       "write '2026-01-31T12:00:00Z', '2026-01-31' or seconds since 1970"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.message);
    const InProcess text = run_cli(wrong.args, {}, commands());
    CHECK(text.exit == 2);
    CHECK(text.out.empty());
    const std::string hint = wrong.hint.empty() ? "" : "  hint: " + wrong.hint + '\n';
    CHECK(text.err == "envlock: error: " + wrong.message + '\n' + hint);

    std::vector<std::string> args = wrong.args;
    args.insert(args.begin(), "--json");
    const InProcess as_json = run_cli(args, {}, commands());
    CHECK(as_json.exit == 2);
    CHECK(error_of(as_json).at("message") == wrong.message);
    CHECK(error_of(as_json).at("kind") == "usage");
  }
}

TEST_CASE("run: options may stand before and after the command, arguments may look like anything") {
  CHECK(run_cli({"--platform", "x", "act"}, {}, commands()).exit == 2);  // not a global option
  CHECK(run_cli({"-q", "act", "--platform", "x"}, {}, commands()).out == "x\n");
  CHECK(run_cli({"do", "-q", "--platform", "x"}, {}, commands()).out == "x\n");
  const std::vector<Command> lists{
      {{.name = "list",
        .positionals = {{.name = "FIRST", .required = true}, {.name = "REST", .repeatable = true}}},
       act}};
  const std::vector<std::string> words{"list", "list", "-q", "[a,b]", "", "x=y", "--", "-q", "--"};
  CHECK(run_cli(words, {}, lists).out == "list\n[a,b]\n\nx=y\n-q\n--\n");
  CHECK(run_cli({"act", "act"}, {}, commands()).exit == 0);
  CHECK(run_cli({"need", "act"}, {}, commands()).exit == 0);
  CHECK(run_cli({"act", "--", "--platform"}, {}, commands()).exit == 0);
  CHECK(run_cli({"act", "--", "findings"}, {}, commands()).exit == 1);
}

}  // namespace envlock::test
