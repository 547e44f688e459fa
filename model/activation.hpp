#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// The scripts that activate an environment, as text. docs/activation.md tells what they do.

namespace envlock {

enum class Shell : std::uint8_t {
  posix,  ///< sh, dash, bash, ksh, mksh, busybox sh, zsh.
  fish,
};

/// What conda writes for a variable that activation is to unset (CF 8.8).
inline constexpr std::string_view unset_marker = "***unset***";

/// What differs between the scripts of two environments. Where the environment lies does not: the
/// script has `generated_placeholder` in its place, to be relocated as text.
struct ActivationFacts {
  /// Set while the environment is active, to the letter: nothing in a value is expanded or run.
  /// `unset_marker` unsets.
  std::map<std::string, std::string> variables;
};

/// "bin/activate" or "bin/activate.fish"; neither is executable, both are read by `.` or `source`.
std::string_view activation_path(Shell shell) noexcept;

/// The text of the script; same facts, same bytes. In that for `Shell::posix` the placeholder
/// stands once, on a line of its own where no character of a path means anything (a line end and,
/// because of PATH, a colon aside); fish is told its own path and has none.
/// @throws InputError for a variable of which `variable_fault` says something
std::string activation_script(Shell shell, const ActivationFacts& facts);

/// The prefix that a script for `Shell::posix` was relocated to, or its placeholder; nothing where
/// the text is no such script. What it says proves nothing: anybody may have written it.
std::optional<std::string> activation_place(std::string_view script);

/// Why activation cannot set the variable `name`: no identifier, or one that it or the shell keeps
/// itself; nothing where it can.
std::optional<std::string> variable_fault(std::string_view name);

/// Adds what a file of etc/conda/env_vars.d says to `variables`: the last one that is read wins.
/// Read them in ascending order of their names, and the lock's variables after them.
/// @throws InputError (3) naming the line
void add_env_vars(std::string_view json, const std::string& file,
                  std::map<std::string, std::string>& variables);

}  // namespace envlock
