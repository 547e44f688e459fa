#include "cli/trust_command.hpp"

#include <array>
#include <string_view>

#include "cli/trust_check.hpp"
#include "cli/trust_init.hpp"
#include "cli/trust_show.hpp"
#include "cli/trust_update.hpp"

namespace envlock {
namespace {

/// What `envlock trust` can be told to do.
struct Action {
  std::string_view name;
  ExitCode (*run)(const ParsedArgs& args, Context& context);
  OptionGroup (*options)() = nullptr;  ///< That no other action takes.
  bool takes_channels = true;
};

constexpr std::array actions{Action{"check", trust_check, trust_check_options, false},
                             Action{"init", trust_init, trust_init_options},
                             Action{"show", trust_show}, Action{"update", trust_update}};

std::vector<std::string_view> action_names() {
  std::vector<std::string_view> names;
  for (const Action& action : actions) names.push_back(action.name);
  return names;
}

void refuse_options_of_others(const ParsedArgs& args, std::string_view name) {
  for (const Action& other : actions) {
    if (other.name == name || other.options == nullptr) continue;
    for (const Option& option : other.options().options) {
      if (args.has(option.name))
        throw UsageError("'--" + std::string(option.name) + "' is an option of 'trust " +
                         std::string(other.name) + "', not of 'trust " + std::string(name) + "'");
    }
  }
}

ExitCode trust(const ParsedArgs& args, Context& context) {
  const std::string name = args.positional(0);
  for (const Action& action : actions) {
    if (action.name != name) continue;
    refuse_options_of_others(args, name);
    if (!action.takes_channels && args.positionals().size() > 1)
      throw UsageError("'trust " + name + "' takes no '" + args.positional(1) + "'",
                       "its files are given as options: --root FILE");
    return action.run(args, context);
  }
  throw InternalError("trust: the parser let '" + name + "' through");
}

}  // namespace

Command trust_command() {
  return {{.name = "trust",
           .summary = "Judge roots of trust and what is signed under them",
           .description =
               "'init' gets the first root of a channel and prints its sha256, keys and expiry. "
               "With --root-sha256 it is kept beside envlock.yml, and the lines that envlock.yml "
               "needs are printed.\n\n"
               "'show' prints what envlock.yml demands of its channels and what was seen of their "
               "roots and key managers last, without a network.\n\n"
               "'update' asks the channels that demand signatures for their newest roots and key "
               "managers.\n\n"
               "'check' judges conda's content-trust metadata without a network: the root that "
               "you trust, the roots after it, key managers under the last accepted root, then "
               "the signed records of a repodata under the last accepted key manager. Each gets "
               "one line: accepted, or refused and why.\n\n"
               "Expiry is judged at the present time, or at that of --now.",
           .positionals = {{.name = "ACTION",
                            .help = "what to do",
                            .required = true,
                            .kind = ValueKind::choice,
                            .choices = action_names()},
                           {.name = "CHANNEL",
                            .help = "a channel of envlock.yml (show, update: default all that "
                                    "demand signatures), or for init also its URL or path",
                            .repeatable = true}},
           .groups = {trust_init_options(), trust_check_options(), credential_options()},
           .examples = {{"Look at a channel's first root; the digest then makes it the pinned one",
                         "envlock trust init https://conda.acme.example/acme"},
                        {"What is believed now, and until when", "envlock trust show"},
                        {"A new root and the key manager under it",
                         "envlock trust check --root 1.root.json --next 2.root.json "
                         "--key-mgr key_mgr.json"},
                        {"One signed record, as of a day in the past",
                         "envlock trust check --root 1.root.json --key-mgr key_mgr.json "
                         "--repodata repodata.json --package zlib-1.3.1-h0_0.conda "
                         "--now 2026-01-15"}},
           .exits = {ExitCode::invalid_input, ExitCode::network, ExitCode::untrusted}},
          trust};
}

}  // namespace envlock
