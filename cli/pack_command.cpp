#include "cli/pack_command.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>

#include "cli/environment_plan.hpp"
#include "cli/host_input.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "cli/pack_channel.hpp"
#include "cli/pack_prefix.hpp"
#include "cli/pack_report.hpp"
#include "cli/pack_request.hpp"
#include "cli/password.hpp"
#include "cli/runtime_program.hpp"
#include "cli/secret_key.hpp"
#include "cli/stale_lock.hpp"
#include "model/host_floors.hpp"
#include "model/shell_word.hpp"
#include "pack/pack_archive.hpp"
#include "pack/pack_folder.hpp"
#include "pack/self_extracting.hpp"
#include "verify/blake2b.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

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
  write_beside_pack(target, target,
                    sha256.hex() + "  " + fs::path(output.path).filename().string() + '\n');
  return target;
}

HostDescription described_host(const ParsedArgs& args, const EnvironmentLock& environment) {
  return load_host(args.value("host"), environment.project, fs::current_path());
}

void refuse_misfits(const ParsedArgs& args, const HostVerdict& verdict, std::string hint) {
  if (verdict.misfits.empty()) return;
  std::string text = "'" + args.value("host") + "' does not have what the environment needs:";
  for (const Misfit& misfit : verdict.misfits)
    text += "\n  " + misfit.message + "; " + misfit.next_step;
  throw Error(ExitCode::unfit, text, std::move(hint));
}

/// What the records ask, held against a described machine.
void require_host(const ParsedArgs& args, const EnvironmentLock& environment,
                  const HostRequirements& needs, Context& context) {
  const HostVerdict verdict = judge_host(needs, described_host(args, environment), {});
  for (const Misfit& warning : verdict.warnings)
    context.console.warning(warning.message, warning.next_step);
  refuse_misfits(
      args, verdict,
      "solve for it: envlock solve --virtual-package " + shell_word("host:" + args.value("host")));
}

/// What the files ask: room, paths and glibc's symbols, known once they are read.
void require_room_at_host(const ParsedArgs& args, const EnvironmentLock& environment,
                          const std::string& dest_prefix, const HostRequirements& needs) {
  const HostDescription host = described_host(args, environment);
  const std::string described = host.target ? host.target->path : std::string();
  refuse_misfits(
      args, judge_host(needs, host, dest_prefix.empty() ? described : dest_prefix),
      "describe another folder: envlock host --prefix DIR; or leave files out: --exclude");
}

/// A self-extracting file needs a program that extracts it.
void require_program(const PackRequest& request, const Platform& platform, bool has_program) {
  if (request.output.kind != PackOutput::Kind::self_extracting || has_program) return;
  throw Error(ExitCode::unfit,
              "this envlock has no program that extracts itself on " + platform.subdir(),
              "pack a .tar.zst, and unpack it there with 'envlock unpack'");
}

/// What will be missing or odd where it is unpacked.
void warn_of_pack(const TreePlan& plan, const PackRequest& request, const Platform& platform,
                  bool has_program, Console& console) {
  for (const PlannedPackage& package : plan.packages) {
    for (const std::string& script : package.link_scripts) {
      if (script.ends_with("-pre-unlink.sh")) continue;  // for who removes the package
      console.warning(
          "'" + script + "' of " + package.source.record.fn +
              " will not be run where the pack is unpacked: what it would set up is missing there",
          "look what it does; where that is needed, do it there by hand");
    }
  }
  if (has_program || !request.dest_prefix.empty()) return;
  console.warning("the pack holds no program for " + platform.subdir() + " that could unpack it",
                  "'envlock unpack' can, or pack it with --dest-prefix for one place");
}

MinisignDigest finished(Blake2b& hash) {
  MinisignDigest digest{};
  hash.finish(digest);
  return digest;
}

PackContent pack_content(const EnvironmentLock& environment, const HostRequirements& floors,
                         const PackRequest& request, const Clock& clock) {
  PackContent content{.lock_text = environment.text,
                      .baseline = baseline_facts(environment),
                      .dest_prefix = request.dest_prefix,
                      .filters = {}};
  content.needs = floors;
  for (const FilterStep& step : request.steps)
    content.filters.push_back((step.kind == FilterStep::Kind::exclude ? '-' : '+') + step.glob);
  if (!request.key) return content;
  content.sign = [&](std::string_view manifest) {
    const std::string comment =
        signature_comment(std::string(pack_path::manifest), manifest.size(), clock);
    const auto digest =
        blake2b_of<std::tuple_size_v<MinisignDigest>>(std::as_bytes(std::span(manifest)));
    return request.key->sign(digest, comment).file_text();
  };
  return content;
}

/// The archive under its name, and what stands beside it.
void write_files(const TreePlan& plan, const PackContent& content, PackSettings settings,
                 const PackRequest& request, PackReport& report, Context& context) {
  const std::string& path = request.output.path;
  Blake2b hash(std::tuple_size_v<MinisignDigest>);
  // What is signed is what was written, not what lies under the name afterwards.
  if (request.key) settings.observe = [&](std::span<const std::byte> bytes) { hash.update(bytes); };
  report.archive = pack_archive(plan, content, settings, path, request.replace, context.stop);
  report.sha256_file = write_sha256(request.output, report.archive.sha256);
  if (!request.key) return;
  report.signature_file = path + ".minisig";
  const std::string comment = signature_comment(path, report.archive.bytes, context.clock);
  write_beside_pack(report.signature_file, report.signature_file,
                    request.key->sign(finished(hash), comment).file_text());
}

void write_pack(const TreePlan& plan, const PackContent& content, const PackRequest& request,
                PackReport& report, Context& context) {
  const bool self_extracting = request.output.kind == PackOutput::Kind::self_extracting;
  PackSettings settings{.compression = request.output.compression,
                        .level = request.level,
                        .threads = context.settings.threads,
                        .executable = self_extracting};
  if (self_extracting) settings.head = self_extracting_head(runtime_program(report.platform));
  switch (request.output.kind) {
    case PackOutput::Kind::folder: {
      PackedFolder folder = pack_folder(plan, content, context.settings.threads,
                                        fs::absolute(request.output.path).string(), context.stop);
      report.archive.manifest_sha256 = folder.manifest_sha256;
      report.archive.files = folder.files;
      report.archive.notices = std::move(folder.notices);
      return;
    }
    case PackOutput::Kind::channel:
      throw InternalError("a channel is no pack");
    case PackOutput::Kind::stream:
      report.archive = pack_stream(plan, content, settings, write_stdout, context.stop);
      return;
    case PackOutput::Kind::archive:
    case PackOutput::Kind::self_extracting:
      write_files(plan, content, std::move(settings), request, report, context);
      return;
  }
}

/// What the target must have, and whether it is known to have it: before packages are fetched.
HostRequirements require_target(const ParsedArgs& args, const EnvironmentLock& environment,
                                const PackRequest& request, Context& context) {
  require_program(request, environment.platform, !runtime_program(environment.platform).empty());
  HostRequirements floors =
      host_floors(environment.platform, environment.lock.platforms.at(environment.platform));
  if (args.has("host")) require_host(args, environment, floors, context);
  return floors;
}

/// What is the same for a lock and for a prefix, once the tree is planned.
ExitCode pack_plan(const ParsedArgs& args, const EnvironmentLock& environment,
                   const HostRequirements& floors, const TreePlan& plan, const PrefixToPack* prefix,
                   const PackRequest& request, PackReport report, Context& context) {
  report.output = request.output;
  report.platform = environment.platform;
  report.is_signed = request.key.has_value();
  report.dest_prefix = request.dest_prefix;
  report.packages = plan.packages.size();
  report.has_program = !runtime_program(environment.platform).empty();
  warn_of_pack(plan, request, environment.platform, report.has_program, context.console);
  if (!request.dest_prefix.empty()) require_prefix_fits(plan, request.dest_prefix);
  PackContent content = pack_content(environment, floors, request, context.clock);
  if (args.has("host")) {
    content.judge = [&](const HostRequirements& needs) {
      require_room_at_host(args, environment, request.dest_prefix, needs);
    };
  }
  if (prefix != nullptr) {
    content.baseline.variables = prefix->baseline.variables;
    content.accepted = prefix->choice.accepted;
    content.no_proof = prefix->report.no_proof;
    content.prefix_files = prefix->files.get();
  }
  write_pack(plan, content, request, report, context);
  return report_pack(report, context);
}

ExitCode pack_installed(const ParsedArgs& args, const PackRequest& request, Context& context) {
  PrefixToPack prefix = read_prefix_to_pack(args, request, context);
  if (prefix.is_refused()) return report_refused(prefix, request, context);
  const HostRequirements floors = require_target(args, prefix.environment, request, context);
  for (const std::string& notice : prefix.notices) context.console.warning(notice);
  if (!prefix.report.no_proof.empty())
    context.console.warning("this is no proof: " + prefix.report.no_proof);
  say_unowned(prefix, context.console);
  return pack_plan(args, prefix.environment, floors, prefix.plan, &prefix, request,
                   {.excluded = prefix.excluded, .accepted = prefix.choice.accepted}, context);
}

ExitCode run_pack(const ParsedArgs& args, Context& context) {
  const PackRequest request = read_pack_request(args, context);
  if (args.has("prefix")) return pack_installed(args, request, context);
  const EnvironmentLock environment = load_environment_lock(args, context);
  warn_of_stale_lock(environment.lock, environment.path, context);
  if (request.output.kind == PackOutput::Kind::channel)
    return pack_channel(args, environment, request, context);
  const HostRequirements floors = require_target(args, environment, request, context);
  TreePlan plan = plan_environment(environment, context, PypiGaps::local_left_out,
                                   runtime_files(environment.platform));
  const FilteredTree filtered = filter_tree(plan, request.steps);
  // One list of patterns may serve many locks, and all that could stay in is of their packages.
  for (const FilterStep& step : filtered.unmatched)
    context.console.warning(told_unmatched(step), std::string(unmatched_hint));
  return pack_plan(args, environment, floors, plan, nullptr, request,
                   {.excluded = filtered.removed}, context);
}

}  // namespace

Command pack_command() {
  return {
      {.name = "pack",
       .summary = "Pack an environment into one file that runs elsewhere",
       .description =
           "Writes the environment of a lock straight from its verified packages: nothing is "
           "installed here, and nothing of this machine is in the pack. The same lock gives the "
           "same bytes. With --prefix it writes what is installed, which must be what a lock or a "
           "baseline says, or accepted. Inside are every file of the packages, a manifest of them "
           "(the baseline), "
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
                  {.name = "format",
                   .value = "FORMAT",
                   .help = "what a folder becomes: 'channel', the packages as they are",
                   .more = "With -o DIR/: a channel that conda and envlock install from, and the "
                           "lock. Else how the result is printed; 'json' is the same as --json.",
                   .fallback = "text",
                   .kind = ValueKind::choice,
                   .choices = {"text", "json", "channel"}},
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
                       "all in it. --exclude and --include are applied in their order. One that "
                       "matches "
                       "nothing is a warning, and with --prefix exit 2.",
                   .repeatable = true},
                  {.name = "include",
                   .value = "GLOB",
                   .help = "take files back in that an --exclude before it left out",
                   .more = "With --prefix also what no package brought.",
                   .repeatable = true},
                  {.name = "prefix",
                   .letter = 'p',
                   .value = "DIR",
                   .help = "pack this installed environment, once it is verified",
                   .more = "It is held against --lock, --baseline or --self. What is not as it "
                           "must be is exit 1, and nothing is written; what no package brought is "
                           "taken by --include, left by --exclude. Findings that an envlock.yml "
                           "accepts "
                           "pass where --project names it. docs/pack.md has more.",
                   .kind = ValueKind::directory},
                  {.name = "lock",
                   .value = "LOCK",
                   .help = "what the prefix must hold, by the packages of this lock",
                   .fallback = "envlock.lock",
                   .kind = ValueKind::file},
                  {.name = "baseline",
                   .value = "FILE",
                   .help = "what the prefix must hold, without packages",
                   .kind = ValueKind::file},
                  {.name = "self",
                   .help = "hold the prefix against its own lock: no proof, and the pack says so"},
                  {.name = "host",
                   .value = "NAME|FILE",
                   .help = "fail where this machine does not have what the packages need",
                   .more = "A file of 'envlock host' or 'envlock host-script', or a name of "
                           "envlock.yml's hosts.",
                   .kind = ValueKind::file},
                  {.name = "dest-prefix",
                   .value = "DIR",
                   .help = "make it for this place alone: 'tar -x' there is enough",
                   .more = "An absolute path on the machine that unpacks.",
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
                     "envlock pack -o env.sh --exclude '*/tests' --exclude share/man"},
                    {"What is installed, and the data that it has beside its packages",
                     "envlock pack --prefix /opt/env --lock envlock.lock --include 'share/data/*' "
                     "-o env.tar.zst"},
                    {"A channel, to install from where there is no network",
                     "envlock pack -o channel/ --format channel"}},
       .exits = {ExitCode::findings, ExitCode::invalid_input, ExitCode::network,
                 ExitCode::untrusted, ExitCode::unfit},
       .formats_are_documents = true},
      run_pack};
}

}  // namespace envlock
