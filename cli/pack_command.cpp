#include "cli/pack_command.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "cli/byte_size.hpp"
#include "cli/environment_plan.hpp"
#include "cli/host_input.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "cli/pack_output.hpp"
#include "cli/password.hpp"
#include "cli/prefix_argument.hpp"
#include "cli/runtime_program.hpp"
#include "cli/secret_key.hpp"
#include "model/host_floors.hpp"
#include "model/spoken_digest.hpp"
#include "model/text.hpp"
#include "pack/pack_archive.hpp"
#include "pack/pack_folder.hpp"
#include "pack/self_extracting.hpp"
#include "pack/tree_filter.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> filter_options{"exclude", "include"};

int compression_level(const ParsedArgs& args, PackCompression compression) {
  if (!args.has("compress-level")) return 0;
  const std::string text = args.value("compress-level");
  const int most = max_level(compression);
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
void check_output(const PackOutput& output, bool force, bool to_terminal) {
  if (output.kind == PackOutput::Kind::stream) {
    if (to_terminal)
      throw UsageError("an archive cannot go to a terminal", "name a file: -o env.tar.zst");
    return;
  }
  std::error_code error;
  const fs::path folder = fs::absolute(output.path).parent_path();
  if (!fs::is_directory(folder, error))
    throw IoError("there is no folder '" + folder.string() + "' to write into");
  const fs::file_status status = fs::symlink_status(output.path, error);
  if (!fs::exists(status)) return;
  if (output.kind == PackOutput::Kind::folder) {
    if (fs::is_directory(status) && fs::is_empty(output.path, error)) return;
    throw IoError("'" + output.path + "' is there, and not an empty folder",
                  "name a folder that is not there yet");
  }
  if (!fs::is_regular_file(status)) throw IoError("'" + output.path + "' is no regular file");
  if (!force) throw IoError("'" + output.path + "' is there", "to replace it, add --force");
}

std::vector<ExtraFile> runtime_files(const Platform& platform) {
  const std::string_view program = runtime_program(platform);
  if (program.empty()) return {};
  return {{.path = std::string(pack_path::program),
           .content = std::string(program),
           .executable = true}};
}

void write_stdout(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot write to standard output", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

/// `NAME.sha256`, as `sha256sum -c` reads it.
std::string write_sha256(const PackOutput& output, const Sha256& sha256) {
  const std::string target = output.path + ".sha256";
  write_output_file(target, target,
                    sha256.hex() + "  " + fs::path(output.path).filename().string() + '\n');
  return target;
}

/// What the records ask, held against a described machine.
void require_host(const ParsedArgs& args, const EnvironmentLock& environment,
                  const HostRequirements& needs, Context& context) {
  const HostDescription host =
      load_host(args.value("host"), environment.project, fs::current_path());
  const HostVerdict verdict = judge_host(needs, host, {});
  for (const Misfit& warning : verdict.warnings)
    context.console.warning(warning.message, warning.next_step);
  if (verdict.misfits.empty()) return;
  std::string text = "'" + args.value("host") + "' does not have what the environment needs:";
  for (const Misfit& misfit : verdict.misfits)
    text += "\n  " + misfit.message + "; " + misfit.next_step;
  throw Error(ExitCode::unfit, text,
              "solve for it: envlock solve --virtual-package host:" + args.value("host"));
}

struct Packed {
  PackOutput output;
  PackedArchive archive;  ///< Of a folder only `files` and `notices`.
  std::size_t packages = 0, excluded = 0;
  std::string sha256_file = {}, signature_file = {};
  Platform platform;
  bool has_program = false;
};

/// Where standard output is the archive, what is said goes to the other one.
void print_packed(const Packed& packed, Console& console) {
  const auto say = [&](const std::string& line) {
    if (packed.output.kind == PackOutput::Kind::stream) return console.note(line);
    console.out(line);
  };
  const std::string shown =
      packed.output.kind == PackOutput::Kind::stream ? "standard output" : packed.output.path;
  std::string what = "Packed " + counted(packed.packages, "package") + " for " +
                     packed.platform.subdir() + " into " + shown;
  if (packed.output.kind != PackOutput::Kind::folder)
    what += " (" + human_bytes(packed.archive.bytes) + ")";
  say(what + ": " + counted(packed.archive.files, "path") +
      (packed.excluded > 0 ? ", " + std::to_string(packed.excluded) + " left out by filters" : "") +
      ".");
  if (packed.output.kind != PackOutput::Kind::folder) say("sha256 " + packed.archive.sha256.hex());
  say("manifest " + spoken_digest(packed.archive.manifest_sha256) +
      ": to be read over the telephone; who unpacks it sees the same");
}

ExitCode run_pack(const ParsedArgs& args, Context& context) {
  if (!args.has("output"))
    throw UsageError("no file is given for the pack", "say where: -o env.tar.zst");
  const PackOutput output = pack_output(args.value("output"));
  const bool is_stream = output.kind == PackOutput::Kind::stream;
  const bool self_extracting = output.kind == PackOutput::Kind::self_extracting;
  const int level = compression_level(args, output.compression);
  const std::vector<FilterStep> steps = filter_steps(args);
  if (is_stream && context.settings.json)
    throw UsageError("'--json' and '-o -' both want standard output");
  check_output(output, args.has("force"), is_stream && ::isatty(STDOUT_FILENO) == 1);
  const std::string dest_prefix =
      args.has("dest-prefix") ? absolute_prefix(args.value("dest-prefix")) : std::string();
  std::optional<MinisignSecretKey> key;
  if (args.has("key")) key.emplace(load_secret_key(args, context));

  const EnvironmentLock environment = load_environment_lock(args, context);
  Packed packed{.output = output, .archive = {}, .platform = environment.platform};
  std::vector<ExtraFile> extra = runtime_files(environment.platform);
  packed.has_program = !extra.empty();
  if (self_extracting && !packed.has_program) {
    throw Error(
        ExitCode::unfit,
        "this envlock has no program that extracts itself on " + environment.platform.subdir(),
        "pack a .tar.zst, and unpack it there with 'envlock unpack'");
  }
  const HostRequirements floors =
      host_floors(environment.platform, environment.lock.platforms.at(environment.platform));
  if (args.has("host")) require_host(args, environment, floors, context);
  TreePlan plan = plan_environment(environment, context, std::move(extra));
  packed.packages = plan.packages.size();
  for (const PlannedPackage& package : plan.packages) {
    for (const std::string& script : package.link_scripts) {
      if (script.ends_with("-pre-unlink.sh")) continue;  // for who removes the package
      context.console.warning(
          "'" + script + "' of " + package.source.record.fn +
              " will not be run where the pack is unpacked: what it would set up is missing there",
          "look what it does; where that is needed, do it there by hand");
    }
  }
  packed.excluded = filter_tree(plan, steps);
  if (!dest_prefix.empty()) require_prefix_fits(plan, dest_prefix);
  if (!packed.has_program && dest_prefix.empty()) {
    context.console.warning(
        "the pack holds no program for " + environment.platform.subdir() + " that could unpack it",
        "'envlock unpack' can, or pack it with --dest-prefix for one place");
  }

  PackContent content{.lock_text = environment.text,
                      .baseline = baseline_facts(environment),
                      .dest_prefix = dest_prefix,
                      .filters = {}};
  content.needs = floors;
  for (const FilterStep& step : steps)
    content.filters.push_back((step.kind == FilterStep::Kind::exclude ? '-' : '+') + step.glob);
  if (key) {
    content.sign = [&](std::string_view manifest) {
      MinisignDigest digest{};
      Blake2b hash(digest.size());
      hash.update(std::as_bytes(std::span(manifest)));
      hash.finish(digest);
      return key
          ->sign(digest, signature_comment(std::string(pack_path::manifest), manifest.size(),
                                           context.clock))
          .file_text();
    };
  }
  PackSettings settings{.compression = output.compression,
                        .level = level,
                        .threads = context.settings.threads,
                        .executable = self_extracting};
  if (self_extracting) settings.head = self_extracting_head(runtime_program(environment.platform));
  if (output.kind == PackOutput::Kind::folder) {
    PackedFolder folder = pack_folder(plan, content, context.settings.threads,
                                      fs::absolute(output.path).string(), context.stop);
    packed.archive.manifest_sha256 = folder.manifest_sha256;
    packed.archive.files = folder.files;
    packed.archive.notices = std::move(folder.notices);
  } else if (is_stream) {
    packed.archive = pack_stream(plan, content, settings, write_stdout, context.stop);
  } else {
    packed.archive =
        pack_archive(plan, content, settings, output.path, args.has("force"), context.stop);
    packed.sha256_file = write_sha256(output, packed.archive.sha256);
    if (key) {
      const HashedFile hashed = hash_for_signature(output.path, context.stop);
      packed.signature_file = output.path + ".minisig";
      write_output_file(
          packed.signature_file, packed.signature_file,
          key->sign(hashed.digest, signature_comment(output.path, hashed.size_bytes, context.clock))
              .file_text());
    }
  }
  for (const std::string& notice : packed.archive.notices) context.console.note(notice);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("file", output.path).member("platform", environment.platform.subdir());
      json.member("packages", static_cast<std::uint64_t>(packed.packages));
      json.member("files", static_cast<std::uint64_t>(packed.archive.files));
      json.member("excluded", static_cast<std::uint64_t>(packed.excluded));
      json.member("manifest_sha256", packed.archive.manifest_sha256.hex());
      json.member("spoken_digest", spoken_digest(packed.archive.manifest_sha256));
      if (output.kind == PackOutput::Kind::folder) return;
      json.member("size", packed.archive.bytes).member("sha256", packed.archive.sha256.hex());
      json.member("sha256_file", packed.sha256_file);
      if (!packed.signature_file.empty()) json.member("signature_file", packed.signature_file);
    });
  }
  print_packed(packed, context.console);
  return ExitCode::ok;
}

}  // namespace

Command pack_command() {
  return {
      {.name = "pack",
       .summary = "Pack an environment into one file that runs elsewhere",
       .description =
           "Writes the environment of a lock straight from its verified packages: nothing is "
           "installed here, and nothing of this machine is in the pack. The same lock gives the "
           "same bytes. Inside are every file of the packages, a manifest of them (the baseline), "
           "the lock, activation scripts and bin/envlock-env, a program that needs nothing of its "
           "host: it unpacks, moves and verifies the environment there, without network, conda or "
           "Python.\n\n"
           "The end of FILE tells the form: .tar.zst, .tar.gz, .tar, .sh (a file that extracts "
           "itself), / (a folder); - is a .tar.zst on standard output. Beside FILE stands "
           "FILE.sha256, and with --key FILE.minisig.",
       .positionals = {lock_argument()},
       .groups =
           {{.title = "Options",
             .options =
                 {{.name = "output",
                   .letter = 'o',
                   .value = "FILE",
                   .help = "the pack; its end tells the form",
                   .kind = ValueKind::file},
                  one_platform_option(),
                  {.name = "compress-level",
                   .value = "N",
                   .help = "1 (fast) to 19 (small) for zstd, to 9 for gzip",
                   .fallback = "3 for zstd, 6 for gzip"},
                  {.name = "exclude",
                   .value = "GLOB",
                   .help = "leave files out whose path in the prefix matches",
                   .more =
                       "'*' stands for any characters, '/' too; what matches a folder holds for "
                       "all in it. --exclude and --include are applied in their order.",
                   .repeatable = true},
                  {.name = "include",
                   .value = "GLOB",
                   .help = "take files back in that an --exclude before it left out",
                   .repeatable = true},
                  {.name = "host",
                   .value = "NAME|FILE",
                   .help = "fail where this machine does not have what the packages need",
                   .more = "A file of 'envlock host' or 'envlock host-script', or a name of "
                           "envlock.yml's hosts.",
                   .kind = ValueKind::file},
                  {.name = "dest-prefix",
                   .value = "DIR",
                   .help = "make it for this place alone: 'tar -x' there is enough",
                   .kind = ValueKind::directory},
                  {.name = "key",
                   .value = "FILE",
                   .help = "sign the pack and its manifest with this minisign secret key",
                   .kind = ValueKind::file},
                  password_option(),
                  {.name = "force", .help = "replace FILE where it is there"}}},
            credential_options()},
       .examples = {{"For a machine without network", "envlock pack -o env.tar.zst"},
                    {"One file that extracts itself, without tests and manuals",
                     "envlock pack -o env.sh --exclude '*/tests' --exclude share/man"}},
       .exits = {ExitCode::invalid_input, ExitCode::network, ExitCode::untrusted, ExitCode::unfit}},
      run_pack};
}

}  // namespace envlock
