#include "cli/help.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "cli/completions.hpp"
#include "cli/exit_codes.hpp"
#include "cli/man_page.hpp"
#include "cli/parser.hpp"
#include "tests/cli/run_in_process.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The cells of the README's table of exit codes, as "0: done".
std::vector<std::string> readme_exit_codes() {
  std::vector<std::string> rows;
  bool inside = false;
  for (const std::string& line : lines_of(read_file(ENVLOCK_SOURCE_DIR "/README.md"))) {
    if (line == "| exit | meaning |") inside = true;
    if (line.empty()) inside = false;
    if (!inside || line.find_first_of("0123456789") != 2) continue;
    const std::size_t middle = line.find(" | ");
    rows.push_back(line.substr(2, middle - 2) + ": " +
                   line.substr(middle + 3, line.size() - middle - 5));
  }
  return rows;
}

}  // namespace

TEST_CASE("help: both screens of every command are the stored ones") {
  for (const Command& command : all_commands()) {
    const std::string name(command.table.name);
    const std::string brief = run_cli({name, "-h"}).out;
    const std::string full = run_cli({name, "--help"}).out;
    CHECK(brief == golden("cli/help/" + name + "-brief.txt", brief));
    CHECK(full == golden("cli/help/" + name + ".txt", full));
  }
  const std::string brief = run_cli({"-h"}).out;
  const std::string full = run_cli({"--help"}).out;
  CHECK(brief == golden("cli/help/envlock-brief.txt", brief));
  CHECK(full == golden("cli/help/envlock.txt", full));
}

TEST_CASE("help: -h fits a terminal of 80 by 40, and no line of any help is wider than 80") {
  for (const Command& command : all_commands()) {
    const std::string name(command.table.name);
    INFO(name);
    CHECK(lines_of(brief_help(command.table)).size() <= 40);
    for (const std::string& text : {brief_help(command.table), full_help(command.table)}) {
      for (const std::string& line : lines_of(text)) {
        INFO(line);
        // Examples are pasted, so they are never broken.
        if (line.rfind("      envlock ", 0) != 0) CHECK(line.size() <= 80);
      }
    }
  }
}

TEST_CASE("help: every command has two examples, and each is a command line that parses") {
  const std::vector<Command> commands = all_commands();
  REQUIRE_FALSE(commands.empty());
  for (const Command& command : commands) {
    CHECK(command.table.examples.size() >= 2);
    for (const Example& example : command.table.examples) {
      INFO(example.line);
      // As a shell would split it; quotes are the only thing that examples use.
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      for (const char c : std::string(example.line) + ' ') {
        if (c == '\'') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          if (!word.empty()) words.push_back(std::exchange(word, {}));
        } else {
          word += c;
        }
      }
      REQUIRE(words.size() >= 2);
      CHECK(words.front() == "envlock");
      words.erase(words.begin());
      const CommandLine line = parse_command_line(commands, words);
      REQUIRE(line.command != nullptr);
      CHECK(line.command->table.name == command.table.name);
    }
  }
}

TEST_CASE("help: every option is in the manual and in all completions") {
  const std::vector<Command> commands = all_commands();
  const std::string bash = bash_completion(commands);
  const std::string zsh = zsh_completion(commands);
  const std::string fish = fish_completion(commands);
  for (const Command& command : commands) {
    const std::string man = man_page(command.table);
    std::vector<OptionGroup> groups = command.table.groups;
    groups.push_back(global_options_of(command.table));
    for (const OptionGroup& group : groups) {
      for (const Option& option : group.options) {
        const std::string name(option.name);
        INFO(command.table.name << " --" << name);
        std::string escaped;
        for (const char c : name) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
        CHECK_THAT(man, Catch::Contains("\\fB\\-\\-" + escaped + "\\fR"));
        CHECK_THAT(bash, Catch::Contains(" --" + name));
        CHECK_THAT(zsh, Catch::Contains("--" + name + (option.value.empty() ? "[" : "=[")));
        CHECK_THAT(fish, Catch::Contains("-n '__fish_seen_subcommand_from " +
                                         std::string(command.table.name)) &&
                             Catch::Contains(" -l " + name + ' '));
      }
    }
  }
}

TEST_CASE("help: the README's exit codes are those of the program") {
  std::vector<std::string> expected;
  for (const ExitMeaning& meaning : exit_meanings()) {
    expected.push_back(std::to_string(static_cast<int>(meaning.code)) + ": " +
                       std::string(meaning.text));
  }
  CHECK(readme_exit_codes() == expected);
}

TEST_CASE("completion: bash offers commands, their options and the values that these take") {
  const TempDir dir;
  const auto script = dir.write("envlock", bash_completion(all_commands()));
  const auto offered = [&](const std::string& line, const std::string& words) {
    const std::string call = "source " + script.string() + "; COMP_WORDS=(" + words +
                             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _envlock; "
                             "printf '%s\\n' \"${COMPREPLY[@]}\"";
    const Outcome outcome = run_program("/bin/bash", {"-c", call}, {.cwd = dir.path()});
    INFO(line << outcome.err);
    CHECK(outcome.err.empty());
    return outcome.out;
  };
  CHECK(offered("envlock tre", "envlock tre") == "tree\n");
  CHECK(offered("envlock trust c", "envlock trust c") == "check\n");
  CHECK(offered("envlock tree --dep", "envlock tree --dep") == "--depth\n");
  CHECK(offered("envlock tree --platform osx", "envlock tree --platform osx") ==
        "osx-64\nosx-arm64\n");
  CHECK(offered("envlock export --format ", "envlock export --format ''") ==
        "explicit\nenvironment\nrequirements\nconda-lock\npixi\n");
  CHECK(offered("envlock --color n", "envlock --color n") == "never\n");
}

TEST_CASE("manual: groff reads every page without a word of complaint") {
  const TempDir dir;
  for (const Command& command : all_commands()) {
    const auto page = dir.write("page.1", man_page(command.table));
    const Outcome found = run_program("/bin/sh", {"-c", "command -v groff"}, {.cwd = dir.path()});
    if (found.exit != 0) {
      WARN("SKIPPED: groff is not installed");
      return;
    }
    const Outcome outcome = run_program(
        "/bin/sh", {"-c", "groff -man -Tutf8 -ww page.1 > /dev/null"}, {.cwd = dir.path()});
    INFO(command.table.name);
    CHECK(outcome.exit == 0);
    CHECK(outcome.err.empty());
  }
}

}  // namespace envlock::test
