#include "cli/completions.hpp"

#include <algorithm>
#include <vector>

#include "cli/parser.hpp"
#include "model/platform.hpp"

namespace envlock {
namespace {

/// A shell word: single quotes around, and none inside.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

std::string platforms() {
  std::string out;
  for (const std::string_view subdir : known_subdirs()) {
    if (subdir != "noarch") out.append(out.empty() ? "" : " ").append(subdir);
  }
  return out;
}

/// The words that an option's value can be; empty where there is no such list.
std::string value_words(const Option& option) {
  if (option.kind == ValueKind::platform) return platforms();
  std::string out;
  for (const std::string_view choice : option.choices) {
    out.append(out.empty() ? "" : " ").append(choice);
  }
  return out;
}

std::vector<Option> own_options(const CommandTable& table) {
  std::vector<Option> options;
  for (const OptionGroup& group : table.groups) {
    options.insert(options.end(), group.options.begin(), group.options.end());
  }
  return options;
}

std::vector<Option> all_options(const CommandTable& table) {
  std::vector<Option> options = own_options(table);
  const OptionGroup global = global_options_of(table);
  options.insert(options.end(), global.options.begin(), global.options.end());
  return options;
}

bool takes_files(const CommandTable& table) {
  return std::ranges::any_of(table.positionals, [](const Positional& argument) {
    return argument.kind == ValueKind::file || argument.kind == ValueKind::directory;
  });
}

/// The words that the arguments of a command can be.
std::string argument_words(const CommandTable& table) {
  std::string out;
  for (const Positional& argument : table.positionals) {
    for (const std::string_view choice : argument.choices) {
      out.append(out.empty() ? "" : " ").append(choice);
    }
  }
  return out;
}

/// "solve|lock" for a case, "solve lock" for a list.
std::string names(const CommandTable& table, char between) {
  std::string out(table.name);
  for (const std::string_view alias : table.aliases) (out += between).append(alias);
  return out;
}

std::string bash_options(const CommandTable& table) {
  std::string words = "--help -h";
  for (const Option& option : all_options(table)) {
    words.append(" --").append(option.name);
    if (option.letter != 0) words.append(" -").append(1, option.letter);
  }
  return words;
}

/// What follows an option that takes a value, as cases over the word before the cursor.
std::string bash_values(const CommandTable& table) {
  std::string out;
  for (const Option& option : all_options(table)) {
    if (option.value.empty()) continue;
    std::string spelt = "--" + std::string(option.name);
    if (option.letter != 0) spelt += std::string("|-") + option.letter;
    std::string generate = "return";
    if (option.kind == ValueKind::file) generate = "_envlock_offer -f; return";
    if (option.kind == ValueKind::directory) generate = "_envlock_offer -d; return";
    if (const std::string words = value_words(option); !words.empty()) {
      generate = "_envlock_offer -W " + in_quotes(words) + "; return";
    }
    out += "        " + spelt + ") " + generate + " ;;\n";
  }
  return out;
}

/// Text inside a specification of zsh's _arguments, where brackets and colons have a meaning.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_option(const Option& option) {
  std::string value;
  if (!option.value.empty()) {
    value = ':' + zsh_text(option.value) + ':';
    if (const std::string words = value_words(option); !words.empty()) value += '(' + words + ')';
    if (option.kind == ValueKind::file) value += "_files";
    if (option.kind == ValueKind::directory) value += "_files -/";
  }
  const std::string repeat = option.repeatable ? "*" : "";
  const std::string text = '[' + zsh_text(option.help) + ']' + value;
  const std::string equals = option.value.empty() ? "" : "=";
  std::string out = in_quotes(repeat + "--" + std::string(option.name) + equals + text);
  if (option.letter != 0) out += ' ' + in_quotes(repeat + '-' + option.letter + text);
  return out;
}

std::string fish_option(const Option& option, const std::string& condition) {
  std::string out = "complete -c envlock" + condition + " -l " + std::string(option.name);
  if (option.letter != 0) out += std::string(" -s ") + option.letter;
  if (!option.value.empty()) {
    const bool is_file = option.kind == ValueKind::file || option.kind == ValueKind::directory;
    out += is_file ? " -r -F" : " -x";
    if (const std::string words = value_words(option); !words.empty()) {
      out += " -a " + in_quotes(words);
    }
  }
  return out + " -d " + in_quotes(option.help) + '\n';
}

}  // namespace

std::string bash_completion(std::span<const Command> commands) {
  std::string list;
  std::string command_cases;
  for (const Command& command : commands) {
    const CommandTable& table = command.table;
    list += (list.empty() ? "" : " ") + names(table, ' ');
    command_cases += "    " + names(table, '|') +
                     ")\n      options=" + in_quotes(bash_options(table)) +
                     "\n      files=" + (takes_files(table) ? "-f" : "") +
                     "\n      words=" + in_quotes(argument_words(table)) +
                     "\n      case $prev in\n" + bash_values(table) + "      esac ;;\n";
  }
  std::string command_pattern = list;
  std::ranges::replace(command_pattern, ' ', '|');
  std::string out = R"(# Completion of envlock for bash, made from its option tables.
_envlock_offer() {
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}
_envlock() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local command='' options='' files='' words='' word
  COMPREPLY=()
)";
  if (!list.empty()) {
    out += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n      " +
           command_pattern + ") command=$word; break ;;\n    esac\n  done\n";
  }
  out += "  case $command in\n" + command_cases +
         "    *)\n      options=" + in_quotes(bash_options(program_table())) +
         "\n      case $prev in\n" + bash_values(program_table()) + "      esac ;;\n  esac\n";
  out += R"(  if [[ $cur == -* ]]; then
    _envlock_offer -W "$options"
  elif [[ -z $command ]]; then
    _envlock_offer -W )" +
         in_quotes(list) + R"(
  elif [[ -n $words ]]; then
    _envlock_offer -W "$words"
  elif [[ -n $files ]]; then
    _envlock_offer "$files"
  fi
}
complete -o filenames -F _envlock envlock
)";
  return out;
}

std::string zsh_completion(std::span<const Command> commands) {
  constexpr std::string_view next = " \\\n            ";
  constexpr std::string_view help = "'--help[print the full help]' '-h[print a short help]'";
  std::string out =
      "#compdef envlock\n# Completion of envlock for zsh, made from its option tables.\n"
      "_envlock() {\n  local curcontext=\"$curcontext\" state line\n  local -a commands\n"
      "  commands=(\n";
  for (const Command& command : commands) {
    const std::string summary = zsh_text(command.table.summary);
    out += "    " + in_quotes(std::string(command.table.name) + ':' + summary) + '\n';
  }
  out.append("  )\n  _arguments -C ").append(help);
  for (const Option& option : all_options(program_table())) {
    if (option.name != "help") out.append(next).append(zsh_option(option));
  }
  out.append(next).append("'1: :->command' '*:: :->argument'\n  case $state in\n");
  out +=
      "    command) _describe -t commands 'envlock command' commands ;;\n"
      "    argument)\n      case $words[1] in\n";
  for (const Command& command : commands) {
    out.append("        ").append(names(command.table, '|'));
    out.append(")\n          _arguments ").append(help);
    for (const Option& option : all_options(command.table)) {
      out.append(next).append(zsh_option(option));
    }
    for (const Positional& argument : command.table.positionals) {
      const bool is_file = argument.kind == ValueKind::file;
      std::string action = is_file ? "_files" : "";
      for (const std::string_view choice : argument.choices) {
        action.append(action.empty() ? "(" : " ").append(choice);
      }
      if (!argument.choices.empty()) action += ')';
      const std::string place = argument.repeatable ? "*:" : ":";
      out.append(next) += in_quotes(place + zsh_text(argument.name) + ':' + action);
    }
    out += " ;;\n";
  }
  return out + "      esac ;;\n  esac\n}\n_envlock \"$@\"\n";
}

std::string fish_completion(std::span<const Command> commands) {
  std::string out =
      "# Completion of envlock for fish, made from its option tables.\ncomplete -c envlock -f\n";
  for (const Command& command : commands) {
    out += "complete -c envlock -n __fish_use_subcommand -a " + std::string(command.table.name) +
           " -d " + in_quotes(command.table.summary) + '\n';
  }
  for (const Option& option : all_options(program_table())) {
    out += fish_option(option, " -n __fish_use_subcommand");
  }
  for (const Command& command : commands) {
    const std::string condition =
        " -n '__fish_seen_subcommand_from " + names(command.table, ' ') + '\'';
    for (const Option& option : all_options(command.table)) out += fish_option(option, condition);
    if (const std::string words = argument_words(command.table); !words.empty()) {
      out += "complete -c envlock" + condition + " -a " + in_quotes(words) + '\n';
    }
    if (takes_files(command.table)) out += "complete -c envlock" + condition + " -F\n";
  }
  return out;
}

}  // namespace envlock
