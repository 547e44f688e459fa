#include "cli/password.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <stop_token>

#include "cli/redactor.hpp"
#include "fetch/credential_files.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_password_bytes = 1024;

/// Standard input that shows nothing of what is typed, while it lives.
class QuietTerminal {
 public:
  QuietTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) throw IoError("cannot use the terminal", errno);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0) {
      throw IoError("cannot keep the terminal from showing a password", errno);
    }
  }
  ~QuietTerminal() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

 private:
  termios before_{};
};

/// The question on the last line of standard error, while it lives.
class Prompt {
 public:
  Prompt(Console& console, const std::string& question) : console_(console) {
    console_.set_status(question + ": ");
  }
  ~Prompt() { console_.set_status({}); }
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

 private:
  Console& console_;
};

/// One byte of the terminal; nothing at its end.
std::optional<char> next_byte(const std::stop_token& stop) {
  constexpr int patience_ms = 100;  // until Ctrl-C is noticed
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    pollfd wanted{STDIN_FILENO, POLLIN, 0};
    if (::poll(&wanted, 1, patience_ms) <= 0) continue;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read from the terminal", errno);
    if (got == 0) return std::nullopt;
    return byte;
  }
}

Secret ask(Context& context, const std::string& question) {
  const QuietTerminal quiet;
  const Prompt prompt(context.console, question);
  std::string typed;
  typed.reserve(max_password_bytes + 2);  // growing would leave copies behind
  try {
    for (std::optional<char> byte; (byte = next_byte(context.stop)) && *byte != '\n';) {
      if (typed.size() <= max_password_bytes) typed += *byte;
    }
  } catch (...) {
    wipe(typed);
    throw;
  }
  return Secret::take(typed);
}

}  // namespace

Option password_option() {
  return {.name = "password-fd",
          .value = "N",
          .help = "read the key's password from this open file descriptor",
          .more =
              "One line. A password takes 1 GiB of memory and some seconds each time, as "
              "minisign has it; a key without one is for machines that keep it secret in "
              "other ways, such as CI.",
          .fallback = "asked on the terminal"};
}

bool can_ask_password() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

Secret read_password(const ParsedArgs& args, Context& context, const std::string& question,
                     bool twice) {
  protect_process_memory();
  Secret password;
  if (args.has("password-fd")) {
    const int descriptor = read_descriptor(args, "password-fd");
    password = without_line_end(read_credential_descriptor(descriptor, "--password-fd"));
  } else {
    if (!can_ask_password()) {
      throw UsageError("a password is needed and there is no terminal to ask for it",
                       std::string("add --password-fd N (for example: --password-fd 3 3< FILE)") +
                           (twice ? ", or --no-password for a key without one" : ""));
    }
    password = ask(context, question);
    if (twice && ask(context, "The same again").reveal() != password.reveal()) {
      throw UsageError("the two passwords differ", "run the command again");
    }
  }
  if (password.reveal().size() > max_password_bytes) {
    throw UsageError("a password has at most 1024 bytes", "take a shorter one");
  }
  if (twice && password.empty()) {
    throw UsageError("the password is empty", "for a key without one, say --no-password");
  }
  context.console.hide(password.reveal());
  return password;
}

}  // namespace envlock
