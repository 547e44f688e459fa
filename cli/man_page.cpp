#include "cli/man_page.hpp"

#include "cli/exit_codes.hpp"
#include "cli/help.hpp"
#include "cli/parser.hpp"
#include "cli/version.hpp"

namespace envlock {
namespace {

/// Text for troff: no character of it is a command, and dashes stay dashes.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'' && out.empty()) {
      out += "\\&'";
    } else if (c == '.' && out.empty()) {
      out += "\\&.";
    } else {
      out += c;
    }
  }
  return out;
}

std::string page_name(const CommandTable& table) {
  return table.name.empty() ? "envlock" : "envlock-" + std::string(table.name);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void section(std::string& out, std::string_view title) { out.append(".SH ").append(title) += '\n'; }

void append_head(std::string& out, const CommandTable& table) {
  const std::string name = page_name(table);
  out.append(".TH ").append(roff(upper(name)));
  out.append(" 1 \"\" \"envlock ").append(program_version()).append("\" \"envlock\"\n");
  section(out, "NAME");
  out.append(roff(name)).append(" \\- ").append(roff(table.summary)) += '\n';
  section(out, "SYNOPSIS");
  out.append(roff(usage_line(table))) += '\n';
  section(out, "DESCRIPTION");
  std::string_view text = table.description;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    out.append(".PP\n").append(roff(text.substr(0, end))) += '\n';
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
  }
}

void append_option(std::string& out, const Option& option) {
  out += ".TP\n";
  if (option.letter != 0) out.append("\\fB\\-").append(1, option.letter).append("\\fR, ");
  out.append("\\fB").append(roff("--" + std::string(option.name))).append("\\fR");
  if (!option.value.empty()) out.append(" \\fI").append(roff(option.value)).append("\\fR");
  out.append("\n").append(roff(option_text(option))) += '\n';
}

void append_groups(std::string& out, const CommandTable& table) {
  const auto append_group = [&](const OptionGroup& group) {
    section(out, '"' + upper(std::string(group.title)) + '"');
    for (const Option& option : group.options) append_option(out, option);
  };
  for (const OptionGroup& group : table.groups) append_group(group);
  append_group(global_options_of(table));
}

void append_examples(std::string& out, const CommandTable& table) {
  section(out, "EXAMPLES");
  for (const Example& example : table.examples) {
    out.append(".TP\n").append(roff(example.what)).append("\n\\fB");
    out.append(roff(example.line)).append("\\fR\n");
  }
}

void append_exit_status(std::string& out, const CommandTable* table) {
  section(out, "\"EXIT STATUS\"");
  const auto all = exit_meanings();
  const std::vector<ExitMeaning> meanings = table == nullptr
                                                ? std::vector<ExitMeaning>(all.begin(), all.end())
                                                : exit_meanings_of(*table);
  for (const ExitMeaning& meaning : meanings) {
    out.append(".TP\n\\fB").append(std::to_string(static_cast<int>(meaning.code)));
    out.append("\\fR\n").append(roff(meaning.text)) += '\n';
  }
}

}  // namespace

std::string man_page(const CommandTable& table) {
  std::string out;
  append_head(out, table);
  if (!table.positionals.empty()) section(out, "ARGUMENTS");
  for (const Positional& argument : table.positionals) {
    out.append(".TP\n\\fI").append(roff(argument.name)).append("\\fR\n");
    out.append(roff(argument.help)) += '\n';
  }
  append_groups(out, table);
  append_examples(out, table);
  append_exit_status(out, &table);
  section(out, "\"SEE ALSO\"");
  out += ".BR envlock (1)\n";
  return out;
}

std::string program_man_page(std::span<const Command> commands) {
  std::string out;
  append_head(out, program_table());
  section(out, "COMMANDS");
  for (const Command& command : commands) {
    out.append(".TP\n.BR ").append(roff(page_name(command.table))).append(" (1)\n");
    out.append(roff(command.table.summary)) += '\n';
  }
  append_groups(out, program_table());
  append_examples(out, program_table());
  append_exit_status(out, nullptr);
  return out;
}

}  // namespace envlock
