#include "cli/condarc_notice.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "fetch/atomic_file.hpp"
#include "model/shell_word.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_condarc_bytes = std::size_t{1} << 20U;

constexpr std::array<std::string_view, 6> channel_keys = {
    "channels",        "default_channels",     "channel_alias",
    "custom_channels", "custom_multichannels", "channel_priority"};

/// Where conda looks, most specific first.
std::vector<std::filesystem::path> condarc_files(const EnvironmentLookup& environment) {
  std::vector<std::filesystem::path> files;
  const auto add = [&](const std::string& folder, const std::string& below) {
    if (folder.starts_with('/')) files.push_back(std::filesystem::path(folder) / below);
  };
  const std::string home = environment("HOME").value_or("");
  const std::string config = environment("XDG_CONFIG_HOME").value_or("");
  if (const auto named = environment("CONDARC"); named && !named->empty())
    files.emplace_back(*named);
  add(environment("CONDA_PREFIX").value_or(""), ".condarc");
  add(config.empty() && !home.empty() ? home + "/.config" : config, "conda/.condarc");
  add(home, ".conda/.condarc");
  add(home, ".condarc");
  add("/etc/conda", ".condarc");
  return files;
}

}  // namespace

std::vector<std::string> channel_keys_of_condarc(std::string_view text) {
  // Lines are enough for a notice: what our own YAML reader refuses, conda may still obey.
  std::vector<std::string> keys;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string_view key = line.substr(0, line.find_first_of(": \t"));
    const std::size_t colon = line.find_first_not_of(" \t", key.size());
    const bool sets = colon != std::string_view::npos && line[colon] == ':';
    if (sets && std::ranges::count(channel_keys, key) != 0) keys.emplace_back(key);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return keys;
}

void note_condarc(Context& context) {
  for (const std::filesystem::path& file : condarc_files(context.environment)) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    std::vector<std::string> keys;
    try {
      keys = channel_keys_of_condarc(read_file(file, max_condarc_bytes));
    } catch (const Error&) {
      continue;
    }
    if (keys.empty()) continue;
    std::string list;
    for (const std::string& key : keys) list += (list.empty() ? "'" : ", '") + key + "'";
    context.console.note(
        "'" + file.string() + "' sets " + list +
            ", which envlock does not obey: the same question gets the same "
            "answer on every machine",
        "say what is to count in environment.yml or envlock.yml; to make an envlock.yml of it: "
        "envlock import " +
            shell_word(file.string()));
    return;
  }
}

}  // namespace envlock
