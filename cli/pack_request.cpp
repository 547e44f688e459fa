#include "cli/pack_request.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>

#include "cli/secret_key.hpp"
#include "model/prefix_path.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> filter_options{"exclude", "include"};

int compression_level(const ParsedArgs& args, const PackOutput& output) {
  if (!args.has("compress-level")) return 0;
  const std::string text = args.value("compress-level");
  const int most = max_level(output.compression);
  if (most == 0)
    throw UsageError("'--compress-level' is for what is compressed, and this form is not");
  int level = 0;
  for (const char c : text)
    level = c >= '0' && c <= '9' && level < 100 ? level * 10 + c - '0' : 1000;
  if (level < 1 || level > most) {
    throw UsageError("'--compress-level' takes 1 to " + std::to_string(most) +
                     " for this form, not '" + text + "'");
  }
  return level;
}

std::vector<FilterStep> filter_steps(const ParsedArgs& args) {
  std::vector<FilterStep> steps;
  for (auto& [option, glob] : args.in_order(filter_options)) {
    if (glob.empty() || glob.front() == '/')
      throw UsageError("'" + glob + "' of --" + option + " is no pattern of paths in the prefix",
                       "they are relative: 'share/man', '*/tests/*'");
    steps.push_back({option == "exclude" ? FilterStep::Kind::exclude : FilterStep::Kind::include,
                     std::move(glob)});
  }
  return steps;
}

/// Before any work: a slip of the pen should not cost minutes.
void check_output(const PackOutput& output, bool force) {
  if (output.kind == PackOutput::Kind::stream) {
    if (::isatty(STDOUT_FILENO) == 1)
      throw UsageError("an archive cannot go to a terminal", "name a file: -o env.tar.zst");
    return;
  }
  std::error_code error;
  const fs::path folder = fs::absolute(output.path).parent_path();
  if (!fs::is_directory(folder, error))
    throw IoError("there is no folder '" + folder.string() + "' to write into");
  const fs::file_status status = fs::symlink_status(output.path, error);
  if (!fs::exists(status)) return;
  if (output.is_folder()) {
    if (fs::is_directory(status) && fs::is_empty(output.path, error)) return;
    throw IoError("'" + output.path + "' is there, and not an empty folder",
                  "name a folder that is not there yet");
  }
  if (!fs::is_regular_file(status)) throw IoError("'" + output.path + "' is no regular file");
  if (!force) throw IoError("'" + output.path + "' is there", "to replace it, add --force");
}

/// The place on another machine: nothing of this one may show in it, neither the folder that
/// `envlock` runs in nor what links lead to here.
std::string dest_prefix(const ParsedArgs& args) {
  if (!args.has("dest-prefix")) return {};
  const std::string given = args.value("dest-prefix");
  if (given.empty() || given.front() != '/') {
    throw UsageError("'" + given + "' of --dest-prefix is not absolute",
                     "it is the place on the machine that unpacks, and has nothing to do with the "
                     "folders here: --dest-prefix /opt/env");
  }
  require_usable_prefix(given);
  std::string path = fs::path(given).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  while (path.starts_with("//")) path.erase(0, 1);
  if (path == "/")
    throw UsageError("'" + given + "' cannot be a prefix", "name a folder of its own");
  return path;
}

/// Options that only go together.
void check_prefix_options(const ParsedArgs& args, const PackOutput& output) {
  if (args.has("prefix")) {
    if (output.kind == PackOutput::Kind::channel)
      throw UsageError("a channel is made of packages, not of a prefix",
                       "leave '--prefix' out: the channel is that of the lock");
    return;
  }
  for (const std::string_view option : {"lock", "baseline", "self"}) {
    if (!args.has(option)) continue;
    throw UsageError("'--" + std::string(option) + "' needs '--prefix'",
                     "what is packed from a lock is said by LOCK: envlock pack envlock.lock");
  }
}

}  // namespace

PackRequest read_pack_request(const ParsedArgs& args, Context& context) {
  if (!args.has("output"))
    throw UsageError("no file is given for the pack", "say where: -o env.tar.zst");
  PackRequest request;
  request.output = pack_output(args.value("output"), args.value("format") == "channel");
  request.level = compression_level(args, request.output);
  request.steps = filter_steps(args);
  if (request.output.kind == PackOutput::Kind::stream && context.settings.json)
    throw UsageError("'--json' and '-o -' both want standard output");
  check_prefix_options(args, request.output);
  request.replace = args.has("force");
  check_output(request.output, request.replace);
  request.dest_prefix = dest_prefix(args);
  if (!args.has("key")) return request;
  if (request.output.is_file() && !is_signable_name(request.output.path)) {
    throw UsageError("the name of '" + request.output.path + "' cannot stand in a signature",
                     "call the pack something without control characters");
  }
  request.key.emplace(load_secret_key(args, context));
  return request;
}

}  // namespace envlock
