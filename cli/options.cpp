#include "cli/options.hpp"

#include <algorithm>

namespace envlock {

const Option* CommandTable::find_option(std::string_view wanted) const {
  for (const OptionGroup& group : groups) {
    for (const Option& option : group.options) {
      if (option.name == wanted) return &option;
    }
  }
  for (const Option& option : global_options().options) {
    if (option.name == wanted) return &option;
  }
  return nullptr;
}

const OptionGroup& global_options() {
  static const OptionGroup group{
      .title = "Global options",
      .options = {
          {.name = "json",
           .help = "print one JSON document on standard output",
           .more = "Errors are reported in it too, also those of the command line itself."},
          {.name = "format",
           .value = "FORMAT",
           .help = "how the result is printed",
           .more = "'json' is the same as --json.",
           .fallback = "text"},
          {.name = "quiet", .letter = 'q', .help = "no notes and no progress display"},
          {.name = "verbose",
           .letter = 'v',
           .help = "say more about what is done and what was left out",
           .repeatable = true},
          {.name = "offline",
           .help = "open no socket: use what the cache holds",
           .more = "Channels on the local disk are read as always."},
          {.name = "threads",
           .value = "N",
           .help = "how many threads may work at once",
           .fallback = "the number of processors"},
          {.name = "now",
           .value = "TIME",
           .help = "the time that rules about age count from",
           .more = "RFC 3339 ('2026-01-31T12:00:00Z'), a date, or seconds since 1970.",
           .fallback = "$SOURCE_DATE_EPOCH, else the system's clock"},
          {.name = "cache-dir",
           .value = "DIR",
           .help = "where downloads and indexes are kept",
           .fallback = "$ENVLOCK_CACHE_DIR, else $XDG_CACHE_HOME/envlock, else ~/.cache/envlock",
           .kind = ValueKind::directory},
          {.name = "read-cache",
           .value = "DIR",
           .help = "a shared cache to take packages from; never written",
           .more = "It must belong to you or root, and nobody else may write in it.",
           .repeatable = true,
           .kind = ValueKind::directory},
          {.name = "project",
           .value = "FILE",
           .help = "the project file, or git:REV:PATH",
           .fallback = "envlock.yml where there is one",
           .kind = ValueKind::file},
          {.name = "color",
           .value = "WHEN",
           .help = "colour the output",
           .more = "'auto' is for a terminal, and honours $NO_COLOR.",
           .fallback = "auto",
           .kind = ValueKind::choice,
           .choices = {"auto", "always", "never"}},
      }};
  return group;
}

const OptionGroup& credential_options() {
  static const OptionGroup group{
      .title = "Credentials of private channels",
      .options = {{.name = "credential-fd",
                   .value = "N",
                   .help = "read credentials from this open file descriptor",
                   .more = "Blocks of url= or channel=, as=, username= and password= lines; see "
                           "docs/credentials.md. Other sources stand in envlock.yml."},
                  {.name = "netrc",
                   .help = "also look into $NETRC, else ~/.netrc",
                   .more = "It must be yours and readable by you alone."}}};
  return group;
}

OptionGroup global_options_of(const CommandTable& table) {
  OptionGroup group{.title = global_options().title, .options = {}};
  for (const Option& option : global_options().options) {
    if (table.find_option(option.name) == &option) group.options.push_back(option);
  }
  return group;
}

ParsedArgs::ParsedArgs(const CommandTable& table) {
  for (const OptionGroup& group : table.groups) {
    for (const Option& option : group.options) options_[std::string(option.name)];
  }
  for (const Option& option : global_options().options) options_[std::string(option.name)];
}

const std::vector<std::string>& ParsedArgs::values(std::string_view option) const {
  const auto found = options_.find(option);
  if (found == options_.end()) {
    throw InternalError("a command asked for the option '" + std::string(option) +
                        "', which is not in its table");
  }
  return found->second;
}

bool ParsedArgs::has(std::string_view option) const { return !values(option).empty(); }

std::size_t ParsedArgs::count(std::string_view option) const { return values(option).size(); }

std::string ParsedArgs::value(std::string_view option, std::string_view fallback) const {
  const std::vector<std::string>& given = values(option);
  return given.empty() ? std::string(fallback) : given.back();
}

std::string ParsedArgs::positional(std::size_t position, std::string_view fallback) const {
  return position < positionals_.size() ? positionals_[position] : std::string(fallback);
}

void ParsedArgs::add_option(std::string_view option, std::string value) {
  (void)values(option);  // throws for a name that is not in the table
  sequence_.emplace_back(option, value);
  options_.find(option)->second.push_back(std::move(value));
}

std::vector<std::pair<std::string, std::string>> ParsedArgs::in_order(
    std::span<const std::string_view> options) const {
  for (const std::string_view option : options) (void)values(option);
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& one : sequence_) {
    if (std::ranges::find(options, one.first) != options.end()) found.push_back(one);
  }
  return found;
}

}  // namespace envlock
