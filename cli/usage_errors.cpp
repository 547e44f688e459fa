#include "cli/usage_errors.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "model/text.hpp"

namespace envlock {
namespace {

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

std::vector<std::string_view> option_names(const CommandTable& table) {
  std::vector<std::string_view> names;
  for (const OptionGroup& group : table.groups) {
    for (const Option& option : group.options) names.push_back(option.name);
  }
  for (const Option& option : global_options_of(table).options) names.push_back(option.name);
  names.emplace_back("help");
  return names;
}

/// Other commands that have the option, for those who are on the wrong one.
std::string commands_with(std::span<const Command> commands, std::string_view option) {
  std::string list;
  for (const Command& command : commands) {
    if (command.table.find_option(option) == nullptr) continue;
    list += (list.empty() ? "" : ", ") + in_quotes("envlock " + std::string(command.table.name));
  }
  return list;
}

std::string program(const CommandTable& table) {
  return table.name.empty() ? "envlock" : "envlock " + std::string(table.name);
}

std::string one_of(const std::vector<std::string_view>& choices) {
  std::string list;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) list += i + 1 == choices.size() ? " or " : ", ";
    list += in_quotes(choices[i]);
  }
  return list;
}

UsageError wrong_choice(const std::string& what, const std::vector<std::string_view>& choices,
                        const std::string& value) {
  const std::optional<std::string> near = nearest_word(value, choices);
  return UsageError(what + " takes " + one_of(choices) + ", not " + in_quotes(value),
                    near ? "did you mean " + in_quotes(*near) + "?" : "");
}

}  // namespace

std::string help_command(const CommandTable& table) { return program(table) + " --help"; }

UsageError unknown_command(std::span<const Command> commands, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command& command : commands) {
    names.push_back(command.table.name);
    names.insert(names.end(), command.table.aliases.begin(), command.table.aliases.end());
  }
  const std::optional<std::string> near = nearest_word(word, names);
  return UsageError("there is no command " + in_quotes(word),
                    near ? "did you mean " + in_quotes("envlock " + *near) + "?"
                         : "'envlock --help' lists the commands");
}

UsageError unknown_option(std::span<const Command> commands, const CommandTable& table,
                          const std::string& word) {
  const std::string shown = word.substr(0, word.find('='));
  const std::string name = shown.substr(std::min(shown.find_first_not_of('-'), shown.size()));
  const std::string message = in_quotes(program(table)) + " has no option " + in_quotes(shown);
  const std::vector<std::string_view> names = option_names(table);
  if (const std::string others = commands_with(commands, name); !others.empty()) {
    return UsageError(message, "it is an option of " + others);
  }
  // One letter is near to every other one, so there is nothing to guess from.
  const std::optional<std::string> near =
      name.size() > 1 ? nearest_word(name, names) : std::nullopt;
  return UsageError(message, near ? "did you mean " + in_quotes("--" + *near) + "?"
                                  : in_quotes(help_command(table)) + " lists the options");
}

UsageError unexpected_argument(const CommandTable& table, const std::string& word) {
  std::string hint = in_quotes(program(table)) + " takes ";
  if (table.positionals.empty()) hint += "no arguments";
  for (std::size_t i = 0; i < table.positionals.size(); ++i) {
    hint += (i > 0 ? " and " : "") + std::string(table.positionals[i].name);
  }
  return UsageError("unexpected argument " + in_quotes(word),
                    hint + "; see " + in_quotes(help_command(table)));
}

UsageError missing_argument(const CommandTable& table, const Positional& argument) {
  const std::string hint = table.examples.empty()
                               ? "see " + in_quotes(help_command(table))
                               : "for example: " + std::string(table.examples.front().line);
  return UsageError(in_quotes(program(table)) + " needs " + std::string(argument.name), hint);
}

UsageError wrong_value_count(const Option& option) {
  const std::string name = "'--" + std::string(option.name) + "'";
  if (option.value.empty()) return UsageError(name + " takes no value");
  return UsageError(
      name + " needs a value: " + std::string(option.value),
      "a value that starts with a dash is written '--" + std::string(option.name) + "=-VALUE'");
}

UsageError wrong_choice(const Option& option, const std::string& value) {
  return wrong_choice("'--" + std::string(option.name) + '\'', option.choices, value);
}

UsageError wrong_choice(const Positional& argument, const std::string& value) {
  return wrong_choice(std::string(argument.name), argument.choices, value);
}

}  // namespace envlock
