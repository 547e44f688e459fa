#include "cli/settings.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

#include "fetch/cache.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_threads = 256;

std::size_t read_threads(const ParsedArgs& args) {
  if (!args.has("threads")) {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, max_threads);
  }
  const std::string text = args.value("threads");
  std::size_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || number < 1 ||
      number > max_threads) {
    throw UsageError("'--threads' takes a number from 1 to 256, not '" + text + "'");
  }
  return number;
}

std::string read_format(const CommandTable& table, const ParsedArgs& args) {
  std::string format = args.value("format", "text");
  const bool has_own = !table.find_option("format")->choices.empty();  // then the parser checked it
  if (!has_own && format != "text" && format != "json") {
    throw UsageError("'envlock " + std::string(table.name) + "' has no format '" + format + "'",
                     "its formats are text and json");
  }
  if (args.has("json") && args.has("format") && format != "json" && !table.formats_are_documents) {
    throw UsageError("'--json' and '--format " + format + "' contradict each other",
                     "give one of the two");
  }
  return format;
}

}  // namespace

std::string read_folder(const std::string& source, const std::string& text) {
  if (text.empty() || text.find("://") != std::string::npos)
    throw UsageError("'" + source + "' takes a folder, not '" + text + "'");
  return text;
}

int read_descriptor(const ParsedArgs& args, std::string_view option) {
  constexpr int most = 65535;
  const std::string text = args.value(option);
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  // What is no number may be the secret itself: it is not repeated.
  if (fault != std::errc{} || end != text.data() + text.size() || number < 0 || number > most) {
    const std::string shown = "--" + std::string(option);
    throw UsageError("'" + shown + "' takes the number of an open file descriptor",
                     "open it for the command, for example: " + shown + " 3 3< FILE");
  }
  return number;
}

Settings read_settings(const CommandTable& table, const ParsedArgs& args) {
  Settings settings;
  settings.format = read_format(table, args);
  settings.json = args.has("json") || settings.format == "json";
  settings.quiet = args.has("quiet");
  settings.verbosity = static_cast<unsigned>(args.count("verbose"));
  if (settings.quiet && settings.verbosity > 0) {
    throw UsageError("'--quiet' and '--verbose' contradict each other", "give one of the two");
  }
  settings.offline = args.has("offline");
  settings.threads = read_threads(args);
  if (args.has("cache-dir"))
    settings.cache_dir = read_folder("--cache-dir", args.value("cache-dir"));
  for (const std::string& dir : args.values("read-cache")) {
    settings.read_caches.emplace_back(read_folder("--read-cache", dir));
  }
  if (args.has("project")) settings.project = args.value("project");
  if (table.find_option("credential-fd") != nullptr) {
    if (args.has("credential-fd")) settings.credential_fd = read_descriptor(args, "credential-fd");
    settings.netrc = args.has("netrc");
  }
  return settings;
}

std::filesystem::path resolve_cache_dir(const Settings& settings,
                                        const EnvironmentLookup& environment) {
  CacheLocation location;
  location.explicit_dir =
      settings.cache_dir.value_or(environment("ENVLOCK_CACHE_DIR").value_or(""));
  if (!location.explicit_dir.empty()) read_folder("ENVLOCK_CACHE_DIR", location.explicit_dir);
  location.xdg_cache_home = environment("XDG_CACHE_HOME").value_or("");
  location.home = environment("HOME").value_or("");
  return cache_dir(location);
}

}  // namespace envlock
