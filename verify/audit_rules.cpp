#include <array>

#include "verify/audit.hpp"

namespace envlock {
namespace {

constexpr std::string_view no_user_site =
    "start the environment by its activate script or 'envlock run', which leave the user site out, "
    "or set PYTHONNOUSERSITE=1";
constexpr std::string_view unset_it = "remove the line, or unset the variable for this environment";
constexpr std::string_view hashed_in_file =
    "set a password with 'jupyter server password', which keeps a hash in a file of mode 0600";

using T = RuleTrait;

// The table that docs/audit.md shows, in the order of ids.
constexpr auto rules = std::to_array<Rule>({
    {"EL401", "user-site-shadows", Severity::warning, T::decides_what_runs,
     "A user's own site-packages has modules that are in the environment, too, and python takes "
     "those of the user first.",
     no_user_site},
    {"EL402", "user-site-code", Severity::warning, T::decides_what_runs,
     "A user's own site-packages has something that python runs at every start (a .pth file, "
     "usercustomize, sitecustomize).",
     no_user_site},
    {"EL403", "user-site", Severity::note, T::none,
     "A user's own site-packages adds modules that the lock does not know.", no_user_site},
    {"EL404", "python-path", Severity::warning, T::decides_what_runs,
     "A variable puts folders in front of those of the environment.", unset_it},
    {"EL405", "python-home", Severity::error, T::decides_what_runs,
     "PYTHONHOME makes the environment's python use another standard library.", unset_it},
    {"EL406", "python-startup", Severity::warning, T::decides_what_runs,
     "PYTHONSTARTUP names a file that python runs in every interactive session.", unset_it},
    {"EL407", "library-path", Severity::warning, T::decides_what_runs,
     "A variable of the dynamic loader puts other libraries before those of the environment.",
     unset_it},
    {"EL411", "all-addresses", Severity::error, T::decides_what_runs,
     "A server that runs code listens on all addresses of the host.",
     "listen on localhost and reach it by ssh -L, or put a proxy with TLS and login before it"},
    {"EL412", "no-token", Severity::error, T::decides_what_runs,
     "The token is empty and no password is set: whoever reaches the server runs code.",
     "remove the setting, so that a token is made at each start"},
    {"EL413", "empty-password", Severity::note, T::none,
     "An empty password is none: the token alone keeps others out.", "remove the setting"},
    {"EL414", "secret-in-arguments", Severity::error, T::decides_what_runs,
     "A password or token is an argument of a command: every user of the host can read it.",
     hashed_in_file},
    {"EL415", "weak-password-hash", Severity::warning, T::decides_what_runs,
     "A password is kept as a fast hash, which is guessed at billions of tries a second.",
     "set it anew with 'jupyter server password', which writes argon2"},
    {"EL416", "allow-root", Severity::warning, T::decides_what_runs,
     "A server that runs code may run as root.",
     "run it as a user of its own and remove the setting"},
    {"EL417", "private-key-readable", Severity::error, T::decides_what_runs,
     "Others can read or replace a private key.",
     "chmod 0600, and replace the key: it may have been read"},
    {"EL418", "open-origin", Severity::warning, T::decides_what_runs,
     "Pages of other sites may use the server with the rights of whoever looks at them.",
     "remove the setting, or name the one origin"},
    {"EL419", "no-authentication", Severity::error, T::decides_what_runs,
     "JupyterHub takes everybody for whom they say they are.",
     "use an authenticator that checks (PAM, OAuth, LDAP)"},
    {"EL421", "not-knowable", Severity::note, T::none,
     "A setting that matters is computed by the configuration file; its value is not known without "
     "running it.",
     "look at it yourself, or write the value down"},
    {"EL431", "secret-readable", Severity::error, T::none,
     "Others can read a file that has a secret in it.",
     "chmod o-rwx, and replace the secret: it may have been read"},
    {"EL432", "secret-in-unit", Severity::error, T::none,
     "A systemd unit sets a variable to a secret: 'systemctl show' tells it to every user.",
     "keep it in a file of mode 0600 and name that by LoadCredential= or EnvironmentFile="},
    {"EL440", "not-audited", Severity::warning, T::decides_what_runs,
     "A file that decides how the environment is used could not be read, so nothing is known of "
     "it.",
     "look at it yourself, or run the audit as a user who can read it"},
});

}  // namespace

std::span<const Rule> audit_rules() noexcept { return rules; }

}  // namespace envlock
