// bin/envlock-env: what an unpacked environment needs of envlock on a host that has none. Static:
// it runs on every Linux of its platform since kernel 3.2, without a C library, network or Python.

#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/spoken_digest.hpp"
#include "model/text.hpp"
#include "pack/preflight.hpp"
#include "pack/relocate.hpp"
#include "pack/runtime/home.hpp"
#include "pack/runtime/private_group.hpp"
#include "pack/signals.hpp"
#include "pack/unpack.hpp"
#include "verify/minisign.hpp"
#include "verify/prefix_check.hpp"
#include "verify/report/report.hpp"

namespace envlock::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view usage_text =
    R"HELP(envlock-env: unpack, move, check and use an environment that envlock packed

usage: envlock-env unpack                  after a plain 'tar -x': make it run where it lies
       envlock-env unpack FILE DIR         bring a pack (or '-', standard input) into a folder
       envlock-env unpack --rollback DIR   put back the environment that --replace replaced
       envlock-env relocate                after it was moved: make it run where it lies now
       envlock-env verify                  is every file what the manifest says?
       envlock-env check-host              does this machine have what it needs?
       envlock-env info                    what it holds, and the digest of its manifest
       envlock-env activate                for shells: eval "$(DIR/bin/envlock-env activate)"

options of unpack:
  --replace          take the place of the environment in DIR, which is kept for --rollback
  --host FILE        hold it against this host.json, not this machine (a login node has no GPU)
  --force CLASS      go on though it does not fit: platform, glibc, cuda, disk, inodes, path,
                     noexec, case, permission
  --shared           everybody may enter DIR (0755); else only you (0700)
  --no-byte-code     do not compile Python's byte code
of unpack and verify:
  --key KEY          the manifest must be signed by this minisign key: a .pub file or its line
of check-host:
  --host FILE        as above
of verify, check-host and info:
  --json             one JSON object on standard output
everywhere:
  --threads N        how many threads work; as many as there are processors

exit: 0 done, 1 verify found something, 2 wrong command line, 6 damaged, changed or not signed,
      7 input or output failed, 8 the host or the folder does not fit, 130 interrupted
)HELP";

struct Arguments {
  std::string command;
  std::vector<std::string> positionals;
  bool replace = false, shared = false, byte_code = true, json = false, rollback = false;
  std::string host, key;
  std::vector<MisfitClass> forced;
  std::size_t threads = 0;
};

std::size_t parse_threads(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > 1024)
    throw UsageError("'--threads' takes a number from 1 to 1024, not '" + text + "'");
  return number;
}

MisfitClass parse_class(const std::string& text) {
  if (const auto parsed = parse_misfit_class(text)) return *parsed;
  std::string names;
  for (const std::string_view name : misfit_class_names())
    names += (names.empty() ? "" : ", ") + std::string(name);
  throw UsageError("'--force' takes one of " + names + ", not '" + text + "'");
}

/// The options that a command takes beside --threads.
std::string_view options_of(std::string_view command) {
  if (command == "unpack")
    return " --replace --rollback --host --force --shared --no-byte-code --key ";
  if (command == "verify") return " --key --json ";
  if (command == "check-host") return " --host --json ";
  if (command == "info") return " --json ";
  return "";
}

void require_option(const Arguments& arguments, const std::string& option) {
  if (option == "--threads" ||
      options_of(arguments.command).find(' ' + option + ' ') != std::string_view::npos)
    return;
  throw UsageError("'" + arguments.command + "' takes no '" + option + "'",
                   "'envlock-env --help' lists the options of each command");
}

Arguments parse(std::vector<std::string> words) {
  Arguments out;
  std::vector<std::string> given;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i];
    if (word.size() > 2 && word.starts_with("--")) given.push_back(word);
    const auto value = [&]() -> std::string {
      if (i + 1 == words.size()) throw UsageError("'" + word + "' needs a value");
      return words[++i];
    };
    if (word == "--replace") {
      out.replace = true;
    } else if (word == "--rollback") {
      out.rollback = true;
    } else if (word == "--shared") {
      out.shared = true;
    } else if (word == "--no-byte-code") {
      out.byte_code = false;
    } else if (word == "--json") {
      out.json = true;
    } else if (word == "--host") {
      out.host = value();
    } else if (word == "--key") {
      out.key = value();
    } else if (word == "--force") {
      out.forced.push_back(parse_class(value()));
    } else if (word == "--threads") {
      out.threads = parse_threads(value());
    } else if (word.size() > 1 && word.front() == '-') {
      throw UsageError("unknown option '" + word + "'", "'envlock-env --help' lists the options");
    } else if (out.command.empty()) {
      out.command = word;
    } else {
      out.positionals.push_back(word);
    }
  }
  for (const std::string& option : given) require_option(out, option);
  if (out.threads == 0) out.threads = std::max(1U, std::thread::hardware_concurrency());
  return out;
}

void require_positionals(const Arguments& arguments, std::size_t count) {
  if (arguments.positionals.size() != count) {
    throw UsageError("'" + arguments.command + "' takes " + counted(count, "argument") +
                         ", found " + std::to_string(arguments.positionals.size()),
                     "'envlock-env --help' shows how it is used");
  }
}

void say(const std::string& line) { std::puts(printable(line).c_str()); }
void note(const std::string& line) {
  std::fprintf(stderr, "envlock-env: note: %s\n", printable(line).c_str());
}

std::string canonical(const std::string& given) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(given, error), error);
  if (error) throw IoError("cannot find out where '" + given + "' lies", error.value());
  return path.string();
}

std::string absolute(const std::string& given) {
  std::string path = canonical(given);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path == "/") throw UsageError("the root folder is no place for an environment");
  if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20; }) ||
      path.find(':') != std::string::npos)
    throw UsageError("'" + path + "' has a character that no path of an environment may have",
                     "PATH could not hold it");
  return path;
}

MinisignPublicKey read_key(const std::string& key) {
  std::error_code error;
  if (!fs::is_regular_file(key, error)) return parse_minisign_public_key(key, "the value of --key");
  std::string text;
  std::FILE* const file = std::fopen(key.c_str(), "re");
  if (file == nullptr) throw IoError("cannot open '" + key + "'", errno);
  std::array<char, 4096> piece{};
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), file)) {
    text.append(piece.data(), count);
    if (text.size() > max_minisig_bytes) break;
  }
  std::fclose(file);
  return parse_minisign_public_key(text, "'" + key + "'");
}

/// @return who signed; empty where no key was given
std::string check_signature(const PackHead& head, const std::string& key_option) {
  if (key_option.empty()) return {};
  const MinisignPublicKey key = read_key(key_option);
  if (head.signature.empty()) {
    throw TrustError("the manifest is not signed",
                     "pack it with --key where it is made, or leave --key out");
  }
  const std::string comment =
      verify_minisig(key, head.signature, head.manifest_text, std::string(pack_path::manifest));
  return "key " + to_string(key.id) + (comment.empty() ? "" : ", " + comment);
}

PreflightRequest preflight_request(const Arguments& arguments, const std::string& prefix) {
  PreflightRequest request{.prefix = prefix, .forced = arguments.forced};
  if (!arguments.host.empty()) request.host = read_host_file(arguments.host);
  for (const char* const name : {"CONDA_OVERRIDE_GLIBC", "CONDA_OVERRIDE_CUDA"}) {
    if (const char* const value = std::getenv(name)) request.overrides.emplace_back(name, value);
  }
  return request;
}

void say_how_to_use(const std::string& prefix) {
  say("Use it: . '" + prefix + "/bin/activate'   or run its programs by their path");
}

ExitCode unpack_file(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 2);
  const std::string prefix = absolute(arguments.positionals[1]);
  UnpackRequest request{.pack = arguments.positionals[0],
                        .prefix = prefix,
                        .access = {},
                        .byte_code = arguments.byte_code,
                        .replace = arguments.replace,
                        .threads = arguments.threads};
  if (arguments.shared || !arguments.replace)
    request.access = PrefixAccess{.mode = arguments.shared ? 0755U : 0700U, .group = {}};
  request.judge = [&](const PackHead& head) {
    const std::string signer = check_signature(head, arguments.key);
    if (!signer.empty()) say("Signed by " + signer);
    for (const std::string& line : preflight(head.facts.host, preflight_request(arguments, prefix)))
      note(line);
  };
  const std::string access_text = !request.access    ? ""
                                  : arguments.shared ? ", for everybody (0755)"
                                                     : ", for you alone (0700; --shared opens it)";
  const UnpackResult result = unpack(request, stop);
  for (const std::string& notice : result.notices) note(notice);
  say("Unpacked " + counted(result.packages, "package") + ", " + counted(result.files, "path") +
      ", into '" + prefix + "'" + access_text + "; manifest " +
      spoken_digest(result.manifest_sha256));
  if (!result.previous.empty())
    say("What was there is kept: envlock-env unpack --rollback '" + prefix + "' puts it back.");
  say_how_to_use(prefix);
  return ExitCode::ok;
}

ExitCode unpack_here(const Arguments& arguments, const std::stop_token& stop) {
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const std::string signer = check_signature(head, arguments.key);
  if (!signer.empty()) say("Signed by " + signer);
  PreflightRequest request = preflight_request(arguments, prefix);
  request.in_place = true;
  for (const std::string& line : preflight(head.facts.host, request)) note(line);
  const RelocateResult result = relocate(head.manifest,
                                         {.prefix = prefix,
                                          .check_all = true,
                                          .byte_code = arguments.byte_code,
                                          .threads = arguments.threads},
                                         stop);
  for (const std::string& notice : result.notices) note(notice);
  say("Every file is what the manifest says; " + counted(result.rewritten, "file") +
      " made to run in '" + prefix + "'; manifest " + spoken_digest(sha256_of(head.manifest_text)));
  say_how_to_use(prefix);
  return ExitCode::ok;
}

ExitCode run_unpack(const Arguments& arguments, const std::stop_token& stop) {
  if (arguments.rollback) {
    require_positionals(arguments, 1);
    const std::string prefix = absolute(arguments.positionals[0]);
    roll_back(prefix);
    say("'" + prefix + "' is the previous environment again; --rollback once more undoes it.");
    return ExitCode::ok;
  }
  if (!arguments.positionals.empty()) return unpack_file(arguments, stop);
  return unpack_here(arguments, stop);
}

ExitCode run_relocate(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const RelocateResult result =
      relocate(head.manifest, {.prefix = prefix, .threads = arguments.threads}, stop);
  for (const std::string& notice : result.notices) note(notice);
  say(result.rewritten == 0
          ? "'" + prefix + "' is at home already: nothing was changed."
          : counted(result.rewritten, "file") + " made to run in '" + prefix + "'.");
  return ExitCode::ok;
}

ExitCode run_verify(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  VerifyReport report;
  report.version = ENVLOCK_VERSION;
  report.prefix = prefix;
  report.against = "manifest " + std::string(pack_path::manifest);
  report.input = pack_path::manifest;
  report.input_sha256 = sha256_of(head.manifest_text);
  report.signed_by = check_signature(head, arguments.key);
  if (report.signed_by.empty()) {
    report.no_proof =
        "the manifest lies in the prefix that it judges, and no --key was given to check its "
        "signature";
  }
  report.rules = verify_rules();
  report.result = verify_prefix({.prefix = prefix,
                                 .threads = arguments.threads,
                                 .stop = stop,
                                 .is_private_group = is_private_group},
                                head.manifest);
  report.failed = fails(report.result.findings, FailOn::any);
  report.judged.findings = std::move(report.result.findings);
  if (arguments.json) {
    JsonWriter json;
    json.begin_object().member("schema", 1).member("command", "verify").member("ok", true);
    json.member("exit_code", report.failed ? 1 : 0).key("result").begin_object();
    write_json_report(json, report);
    std::fputs(json.end_object().end_object().take().c_str(), stdout);
  } else {
    std::fputs(text_report(report).c_str(), stdout);
  }
  return report.failed ? ExitCode::findings : ExitCode::ok;
}

void write_misfits(JsonWriter& json, std::string_view key, const std::vector<Misfit>& misfits) {
  json.key(key).begin_array();
  for (const Misfit& one : misfits) {
    json.begin_object().member("class", to_string(one.misfit_class)).member("needed", one.needed);
    json.member("found", one.found).member("message", one.message);
    json.member("next_step", one.next_step).end_object();
  }
  json.end_array();
}

ExitCode run_check_host(const Arguments& arguments) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  PreflightRequest request = preflight_request(arguments, prefix);
  request.in_place = true;
  request.is_check = true;
  if (arguments.json) {
    const HostVerdict verdict = preflight_verdict(head.facts.host, request);
    const bool fits = verdict.misfits.empty();
    JsonWriter json;
    json.begin_object().member("schema", 1).member("command", "check-host").member("ok", fits);
    json.member("exit_code", fits ? 0 : 8).key("result").begin_object();
    write_misfits(json, "misfits", verdict.misfits);
    write_misfits(json, "warnings", verdict.warnings);
    std::fputs(json.end_object().end_object().take().c_str(), stdout);
    return fits ? ExitCode::ok : ExitCode::unfit;
  }
  for (const std::string& line : preflight(head.facts.host, request)) note(line);
  say("This machine has what the environment needs.");
  return ExitCode::ok;
}

ExitCode run_info(const Arguments& arguments) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const Sha256 digest = sha256_of(head.manifest_text);
  if (arguments.json) {
    JsonWriter json;
    json.begin_object().member("schema", 1).member("command", "info").member("ok", true);
    json.member("exit_code", 0).key("result").begin_object().member("prefix", prefix);
    json.member("platform", head.manifest.platform.subdir());
    json.member("manifest_sha256", digest.hex()).member("spoken_digest", spoken_digest(digest));
    json.member("lock_sha256", head.manifest.lock_sha256.hex());
    json.member("signed", !head.signature.empty());
    json.key("host");
    write_host_requirements(json, head.facts.host);
    json.key("packages").begin_array();
    for (const BaselinePackage& package : head.manifest.packages) {
      json.begin_line_object().member("name", package.name).member("version", package.version);
      json.member("build", package.build).end_object();
    }
    std::fputs(json.end_array().end_object().end_object().take().c_str(), stdout);
    return ExitCode::ok;
  }
  say("'" + prefix + "', for " + head.manifest.platform.subdir());
  say("manifest " + spoken_digest(digest) + "  sha256 " + digest.hex() +
      (head.signature.empty() ? "  (not signed)" : "  (signed: 'verify --key' checks by whom)"));
  for (const BaselinePackage& package : head.manifest.packages)
    say("  " + package.name + ' ' + package.version + ' ' + package.build);
  return ExitCode::ok;
}

ExitCode run_activate(const Arguments& arguments) {
  require_positionals(arguments, 0);
  std::string quoted;
  for (const char c : own_prefix() + "/bin/activate")
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  std::printf(". '%s'\n", quoted.c_str());
  return ExitCode::ok;
}

ExitCode run(const Arguments& arguments) {
  const SignalWatcher signals;
  const std::stop_token stop = signals.token();
  if (arguments.command == "unpack") return run_unpack(arguments, stop);
  if (arguments.command == "relocate") return run_relocate(arguments, stop);
  if (arguments.command == "verify") return run_verify(arguments, stop);
  if (arguments.command == "check-host") return run_check_host(arguments);
  if (arguments.command == "info") return run_info(arguments);
  if (arguments.command == "activate") return run_activate(arguments);
  throw UsageError(arguments.command.empty() ? "no command is given"
                                             : "there is no command '" + arguments.command + "'",
                   "'envlock-env --help' lists the commands");
}

int fail(const Error& error) {
  // Lines of their own stay lines.
  std::string_view text = error.what();
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += (shown.empty() ? "" : "\n") + printable(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::fprintf(stderr, "envlock-env: error: %s\n", shown.c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "  hint: %s\n", printable(error.hint()).c_str());
  return static_cast<int>(error.exit_code());
}

}  // namespace
}  // namespace envlock::runtime

int main(int argc, char** argv) {
  using namespace envlock;
  // The host's openssl.cnf could name libraries to load: a static program must not look at it.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  std::vector<std::string> words(argv + 1, argv + argc);
  const std::string_view called = argc > 0 ? argv[0] : "";
  if (called.ends_with("envlock-unpack")) words.insert(words.begin(), "unpack");
  try {
    for (const std::string& word : words) {
      if (word != "--help" && word != "-h") continue;
      std::fwrite(runtime::usage_text.data(), 1, runtime::usage_text.size(), stdout);
      return 0;
    }
    const ExitCode code = runtime::run(runtime::parse(std::move(words)));
    if (std::fflush(stdout) != 0) throw IoError("cannot write to standard output", errno);
    return static_cast<int>(code);
  } catch (const Error& error) {
    return runtime::fail(error);
  } catch (const std::bad_alloc&) {
    return runtime::fail(IoError("not enough memory"));
  } catch (const std::exception& error) {
    return runtime::fail(InternalError(error.what()));
  }
}
