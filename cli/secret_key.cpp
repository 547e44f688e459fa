#include "cli/secret_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <vector>

#include "cli/password.hpp"
#include "fetch/credential_files.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

MinisignSecretKey load_secret_key(const ParsedArgs& args, Context& context) {
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

HashedFile hash_for_signature(const std::string& file, const std::stop_token& stop) {
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

bool is_signable_name(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  return is_minisign_comment(name) && name.find('\t') == std::string::npos;
}

std::string signature_comment(const std::string& file, std::uint64_t size_bytes,
                              const Clock& clock) {
  if (!is_signable_name(file)) {
    throw UsageError("the name of '" + file + "' cannot stand in a trusted comment",
                     "say what it is with --comment");
  }
  std::string comment;
  if (clock.is_given()) comment = "timestamp:" + std::to_string(clock.now().ms / 1000) + '\t';
  return comment + "file:" + std::filesystem::path(file).filename().string() +
         "\tsize:" + std::to_string(size_bytes) + "\thashed";
}

}  // namespace envlock
