#include "cli/stale_lock.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/inside.hpp"
#include "cli/solve_ask.hpp"
#include "model/error.hpp"
#include "model/readable_spec.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named = 3;

/// From the working folder; empty where one of them is not there, or out of reach.
std::vector<std::string> input_files(const Lockfile& lock, const fs::path& lock_path,
                                     const fs::path& cwd) {
  std::vector<std::string> files;
  const fs::path reach = reach_of(lock_path.parent_path());
  for (const LockInputs::File& file : lock.inputs.files) {
    const fs::path path = (lock_path.parent_path() / file.path).lexically_normal();
    std::error_code error;
    if (!is_inside(path, reach) || !fs::is_regular_file(path, error)) return {};
    files.push_back(path.lexically_proximate(cwd).string());
  }
  return files;
}

bool is_locked_channel(const LockInputs& locked, const LockInputs::Channel& asked) {
  return std::ranges::any_of(locked.channels,
                             [&](const LockInputs::Channel& one) { return one.url == asked.url; });
}

/// What the files say now and the lock does not answer. Only what stands in the files counts: what
/// options or CONDA_OVERRIDE_* add is another question's.
std::vector<std::string> differences(const Lockfile& lock, const SolveAsk& ask) {
  std::vector<std::string> found;
  for (const InputChange& change : compare_inputs(lock.inputs, ask.inputs)) {
    const bool is_of_file = std::ranges::any_of(
        ask.inputs.files,
        [&](const LockInputs::File& file) { return change.field.starts_with(file.path + ": "); });
    if (!is_of_file) continue;
    const auto written = ask.written.find(change.current);
    const std::string now = written == ask.written.end() ? change.current : written->second;
    const std::string before = readable_spec(change.locked);
    if (before.empty()) {
      found.push_back("'" + now + "' was added");
    } else if (now.empty()) {
      found.push_back("'" + before + "' is asked for no more");
    } else {
      found.push_back("'" + before + "' is '" + now + "' now");
    }
  }
  for (const LockInputs::Channel& channel : ask.inputs.channels) {
    if (!is_locked_channel(lock.inputs, channel))
      found.push_back("the channel '" + channel.name + "' was added");
  }
  for (const auto& [name, value] : ask.variables) {
    const auto locked = lock.variables.find(name);
    // Its value may be private.
    if (locked == lock.variables.end() || locked->second != value)
      found.push_back("the variable '" + name + "' has another value");
  }
  for (const auto& [name, value] : lock.variables) {
    if (!ask.variables.contains(name)) found.push_back("the variable '" + name + "' is gone");
  }
  return found;
}

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (std::size_t i = 0; i < std::min(texts.size(), most_named); ++i)
    list += (i == 0 ? "" : ", ") + texts[i];
  if (texts.size() > most_named)
    list += " and " + std::to_string(texts.size() - most_named) + " more";
  return list;
}

}  // namespace

void warn_of_stale_lock(const Lockfile& lock, const std::string& path, Context& context) {
  if (lock.origin != "solved") return;
  const fs::path cwd = fs::current_path();
  const fs::path absolute = (cwd / path).lexically_normal();
  SolveOptions options;
  options.files = input_files(lock, absolute, cwd);
  if (options.files.empty()) return;
  options.output = path;
  options.project = context.settings.project.value_or("");
  // What has no say here is not asked for: neither this machine nor the overrides of its user.
  const AskSurroundings around{
      .cwd = cwd,
      .variable = [](const std::string&) { return std::nullopt; },
      .host_virtual_packages = [] { return std::vector<VirtualPackage>(); },
      .now = context.clock.now()};
  std::vector<std::string> found;
  std::string names;
  for (const std::string& file : options.files) names += (names.empty() ? "" : ", ") + file;
  try {
    found = differences(lock, build_asks(options, around).front());
  } catch (const Error& error) {
    found = {error.what()};
  }
  if (found.empty()) return;
  std::string command = "envlock solve";
  for (const std::string& file : options.files) command += " " + file;
  if (path != "envlock.lock") command += " -o " + path;
  context.console.warning("'" + path + "' does not answer today's " + names + ": " + listed(found),
                          "to lock what it asks for now: " + command);
}

}  // namespace envlock
