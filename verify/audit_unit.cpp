#include "verify/audit_unit.hpp"

#include <algorithm>
#include <utility>

#include "model/text.hpp"
#include "verify/audit_arguments.hpp"

namespace envlock {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_command(const UnitEntry& entry) {
  return entry.section == "Service" && starts_with(entry.key, "Exec");
}

/// Keys that collect, and are emptied by an empty assignment.
bool is_list(const UnitEntry& entry) { return is_command(entry) || entry.key == "Environment"; }

/// The words of ExecStart= without systemd's marks before the program.
std::vector<std::string> command_of(const UnitEntry& entry) {
  std::vector<std::string> words = split_words(entry.value);
  if (!words.empty()) {
    const std::size_t start = words.front().find_first_not_of("-@:+!|");
    words.front().erase(0, std::min(start, words.front().size()));
  }
  return words;
}

}  // namespace

std::vector<UnitEntry> read_unit(std::string_view text, const std::string& file) {
  std::vector<UnitEntry> entries;
  std::string section;
  std::string joined;
  std::size_t first_line = 0;
  for (const TextLine& line : lines_of(text)) {
    const std::string_view part = trim(line.text);
    const bool is_comment = !part.empty() && (part.front() == '#' || part.front() == ';');
    if (is_comment || (part.empty() && joined.empty())) continue;
    if (joined.empty()) first_line = line.number;
    if (!part.empty() && part.back() == '\\') {
      joined.append(part.substr(0, part.size() - 1)).append(1, ' ');
      continue;
    }
    joined.append(part);
    const std::string whole = std::exchange(joined, {});
    if (whole.front() == '[') {
      section = whole.substr(1, whole.find(']') - 1);
      continue;
    }
    const std::size_t sign = whole.find('=');
    if (sign == std::string::npos) continue;
    entries.push_back({file, first_line, section, std::string(trim(whole.substr(0, sign))),
                       std::string(trim(whole.substr(sign + 1)))});
  }
  return entries;
}

std::vector<UnitEntry> effective_unit(const std::vector<std::vector<UnitEntry>>& files) {
  std::vector<UnitEntry> unit;
  for (const std::vector<UnitEntry>& entries : files) {
    for (const UnitEntry& entry : entries) {
      if (is_list(entry) && entry.value.empty()) {
        std::erase_if(unit, [&](const UnitEntry& before) {
          return before.section == entry.section && before.key == entry.key;
        });
      } else if (is_list(entry) || entry.key == "User") {
        unit.push_back(entry);
      }
    }
  }
  return unit;
}

std::vector<UnitVariable> variables_of(const std::vector<UnitEntry>& unit) {
  std::vector<UnitVariable> out;
  for (const UnitEntry& entry : unit) {
    if (entry.key != "Environment") continue;
    for (const std::string& word : split_words(entry.value)) {
      const std::size_t sign = word.find('=');
      if (sign == std::string::npos) continue;
      out.push_back({&entry, word.substr(0, sign), word.substr(sign + 1)});
    }
  }
  return out;
}

std::vector<std::vector<std::string>> commands_of(const std::vector<UnitEntry>& unit) {
  std::vector<std::vector<std::string>> commands;
  for (const UnitEntry& entry : unit) {
    if (is_command(entry)) commands.push_back(command_of(entry));
  }
  return commands;
}

bool unit_uses(const std::vector<UnitEntry>& unit, std::string_view prefix) {
  for (const UnitEntry& entry : unit) {
    if (is_command(entry) && mentions(entry.value, prefix)) return true;
  }
  for (const UnitVariable& variable : variables_of(unit)) {
    if (variable.name == "PATH" && mentions(variable.value, std::string(prefix) + "/bin")) {
      return true;
    }
  }
  return false;
}

std::string_view rule_of_variable(std::string_view name) {
  if (name == "PYTHONPATH" || name == "PYTHONUSERBASE") return "EL404";
  if (name == "PYTHONHOME") return "EL405";
  if (name == "PYTHONSTARTUP") return "EL406";
  if (name == "LD_PRELOAD" || name == "LD_LIBRARY_PATH" || name == "LD_AUDIT") return "EL407";
  return {};
}

AuditHit variable_hit(std::string_view rule, std::size_t line, std::string_view text,
                      const std::string& name) {
  return {rule, line, masked_line(text), name, "'" + name + "' is set", "not set"};
}

std::vector<UnitHit> audit_unit(const std::vector<UnitEntry>& unit, bool has_password) {
  std::vector<UnitHit> hits;
  for (const UnitEntry& entry : unit) {
    if (!is_command(entry)) continue;
    for (AuditHit& hit : audit_command(command_of(entry), entry.line, has_password)) {
      hits.push_back({entry.file, std::move(hit)});
    }
  }
  for (const UnitVariable& variable : variables_of(unit)) {
    const std::string text = variable.entry->key + "=" + variable.name + "=" + variable.value;
    const std::string_view rule = rule_of_variable(variable.name);
    if (!rule.empty() && !variable.value.empty()) {
      hits.push_back(
          {variable.entry->file, variable_hit(rule, variable.entry->line, text, variable.name)});
    }
    if (is_secret_name(variable.name) && is_secret_value(variable.value)) {
      hits.push_back({variable.entry->file,
                      {"EL432", variable.entry->line, masked_line(text, variable.value),
                       variable.name, "'" + variable.name + "' is a secret in a unit",
                       "LoadCredential=, or EnvironmentFile= of mode 0600"}});
    }
  }
  return hits;
}

}  // namespace envlock
