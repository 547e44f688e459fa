#include "cli/keygen_command.hpp"

#include <filesystem>

#include "cli/json_output.hpp"
#include "cli/password.hpp"
#include "fetch/atomic_file.hpp"
#include "verify/minisign_secret_key.hpp"

namespace envlock {
namespace {

void refuse_existing(const std::string& file) {
  std::error_code error;
  // A dangling link counts: what it points at is nobody's to make.
  if (std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
    throw IoError("'" + file + "' is there already, and a key is never overwritten",
                  "name another one with -o, or move the old one away");
  }
}

/// Both files or none.
void write_pair(const std::string& secret_file, std::string_view secret,
                const std::string& public_file, std::string_view text) {
  AtomicFile key(secret_file, 0600);
  key.write(secret);
  AtomicFile pub(public_file, 0644);
  pub.write(text);
  key.commit_new();
  try {
    pub.commit_new();
  } catch (const Error&) {
    std::error_code ignored;
    std::filesystem::remove(secret_file, ignored);
    throw;
  }
}

ExitCode run_keygen(const ParsedArgs& args, Context& context) {
  const bool has_password = !args.has("no-password");
  if (!has_password && args.has("password-fd")) {
    throw UsageError("'--password-fd' and '--no-password' contradict each other",
                     "give one of the two");
  }
  const std::string stem = args.value("output", "envlock");
  if (stem.empty()) throw UsageError("'--output' needs a name", "for example: -o release");
  const std::string secret_file = stem + ".key";
  const std::string public_file = stem + ".pub";
  refuse_existing(secret_file);
  refuse_existing(public_file);
  Secret password;
  if (has_password) {
    password = read_password(args, context, "New password for '" + secret_file + "'", true);
    context.console.detail("locking the key with its password takes 1 GiB of memory");
  }
  const MinisignSecretKey key = MinisignSecretKey::generate();
  const Secret text = has_password ? key.file_text(password) : key.file_text();
  write_pair(secret_file, text.reveal(), public_file, key.public_key().file_text());
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("secret_key_file", secret_file).member("public_key_file", public_file);
      json.member("public_key", key.public_key().base64());
      json.member("key_id", to_string(key.public_key().id));
      json.member("has_password", has_password);
    });
  }
  context.console.out("wrote " + secret_file + ": signs, keep it secret" +
                      (has_password ? "" : " (it has no password)"));
  context.console.out("wrote " + public_file + ": checks signatures, give it to everybody");
  context.console.out("public key: " + key.public_key().base64());
  return ExitCode::ok;
}

}  // namespace

Command keygen_command() {
  return {{.name = "keygen",
           .summary = "Make a key pair for signing, in minisign's format",
           .description =
               "Writes FILE.key, which signs (mode 0600), and FILE.pub, which checks. Neither is "
               "ever overwritten. minisign uses the same files.",
           .groups = {{.title = "Options",
                       .options = {{.name = "output",
                                    .letter = 'o',
                                    .value = "FILE",
                                    .help = "the files' name without .key and .pub",
                                    .fallback = "envlock",
                                    .kind = ValueKind::file},
                                   password_option(),
                                   {.name = "no-password",
                                    .help = "do not lock the key: whoever reads it can sign"}}}},
           .examples = {{"A key for releases, its password asked for", "envlock keygen -o release"},
                        {"A key for a CI system's store of secrets",
                         "envlock keygen -o ci --no-password"}},
           .exits = {ExitCode::untrusted, ExitCode::unfit}},
          run_keygen};
}

}  // namespace envlock
