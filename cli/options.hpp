#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.hpp"

namespace envlock {

/// What a shell may offer as the value of an option or argument.
enum class ValueKind : std::uint8_t { text, file, directory, platform, choice };

/// One option of a command. The parser, both help screens, the manual pages and the shell
/// completions read this and nothing else.
struct Option {
  std::string_view name;           ///< Long form without dashes.
  char letter = 0;                 ///< Short form, or 0.
  std::string_view value = {};     ///< Name of the value ("FILE"); empty: a flag.
  std::string_view help = {};      ///< One line for `-h`; no full stop.
  std::string_view more = {};      ///< Further sentences, only in `--help` and the manual.
  std::string_view fallback = {};  ///< What holds where the option is not given.
  bool repeatable = false;
  ValueKind kind = ValueKind::text;
  std::vector<std::string_view> choices = {};  ///< The only values accepted; empty: any.
};

/// One argument of a command that is not an option.
struct Positional {
  std::string_view name;  ///< "LOCK"
  std::string_view help = {};
  bool required = false;
  bool repeatable = false;  ///< Only the last one of a command may be.
  ValueKind kind = ValueKind::text;
  std::vector<std::string_view> choices = {};  ///< The only values accepted; empty: any.
};

struct OptionGroup {
  std::string_view title;
  std::vector<Option> options;
};

struct Example {
  std::string_view what;  ///< "Lock for two platforms"
  std::string_view line;  ///< A whole command line that works when pasted.
};

/// All that is known about a command line before it is parsed.
struct CommandTable {
  std::string_view name;
  std::vector<std::string_view> aliases = {};
  std::string_view summary = {};      ///< One line; no full stop.
  std::string_view description = {};  ///< Paragraphs for `--help`, separated by an empty line.
  std::vector<Positional> positionals = {};
  std::vector<OptionGroup> groups = {};  ///< Its own options; the global ones come on top.
  std::vector<Example> examples = {};    ///< At least two.
  std::vector<ExitCode> exits = {};      ///< Beside 0, 2, 7, 70 and 130, which any command has.
  /// Its own `--format` names what the command writes ("explicit"), not how that is reported: such
  /// formats go together with `--json`.
  bool formats_are_documents = false;
  /// Its arguments are somebody else's command line: they stand behind "--", so that no option of
  /// theirs is taken for one of envlock's.
  bool takes_a_command = false;

  [[nodiscard]] const Option* find_option(std::string_view name) const;
};

/// The options that every command takes.
const OptionGroup& global_options();

/// The options of every command that may use the network.
const OptionGroup& credential_options();

/// The global options as `table` has them: without those that an option of its own stands in for.
OptionGroup global_options_of(const CommandTable& table);

/// What was given on a command line, by the names of the tables.
class ParsedArgs {
 public:
  /// Makes the names of `table` and of the global options known.
  explicit ParsedArgs(const CommandTable& table);

  // Asking for a name that no table has is an InternalError, so that a slip of the pen in a command
  // cannot read as "not given".
  [[nodiscard]] bool has(std::string_view option) const;
  [[nodiscard]] std::size_t count(std::string_view option) const;
  /// The value, or `fallback` where it was not given.
  [[nodiscard]] std::string value(std::string_view option, std::string_view fallback = {}) const;
  /// Every value of a repeatable option, in order.
  [[nodiscard]] const std::vector<std::string>& values(std::string_view option) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const noexcept {
    return positionals_;
  }
  /// Every occurrence of these options with its value, in the order of the command line.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> in_order(
      std::span<const std::string_view> options) const;
  /// The argument at `position`, or `fallback` where there are fewer.
  [[nodiscard]] std::string positional(std::size_t position, std::string_view fallback = {}) const;

  void add_option(std::string_view option, std::string value);
  void add_positional(std::string value) { positionals_.push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> positionals_;
  std::vector<std::pair<std::string, std::string>> sequence_;
};

}  // namespace envlock
