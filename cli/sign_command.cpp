#include "cli/sign_command.hpp"

#include <filesystem>

#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "cli/password.hpp"
#include "cli/secret_key.hpp"
#include "verify/minisign_secret_key.hpp"

namespace envlock {
namespace {

ExitCode run_sign(const ParsedArgs& args, Context& context) {
  const std::string file = args.positional(0);
  if (args.value("key").empty()) {
    throw UsageError("'envlock sign' needs a key",
                     "add --key FILE.key; 'envlock keygen' makes one");
  }
  if (args.has("comment") && !is_minisign_comment(args.value("comment"))) {
    throw UsageError("'--comment' takes one line of UTF-8, at most 8000 bytes",
                     "leave line ends and other control characters out");
  }
  const HashedFile hashed = hash_for_signature(file, context.stop);
  const std::string comment = args.has("comment")
                                  ? args.value("comment")
                                  : signature_comment(file, hashed.size_bytes, context.clock);
  const MinisignSecretKey key = load_secret_key(args, context);
  const std::string target = file + ".minisig";
  write_output_file(target, target, key.sign(hashed.digest, comment).file_text());
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("file", file).member("size", hashed.size_bytes).member("signature_file", target);
      json.member("trusted_comment", comment);
      json.member("public_key", key.public_key().base64());
      json.member("key_id", to_string(key.public_key().id));
    });
  }
  context.console.out("wrote " + target + " (key " + to_string(key.public_key().id) + ')');
  return ExitCode::ok;
}

}  // namespace

Command sign_command() {
  return {
      {.name = "sign",
       .summary = "Sign a file with a minisign key",
       .description =
           "Writes FILE.minisig, which 'minisign -V' checks with the public key. The same file, "
           "key and comment give the same signature.",
       .positionals = {{.name = "FILE",
                        .help = "what to sign: a lock, a baseline, a pack, any file",
                        .required = true,
                        .kind = ValueKind::file}},
       .groups = {{.title = "Options",
                   .options = {{.name = "key",
                                .value = "FILE",
                                .help = "the secret key: a .key file (must be given)",
                                .kind = ValueKind::file},
                               password_option(),
                               {.name = "comment",
                                .value = "TEXT",
                                .help = "the trusted comment, which is signed too",
                                .more = "The time is in it only where --now or "
                                        "$SOURCE_DATE_EPOCH gives one.",
                                .fallback = "name and size of the file"}}}},
       .examples = {{"Sign a lock", "envlock sign envlock.lock --key release.key"},
                    {"Say in the signature what the file is",
                     "envlock sign envlock.lock --key release.key --comment 'release 3'"}},
       .exits = {ExitCode::invalid_input, ExitCode::untrusted, ExitCode::unfit}},
      run_sign};
}

}  // namespace envlock
