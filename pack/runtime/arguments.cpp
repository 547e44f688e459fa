#include "pack/runtime/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock::runtime {
namespace {

constexpr std::string_view help_text =
    R"HELP(envlock-env: unpack, move, check and use an environment that envlock packed

usage: envlock-env unpack                  after a plain 'tar -x': make it run where it lies
       envlock-env unpack FILE DIR         bring a pack (or '-', standard input) into a folder
       envlock-env unpack --rollback DIR   put back the environment that --replace replaced
       envlock-env relocate                after it was moved: make it run where it lies now
       envlock-env verify                  is every file what the manifest says?
       envlock-env check-host              does this machine have what it needs?
       envlock-env info                    what it holds, and the digest of its manifest
       envlock-env activate                for sh, bash, zsh: eval "$(DIR/bin/envlock-env activate)"

options of unpack:
  --replace          take the place of the environment in DIR, which is kept for --rollback
  --host FILE        hold it against this host.json, not this machine (a login node has no GPU)
  --force CLASS      go on though it does not fit: platform, glibc, cuda, disk, inodes, path,
                     noexec, case, permission
  --private          only you may enter DIR (0700), which is so where neither is given, unless
                     root unpacks outside of its home; what a plain tar made stays as it is
  --shared           everybody may enter DIR (0755)
  --no-byte-code     do not compile Python's byte code
of unpack and verify:
  --key KEY          the manifest must be signed by this minisign key: a .pub file or its line
of verify:
  --digest DIGEST    the manifest must have this digest: what 'envlock pack' printed
of check-host:
  --host FILE        as above
of verify, check-host and info:
  --json             one JSON object on standard output
of activate:
  --shell SHELL      sh (as above) or fish: eval (DIR/bin/envlock-env activate --shell fish)
everywhere:
  --threads N        how many threads work; as many as there are processors
  --                 what follows is no option, also where it begins with '-'

exit: 0 done, 1 verify found something, 2 wrong command line, 6 damaged, changed or not signed,
      7 input or output failed, 8 the host or the folder does not fit, 130 interrupted
)HELP";

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

Shell parse_shell(const std::string& text) {
  if (text == "sh" || text == "bash" || text == "zsh") return Shell::posix;
  if (text == "fish") return Shell::fish;
  throw UsageError("'--shell' takes sh, bash, zsh or fish, not '" + text + "'");
}

/// The options that a command takes beside --threads.
std::string_view options_of(std::string_view command) {
  if (command == "unpack")
    return " --replace --rollback --host --force --private --shared --no-byte-code --key ";
  if (command == "verify") return " --key --digest --json ";
  if (command == "check-host") return " --host --json ";
  if (command == "info") return " --json ";
  if (command == "activate") return " --shell ";
  return "";
}

void require_option(const Arguments& arguments, const std::string& option) {
  if (option == "--threads" ||
      options_of(arguments.command).find(' ' + option + ' ') != std::string_view::npos)
    return;
  throw UsageError("'" + arguments.command + "' takes no '" + option + "'",
                   "--help lists the options of each command");
}

}  // namespace

std::string_view usage_text() noexcept { return help_text; }

Arguments parse_arguments(const std::vector<std::string>& words) {
  Arguments out;
  out.threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> given;
  bool only_positionals = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i];
    if (!only_positionals && word.size() > 2 && word.starts_with("--")) given.push_back(word);
    const auto value = [&]() -> std::string {
      if (i + 1 == words.size()) throw UsageError("'" + word + "' needs a value");
      return words[++i];
    };
    if (only_positionals) {
      out.positionals.push_back(word);
    } else if (word == "--") {
      only_positionals = true;
    } else if (word == "--replace") {
      out.replace = true;
    } else if (word == "--rollback") {
      out.rollback = true;
    } else if (word == "--private") {
      out.is_private = true;
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
    } else if (word == "--digest") {
      out.digest = value();
    } else if (word == "--force") {
      out.forced.push_back(parse_class(value()));
    } else if (word == "--shell") {
      out.shell = parse_shell(value());
    } else if (word == "--threads") {
      out.threads = parse_threads(value());
    } else if (word.size() > 1 && word.front() == '-') {
      throw UsageError("unknown option '" + word + "'", "--help lists the options");
    } else if (out.command.empty()) {
      out.command = word;
    } else {
      out.positionals.push_back(word);
    }
  }
  for (const std::string& option : given) require_option(out, option);
  if (out.is_private && out.shared)
    throw UsageError("'--private' and '--shared' exclude each other", "give one");
  return out;
}

void require_positionals(const Arguments& arguments, std::size_t count) {
  if (arguments.positionals.size() != count) {
    throw UsageError("'" + arguments.command + "' takes " + counted(count, "argument") +
                         ", found " + std::to_string(arguments.positionals.size()),
                     "--help shows how it is used");
  }
}

}  // namespace envlock::runtime
