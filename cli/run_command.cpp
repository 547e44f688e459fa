#include "cli/run_command.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "cli/prefix_argument.hpp"
#include "model/shell_word.hpp"
#include "model/update_paths.hpp"

namespace envlock {
namespace {

/// A script that fails never lets the command run outside of the environment.
constexpr const char* program = R"(. "$1" || exit 125; shift; exec "$@")";

/// Becomes the command. @throws IoError where not even the shell can be started
[[noreturn]] void become(const std::string& script, const std::vector<std::string>& command) {
  std::vector<std::string> arguments{"sh", "-c", program, "envlock", script};
  arguments.insert(arguments.end(), command.begin(), command.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  // This program waits for signals in a thread; the command gets them as anybody does.
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::execv("/bin/sh", pointers.data());
  throw IoError("cannot run /bin/sh", errno);
}

ExitCode run_run(const ParsedArgs& args, Context& context) {
  const std::string prefix = require_prefix(args);
  const std::string script = prefix + "/bin/activate";
  if (context.settings.json) {
    throw UsageError("'run' has no result of its own that '--json' could print",
                     "put it behind '--' where it is the command's");
  }
  std::error_code error;
  if (!std::filesystem::exists(prefix + "/conda-meta", error)) {
    if (error) {
      throw IoError("cannot look into '" + prefix + "'", error.value(),
                    "whoever made the environment can let you in: 'envlock install' has --shared "
                    "and --group");
    }
    throw IoError("'" + prefix + "' is no environment", "'envlock install' makes one");
  }
  const std::string journal = prefix + '/' + std::string(update_journal_file);
  if (::access(journal.c_str(), F_OK) == 0) {
    throw IoError("an update of '" + prefix + "' was interrupted",
                  "'envlock install' with its lock completes it");
  }
  if (::access(script.c_str(), R_OK) != 0 && errno != ENOENT)
    throw IoError("cannot read '" + script + "'", errno,
                  "whoever made the environment can let you in: 'envlock install' has --shared and "
                  "--group");
  if (!std::filesystem::exists(script, error)) {
    throw IoError("'" + prefix + "' has no bin/activate: envlock did not make it",
                  "conda and micromamba run commands in environments of theirs");
  }
  if (args.positionals().empty())
    throw UsageError("no command is given",
                     "for example: envlock run -p " + shell_word(prefix) + " -- python");
  become(script, args.positionals());
}

}  // namespace

Command run_command() {
  return {{.name = "run",
           .summary = "Run a command inside of an environment",
           .description =
               "Activates an environment that envlock made, with its variables and activation "
               "scripts, and becomes the command: its exit status and signals are the command's. "
               "What fails before that ends with 125; 126 is a command that cannot be run, 127 one "
               "that is not there.\n\n"
               "PYTHONNOUSERSITE is set, so that packages of the user's own home do not get in; "
               "ENVLOCK_USER_SITE=1 lets them.",
           .positionals = {{.name = "COMMAND",
                            .help = "the command and its arguments, behind --",
                            .required = true,
                            .repeatable = true}},
           .groups = {{.title = "Options", .options = {prefix_option("the environment's folder")}}},
           .examples = {{"Python of an environment", "envlock run -p ./env -- python -V"},
                        {"A job of cron", "envlock run -p /opt/gpu -- train.py --epochs 3"}},
           .exits = {},
           .takes_a_command = true},
          run_run};
}

}  // namespace envlock
