#include "cli/trust_command.hpp"

#include <array>
#include <string_view>

#include "cli/trust_check.hpp"

namespace envlock {
namespace {

/// What `envlock trust` can be told to do.
struct Action {
  std::string_view name;
  ExitCode (*run)(const ParsedArgs& args, Context& context);
};

constexpr std::array actions{Action{"check", trust_check}};

std::vector<std::string_view> action_names() {
  std::vector<std::string_view> names;
  for (const Action& action : actions) names.push_back(action.name);
  return names;
}

ExitCode trust(const ParsedArgs& args, Context& context) {
  const std::string name = args.positional(0);
  for (const Action& action : actions) {
    if (action.name == name) return action.run(args, context);
  }
  throw InternalError("trust: the parser let '" + name + "' through");
}

}  // namespace

Command trust_command() {
  return {{.name = "trust",
           .summary = "Judge roots of trust and what is signed under them",
           .description =
               "'check' judges conda's content-trust metadata without a network: the root that "
               "you trust, the roots after it, key managers under the last accepted root, then "
               "the signed records of a repodata under the last accepted key manager. Each gets "
               "one line: accepted, or refused and why. Expiry is judged at the present time, or "
               "at that of --now.",
           .positionals = {{.name = "ACTION",
                            .help = "what to do",
                            .required = true,
                            .kind = ValueKind::choice,
                            .choices = action_names()}},
           .groups = {trust_check_options()},
           .examples = {{"A new root and the key manager under it",
                         "envlock trust check --root 1.root.json --next 2.root.json "
                         "--key-mgr key_mgr.json"},
                        {"One signed record, as of a day in the past",
                         "envlock trust check --root 1.root.json --key-mgr key_mgr.json "
                         "--repodata repodata.json --package zlib-1.3.1-h0_0.conda "
                         "--now 2026-01-15"}},
           .exits = {ExitCode::untrusted}},
          trust};
}

}  // namespace envlock
