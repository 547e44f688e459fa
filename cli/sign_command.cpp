#include "cli/sign_command.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "cli/password.hpp"
#include "fetch/credential_files.hpp"
#include "model/unique_fd.hpp"
#include "verify/minisign_secret_key.hpp"

namespace envlock {
namespace {

struct HashedFile {
  MinisignDigest digest{};
  std::uint64_t size_bytes = 0;
};

HashedFile hash_file(const std::string& file, const std::stop_token& stop) {
  constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
  // Not blocking: a FIFO must not hold the program up.
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw IoError("cannot open '" + file + "'", errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) throw IoError("cannot look at '" + file + "'", errno);
  if (!S_ISREG(facts.st_mode)) throw IoError("'" + file + "' is no regular file");
  HashedFile hashed;
  Blake2b hash(hashed.digest.size());
  std::vector<std::byte> piece(piece_bytes);
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read '" + file + "'", errno);
    if (got == 0) break;
    hash.update(std::span(piece).first(static_cast<std::size_t>(got)));
    hashed.size_bytes += static_cast<std::uint64_t>(got);
  }
  hash.finish(hashed.digest);
  return hashed;
}

/// Name and size, so that a signature cannot be moved to another file of the same publisher
/// unnoticed; the time only where it was given, so that equal inputs give equal bytes.
std::string default_comment(const std::string& file, std::uint64_t size_bytes, const Clock& clock) {
  const std::string name = std::filesystem::path(file).filename().string();
  if (!is_minisign_comment(name) || name.find('\t') != std::string::npos) {
    throw UsageError("the name of '" + file + "' cannot stand in a trusted comment",
                     "say what it is with --comment");
  }
  std::string comment;
  if (clock.is_given()) comment = "timestamp:" + std::to_string(clock.now().ms / 1000) + '\t';
  return comment + "file:" + name + "\tsize:" + std::to_string(size_bytes) + "\thashed";
}

MinisignSecretKey load_key(const ParsedArgs& args, Context& context) {
  const std::string file = args.value("key");
  // Public keys are readable by all: told to hide it, a user would take it for the secret one.
  if (file.ends_with(".pub")) {
    throw InputError("'" + file + "' is no minisign secret key: by its name it is a public one",
                     "give the .key file that was made with it");
  }
  const Secret text = read_credential_file(file, FileGuard::not_world_readable);
  if (text.empty()) {
    throw IoError("there is no key in '" + file + "'", "'envlock keygen' makes one");
  }
  const StoredMinisignKey stored(text, file);
  if (!stored.is_locked()) return stored.unlock({});
  const Secret password = read_password(args, context, "Password of '" + file + "'", false);
  context.console.detail("unlocking the key takes 1 GiB of memory");
  return stored.unlock(password);
}

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
  const HashedFile hashed = hash_file(file, context.stop);
  const std::string comment = args.has("comment")
                                  ? args.value("comment")
                                  : default_comment(file, hashed.size_bytes, context.clock);
  const MinisignSecretKey key = load_key(args, context);
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
