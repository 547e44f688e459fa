#include "cli/parser.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "cli/usage_errors.hpp"

namespace envlock {
namespace {

/// The options that CLI11 saw, in order. Only one command can be on a line, so one list is enough.
using Seen = std::vector<std::pair<std::string, std::string>>;

/// One callback for each occurrence: CLI11's own lists would take "[a,b]" apart.
void add_option(CLI::App& app, const Option& option, Seen& seen) {
  std::string names = "--" + std::string(option.name);
  if (option.letter != 0) names += std::string(",-") + option.letter;
  const auto record = [&seen, name = std::string(option.name)](const std::string& value) {
    seen.emplace_back(name, value);
  };
  if (option.value.empty()) {
    app.add_flag_callback(names, [record] { record({}); })
        ->disable_flag_override()
        ->trigger_on_parse();
  } else {
    app.add_option_function<std::string>(names, record)->trigger_on_parse();
  }
}

void add_options(CLI::App& app, const std::vector<OptionGroup>& groups, Seen& seen) {
  for (const OptionGroup& group : groups) {
    for (const Option& option : group.options) add_option(app, option, seen);
  }
}

/// CLI11's message for a missing or superfluous value starts with the option's name.
[[noreturn]] void throw_value_error(const CommandTable& table, const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::size_t start = text.find_first_not_of('-');
  const std::size_t end = text.find_first_of(": ", start);
  const std::string name = start == std::string::npos ? text : text.substr(start, end - start);
  if (const Option* option = table.find_option(name)) throw wrong_value_count(*option);
  throw UsageError(text);
}

void check_option(const Option& option, const ParsedArgs& args) {
  const std::vector<std::string>& given = args.values(option.name);
  if (!option.repeatable && !option.value.empty() && given.size() > 1) {
    throw UsageError("'--" + std::string(option.name) + "' is given twice", "it takes one value");
  }
  if (option.choices.empty()) return;
  for (const std::string& value : given) {
    if (std::ranges::find(option.choices, value) == option.choices.end()) {
      throw wrong_choice(option, value);
    }
  }
}

void check(const CommandTable& table, const ParsedArgs& args) {
  for (const OptionGroup& group : table.groups) {
    for (const Option& option : group.options) check_option(option, args);
  }
  for (const Option& option : global_options_of(table).options) check_option(option, args);

  const std::vector<Positional>& wanted = table.positionals;
  const std::size_t given = args.positionals().size();
  if (given > wanted.size() && (wanted.empty() || !wanted.back().repeatable)) {
    throw unexpected_argument(table, args.positionals()[wanted.size()]);
  }
  if (given < wanted.size() && wanted[given].required) throw missing_argument(table, wanted[given]);
  for (std::size_t i = 0; i < std::min(given, wanted.size()); ++i) {
    const std::vector<std::string_view>& choices = wanted[i].choices;
    const std::string& value = args.positionals()[i];
    if (!choices.empty() && std::ranges::find(choices, value) == choices.end()) {
      throw wrong_choice(wanted[i], value);
    }
  }
}

const Command* find_command(std::span<const Command> commands, std::string_view name) {
  const auto found = std::ranges::find_if(commands, [&](const Command& command) {
    return command.table.name == name ||
           std::ranges::find(command.table.aliases, name) != command.table.aliases.end();
  });
  return found == commands.end() ? nullptr : &*found;
}

/// `envlock help [COMMAND]`: what everybody types first.
CommandLine parse_help(std::span<const Command> commands, std::span<const std::string> words) {
  const Command* command = nullptr;
  if (!words.empty()) {
    command = find_command(commands, words.front());
    if (command == nullptr) throw unknown_command(commands, words.front());
  }
  CommandLine line{.command = command,
                   .args = ParsedArgs(command == nullptr ? program_table() : command->table)};
  line.help = HelpWanted::full;
  return line;
}

/// The first word names the command; CLI11 would take any later one. Words that a global option
/// takes are its values.
void require_command_first(std::span<const Command> commands, std::span<const std::string> args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word.size() < 2 || word.front() != '-') {
      if (find_command(commands, word) == nullptr) throw unknown_command(commands, word);
      return;
    }
    if (word == "--" || !word.starts_with("--") || word.find('=') != std::string::npos) return;
    const Option* option = program_table().find_option(word.substr(2));
    if (option == nullptr) return;  // the parser's own error is better
    if (!option->value.empty()) ++i;
  }
}

/// Where arguments are another program's, they stand behind "--" alone.
void require_mark(std::span<const Command> commands, std::span<const std::string> args) {
  if (std::ranges::find(args, "--") != args.end()) return;
  const Command* command = nullptr;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word.size() > 1 && word.front() == '-') {
      if (command == nullptr) continue;
      const bool is_long = word.starts_with("--");
      for (const OptionGroup& group : command->table.groups) {
        for (const Option& option : group.options) {
          const bool is_it = is_long ? word.substr(2) == option.name
                                     : word.size() == 2 && word[1] == option.letter;
          if (is_it && !option.value.empty()) ++i;
        }
      }
    } else if (command == nullptr) {
      command = find_command(commands, word);
      if (command == nullptr || !command->table.takes_a_command) return;
    } else {
      throw UsageError("'" + word + "' stands without '--' before it",
                       "write: envlock " + std::string(command->table.name) + " ... -- " + word);
    }
  }
}

}  // namespace

CommandLine parse_command_line(std::span<const Command> commands,
                               std::span<const std::string> args) {
  if (!args.empty() && args.front() == "help") return parse_help(commands, args.subspan(1));
  require_command_first(commands, args);
  require_mark(commands, args);
  Seen seen;
  bool brief_help = false;
  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  root.require_subcommand(0, 1);
  root.add_flag_callback("-h", [&] { brief_help = true; });
  add_options(root, program_table().groups, seen);
  add_options(root, {global_options()}, seen);
  std::vector<std::pair<CLI::App*, const Command*>> apps;
  for (const Command& command : commands) {
    CLI::App* app = root.add_subcommand(std::string(command.table.name));
    for (const std::string_view alias : command.table.aliases) app->alias(std::string(alias));
    app->set_help_flag();
    app->fallthrough();  // the global options are the root's
    app->allow_extras();
    add_options(*app, command.table.groups, seen);
    apps.emplace_back(app, &command);
  }

  const auto chosen = [&]() -> const Command* {
    const auto found =
        std::ranges::find_if(apps, [](const auto& it) { return it.first->parsed(); });
    return found == apps.end() ? nullptr : found->second;
  };
  const auto table = [&]() -> const CommandTable& {
    const Command* const command = chosen();
    return command == nullptr ? program_table() : command->table;
  };
  // Behind "--" everything is an argument. CLI11 would hand it to the parent of a subcommand.
  const auto mark = std::ranges::find(args, "--");
  const std::span<const std::string> options(args.begin(), mark);
  try {
    root.parse(
        std::vector<std::string>(options.rbegin(), options.rend()));  // the order CLI11 wants
  } catch (const CLI::ParseError& error) {
    throw_value_error(table(), error);
  }

  CommandLine line{.command = chosen(), .args = ParsedArgs(table())};
  // CLI11 knows options only: what it leaves is an argument, or an option that nobody knows.
  for (std::string& word : root.remaining(true)) {
    if (word.size() > 1 && word.front() == '-') throw unknown_option(commands, table(), word);
    if (line.command == nullptr) throw unknown_command(commands, word);
    line.args.add_positional(std::move(word));
  }
  for (auto it = mark; it != args.end(); ++it) {
    if (it != mark) line.args.add_positional(*it);
  }
  for (auto& [name, value] : seen) {
    if (name == "help") {
      line.help = HelpWanted::full;
    } else if (name == "version") {
      line.version = true;
    } else {
      line.args.add_option(name, std::move(value));
    }
  }
  if (brief_help && line.help == HelpWanted::none) line.help = HelpWanted::brief;
  if (line.help == HelpWanted::none && !line.version) check(table(), line.args);
  return line;
}

bool asks_for_json(std::span<const std::string> args) noexcept {
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (args[i] == "--json" || args[i] == "--format=json") return true;
    if (args[i] == "--format" && i + 1 < args.size() && args[i + 1] == "json") return true;
  }
  return false;
}

}  // namespace envlock
