#include "cli/lock_input.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/with_hint.hpp"
#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/foreign_lock.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_lock_bytes = 64 * 1024 * 1024;

std::string platform_list(const Lockfile& lock) {
  std::string list;
  for (const auto& [platform, content] : lock.platforms) {
    list += (list.empty() ? "" : ", ") + platform.subdir();
  }
  return list;
}

}  // namespace

std::string load_lock_text(const std::string& path) {
  std::error_code fault;
  const std::filesystem::path file(path);
  if (!std::filesystem::exists(file, fault) && !fault) {
    throw IoError("there is no lock '" + path + "'",
                  "'envlock solve' makes one; another one is given as LOCK");
  }
  std::string text =
      with_hint("LOCK is a file that 'envlock solve' wrote, and you must be able to read it",
                [&] { return read_file(file, max_lock_bytes); });
  if (const auto format = foreign_format_of(text)) {
    throw InputError("'" + path + "' is " + std::string(describe(*format)) + ", no lock of envlock",
                     "make one of it: envlock import " + shell_word(path));
  }
  if (path.ends_with(".yml") || path.ends_with(".yaml"))
    throw InputError("'" + path + "' is no lock",
                     "make one from it: envlock solve " + shell_word(path));
  return text;
}

Lockfile read_lock_text(std::string_view text, const std::string& path) {
  return read_lockfile(text, path, lock_folder(path));
}

std::string lock_folder(const std::string& path) {
  return std::filesystem::absolute(path).parent_path().lexically_normal().string();
}

Lockfile load_lock(const std::string& path) { return read_lock_text(load_lock_text(path), path); }

Platform choose_platform(const Lockfile& lock, const ParsedArgs& args, OnlyPlatform only) {
  if (lock.platforms.empty())
    throw UsageError("the lock has no packages, for no platform",
                     "'envlock solve' locks what environment.yml asks for");
  const std::string choices = platform_list(lock);
  if (args.has("platform")) {
    const std::string asked = args.value("platform");
    const std::optional<Platform> platform = Platform::parse(asked);
    if (platform && lock.platforms.contains(*platform)) return *platform;
    throw UsageError("the lock has no platform '" + asked + "'", "its platforms are " + choices);
  }
  Platform host = Platform::host();
  if (lock.platforms.contains(host)) return host;
  if (only == OnlyPlatform::taken && lock.platforms.size() == 1)
    return lock.platforms.begin()->first;
  throw UsageError("the lock has no packages for this machine's platform, " + host.subdir(),
                   "give one with '--platform': " + choices);
}

Option one_platform_option(OnlyPlatform only) {
  return {.name = "platform",
          .value = "PLATFORM",
          .help = "which of the lock's platforms",
          .fallback =
              only == OnlyPlatform::taken ? "this machine's, else the only one" : "this machine's",
          .kind = ValueKind::platform};
}

Positional lock_argument() {
  return {.name = "LOCK", .help = "the lockfile [default: envlock.lock]", .kind = ValueKind::file};
}

}  // namespace envlock
