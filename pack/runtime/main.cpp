// bin/envlock-env: what an unpacked environment needs of envlock on a host that has none. Static:
// it runs on every Linux of its platform since kernel 3.2, without a C library, network or Python.

#include <openssl/crypto.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "pack/runtime/arguments.hpp"
#include "pack/runtime/commands.hpp"
#include "pack/runtime/output.hpp"
#include "pack/signals.hpp"

namespace envlock::runtime {
namespace {

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
                   "--help lists the commands");
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
  const auto options_end = std::ranges::find(words, "--");
  const auto is_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (std::any_of(words.begin(), options_end, is_help)) {
    const std::string_view text = runtime::usage_text();
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 7;
  }
  // Looked for before anything is parsed, so that a wrong option answers in JSON too.
  const bool json = std::find(words.begin(), options_end, "--json") != options_end;
  const std::string command = words.empty() ? std::string() : words.front();
  try {
    const ExitCode code = runtime::run(runtime::parse_arguments(words));
    if (std::fflush(stdout) != 0) throw IoError("cannot write to standard output", errno);
    return static_cast<int>(code);
  } catch (const Error& error) {
    return runtime::fail(error, command, json);
  } catch (const std::bad_alloc&) {
    return runtime::fail(IoError("not enough memory"), command, json);
  } catch (const std::exception& error) {
    return runtime::fail(InternalError(error.what()), command, json);
  }
}
