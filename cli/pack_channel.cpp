#include "cli/pack_channel.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/byte_size.hpp"
#include "cli/channel_output.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "model/text.hpp"
#include "pack/prefix_stage.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lock_name = "envlock.lock";

/// A channel has no place for these.
void refuse_options(const ParsedArgs& args) {
  for (const std::string_view option :
       {"exclude", "include", "dest-prefix", "host", "key", "compress-level"}) {
    if (!args.has(option)) continue;
    throw UsageError("'--" + std::string(option) + "' does not go with '--format channel'",
                     "a channel holds the packages as they are");
  }
}

void publish(const fs::path& made, const std::string& path) {
  if (::rename(made.c_str(), path.c_str()) == 0) return;
  if (errno == ENOTEMPTY || errno == EEXIST)
    throw IoError("'" + path + "' got files while the channel was made", "name another folder");
  throw IoError("cannot make '" + path + "'", errno);
}

}  // namespace

ExitCode pack_channel(const ParsedArgs& args, const EnvironmentLock& environment,
                      const PackRequest& request, Context& context) {
  refuse_options(args);
  const std::string path = fs::absolute(request.output.path).lexically_normal().string();
  const std::array<LockPart, 1> parts{
      {{&environment.lock, {environment.platform}, lock_folder(environment.path)}}};
  warn_of_gaps(environment, context.console, PypiGaps::left_out);
  const FetchRun run = fetch_packages(parts, environment.project, context);
  const PrefixStage stage(stage_path(path));
  const fs::path made = fs::path(stage.path()) / "channel";
  write_channel_folder(made.string(), request.output.path, run, context);
  write_output_file(made / lock_name, request.output.path + '/' + std::string(lock_name),
                    environment.text);
  if (::chmod(made.c_str(), 0755) != 0 || ::syncfs(stage.fd().get()) != 0)
    throw IoError("cannot write '" + request.output.path + "'", errno);
  if (context.stop.stop_requested()) throw Interrupted();
  publish(made, path);

  std::uint64_t bytes = 0;
  for (const FetchedPackage& fetched : run.fetched) bytes += fetched.found.size_bytes;
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("file", request.output.path);
      json.member("platform", environment.platform.subdir());
      json.member("packages", static_cast<std::uint64_t>(run.wanted.size()));
      json.member("size", bytes);
    });
  }
  Console& console = context.console;
  console.out("Packed " + counted(run.wanted.size(), "package") + " for " +
              environment.platform.subdir() + " into " + request.output.path + "/ (" +
              human_bytes(bytes) + "), with the lock.");
  // The folder lies elsewhere there: what the lines say holds inside of it.
  const std::array<const Lockfile*, 1> locks{&environment.lock};
  for (const std::string& line : channel_folder_use(request.output.path, ".", locks))
    console.out(line);
  console.out("Next:");
  console.out("  carry " + request.output.path + " to the machine that is to have it");
  console.out("  there, in it, with those lines: envlock install --offline --prefix DIR");
  return ExitCode::ok;
}

}  // namespace envlock
