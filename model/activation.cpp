#include "model/activation.hpp"

#include <algorithm>
#include <array>

#include "model/activation_text.hpp"
#include "model/entry_point.hpp"
#include "model/strict_json.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// What the script keeps itself, and what a shell refuses to set or is broken by.
constexpr std::array<std::string_view, 22> kept{
    "PATH",        "IFS",      "CONDA_PREFIX", "CONDA_DEFAULT_ENV",
    "CONDA_SHLVL", "PWD",      "OLDPWD",       "SHLVL",
    "UID",         "EUID",     "GID",          "EGID",
    "PPID",        "USERNAME", "BASHOPTS",     "SHELLOPTS",
    "BASH_ENV",    "ENV",      "BASH_VERSION", "BASH_VERSINFO",
    "ZSH_VERSION", "status"};

bool is_identifier(std::string_view name) noexcept {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return text.substr(0, start.size()) == start;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// `value` in single quotes, where a shell expands nothing.
std::string quoted(Shell shell, const std::string& value) {
  std::string out = value;
  if (shell == Shell::posix) {
    out = replace_all(out, "'", "'\\''");
  } else {
    out = replace_all(replace_all(out, "\\", "\\\\"), "'", "\\'");
  }
  // A value is not relocated: it means what it says. The quotes in between come to nothing.
  const std::string broken = std::string(generated_placeholder).insert(5, "'\"\"'");
  return "'" + replace_all(std::move(out), generated_placeholder, broken) + "'";
}

void add_variable(std::string& out, Shell shell, const std::string& name,
                  const std::string& value) {
  const bool is_posix = shell == Shell::posix;
  const std::string indent = is_posix ? "  " : "    ";
  // This one is remembered already.
  if (name != "PYTHONNOUSERSITE") {
    out += indent + (is_posix ? "__envlock_save " : "__envlock_save $level ") + name + "\n";
  }
  if (value == unset_marker) {
    out += indent + (is_posix ? "unset " + name + " || :\n" : "set -e " + name + "\n");
  } else if (is_posix) {
    out += indent + name + "=" + quoted(shell, value) + "\n";
    out += indent + "export " + name + "\n";
  } else {
    out += indent + "set -gx " + name + " " + quoted(shell, value) + "\n";
  }
}

}  // namespace

std::string_view activation_path(Shell shell) noexcept {
  return shell == Shell::posix ? "bin/activate" : "bin/activate.fish";
}

std::optional<std::string> variable_fault(std::string_view name) {
  if (!is_identifier(name)) {
    return "'" + printable(name, 60) +
           "' cannot name a variable: a name has letters, digits and '_', and starts with no digit";
  }
  const bool is_kept = std::find(kept.begin(), kept.end(), name) != kept.end();
  if (is_kept || starts_with(name, "__ENVLOCK_") || starts_with(name, "__envlock_")) {
    return "'" + std::string(name) + "' cannot be set: activation or the shell keeps it itself";
  }
  return std::nullopt;
}

std::string activation_script(Shell shell, const ActivationFacts& facts) {
  using namespace activation_text;
  std::string out(shell == Shell::posix ? posix_head : fish_head);
  for (const auto& [name, value] : facts.variables) {
    if (const auto fault = variable_fault(name)) throw InputError(*fault);
    if (value.find('\0') != std::string::npos) {
      throw InputError("the variable '" + name + "' has a NUL character in its value");
    }
    add_variable(out, shell, name, value);
  }
  out += shell == Shell::posix ? posix_tail : fish_tail;
  return out;
}

std::optional<std::string> activation_place(std::string_view script) {
  // The last one: what stands before it may be a variable's value.
  constexpr std::string_view before =
      "\nIFS= read -r __envlock_prefix <<'__ENVLOCK_END_OF_PREFIX' || :\n";
  constexpr std::string_view behind = "\n__ENVLOCK_END_OF_PREFIX\n";
  const std::size_t at = script.rfind(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view place = script.substr(at + before.size());
  const std::size_t end = place.find('\n');
  if (end == std::string_view::npos || !place.starts_with('/') ||
      !place.substr(end).starts_with(behind))
    return std::nullopt;
  return std::string(place.substr(0, end));
}

void add_env_vars(std::string_view json, const std::string& file,
                  std::map<std::string, std::string>& variables) {
  const JsonDocument document(json, file);
  const JsonNode root = document.root();
  root.for_each_member([&](std::string_view name, const JsonNode& value) {
    if (const auto fault = variable_fault(name)) value.fail(*fault);
    variables.insert_or_assign(std::string(name), value.text());
  });
}

}  // namespace envlock
