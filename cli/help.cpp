#include "cli/help.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/exit_codes.hpp"
#include "cli/parser.hpp"

namespace envlock {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t max_left = 30;  ///< Wider left parts get a line of their own.

/// `text` broken at spaces, every line after the first indented. `column` is where it starts.
void append_wrapped(std::string& out, std::string_view text, std::size_t column) {
  std::size_t at = column;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (at > column && at + 1 + word.size() > width) {
      out.append("\n").append(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  out += '\n';
}

void append_paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    out += '\n';
    append_wrapped(out, text.substr(0, end), 0);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
  }
}

using Rows = std::vector<std::pair<std::string, std::string>>;

/// Two columns below a title: what is typed, and what it does.
void append_rows(std::string& out, std::string_view title, const Rows& rows) {
  if (rows.empty()) return;
  std::size_t left = 0;
  for (const auto& [syntax, text] : rows) {
    if (syntax.size() <= max_left) left = std::max(left, syntax.size());
  }
  const std::size_t column = 2 + left + 2;
  out.append("\n").append(title).append(":\n");
  for (const auto& [syntax, text] : rows) {
    out.append("  ").append(syntax);
    if (syntax.size() > left) {
      out.append("\n").append(column, ' ');
    } else {
      out.append(column - 2 - syntax.size(), ' ');
    }
    append_wrapped(out, text, column);
  }
}

Rows option_rows(const OptionGroup& group, bool full) {
  Rows rows;
  for (const Option& option : group.options) {
    rows.emplace_back(option_syntax(option), full ? option_text(option) : std::string(option.help));
  }
  return rows;
}

Rows positional_rows(const CommandTable& table) {
  Rows rows;
  for (const Positional& argument : table.positionals) {
    std::string text(argument.help);
    for (const std::string_view choice : argument.choices) {
      text.append(choice == argument.choices.front() ? ": " : ", ").append(choice);
    }
    rows.emplace_back(std::string(argument.name), std::move(text));
  }
  return rows;
}

Rows command_rows(std::span<const Command> commands) {
  Rows rows;
  for (const Command& command : commands) {
    rows.emplace_back(std::string(command.table.name), std::string(command.table.summary));
  }
  return rows;
}

void append_global_names(std::string& out, const CommandTable& table) {
  std::string text;
  for (const Option& option : global_options_of(table).options) {
    text.append(text.empty() ? "--" : ", --").append(option.name);
  }
  out.append("\nGlobal options: ");
  append_wrapped(out, text, 16);
  const std::string name = table.name.empty() ? "" : std::string(table.name) + ' ';
  out += "\n'envlock " + name + "--help' explains everything, with examples and exit codes.\n";
}

void append_examples(std::string& out, const CommandTable& table) {
  out += "\nExamples:\n";
  for (const Example& example : table.examples) {
    out.append("  ").append(example.what).append(":\n      ").append(example.line).append("\n");
  }
}

void append_exit_status(std::string& out, const CommandTable* table) {
  out += "\nExit status:\n";
  const auto all = exit_meanings();
  const std::vector<ExitMeaning> meanings = table == nullptr
                                                ? std::vector<ExitMeaning>(all.begin(), all.end())
                                                : exit_meanings_of(*table);
  for (const ExitMeaning& meaning : meanings) {
    const std::string number = std::to_string(static_cast<int>(meaning.code));
    out.append("  ").append(3 - number.size(), ' ').append(number).append("  ");
    append_wrapped(out, meaning.text, 7);
  }
}

std::string head(const CommandTable& table) {
  std::string out = table.name.empty() ? "envlock" : "envlock " + std::string(table.name);
  out.append(": ").append(table.summary).append("\n\nUsage: ");
  append_wrapped(out, usage_line(table), 7);
  return out;
}

}  // namespace

std::string usage_line(const CommandTable& table) {
  if (table.name.empty()) return "envlock COMMAND [OPTIONS] [ARGUMENTS]";
  std::string line = "envlock " + std::string(table.name) + " [OPTIONS]";
  for (const Positional& argument : table.positionals) {
    line += ' ';
    line += argument.required ? std::string(argument.name) : '[' + std::string(argument.name) + ']';
    if (argument.repeatable) line += "...";
  }
  return line;
}

std::string option_syntax(const Option& option) {
  std::string text = option.letter == 0 ? "    " : std::string("-") + option.letter + ", ";
  text.append("--").append(option.name);
  if (!option.value.empty()) text.append(" ").append(option.value);
  return text;
}

std::string option_text(const Option& option) {
  std::string text(option.help);
  if (!option.more.empty()) text.append(". ").append(option.more);
  if (option.repeatable && !option.value.empty()) text += " (may be repeated)";
  if (!option.choices.empty()) {
    text += " [one of:";
    for (const std::string_view choice : option.choices) text.append(" ").append(choice);
    text += ']';
  }
  if (!option.fallback.empty()) text.append(" [default: ").append(option.fallback).append("]");
  return text;
}

std::string brief_help(const CommandTable& table) {
  std::string out = head(table);
  append_rows(out, "Arguments", positional_rows(table));
  for (const OptionGroup& group : table.groups) {
    append_rows(out, group.title, option_rows(group, false));
  }
  append_global_names(out, table);
  return out;
}

std::string full_help(const CommandTable& table) {
  std::string out = head(table);
  if (!table.aliases.empty()) {
    out += "Alias: envlock " + std::string(table.aliases.front()) + '\n';
  }
  append_paragraphs(out, table.description);
  append_rows(out, "Arguments", positional_rows(table));
  for (const OptionGroup& group : table.groups) {
    append_rows(out, group.title, option_rows(group, true));
  }
  append_rows(out, global_options().title, option_rows(global_options_of(table), true));
  append_examples(out, table);
  append_exit_status(out, &table);
  return out;
}

std::string brief_program_help(std::span<const Command> commands) {
  std::string out = head(program_table());
  append_rows(out, "Commands", command_rows(commands));
  for (const OptionGroup& group : program_table().groups) {
    append_rows(out, group.title, option_rows(group, false));
  }
  append_global_names(out, program_table());
  return out;
}

std::string full_program_help(std::span<const Command> commands) {
  std::string out = head(program_table());
  append_paragraphs(out, program_table().description);
  append_rows(out, "Commands", command_rows(commands));
  for (const OptionGroup& group : program_table().groups) {
    append_rows(out, group.title, option_rows(group, true));
  }
  append_rows(out, global_options().title, option_rows(global_options(), true));
  append_examples(out, program_table());
  append_exit_status(out, nullptr);
  return out;
}

}  // namespace envlock
