#include "fetch/credential_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "fetch/credential_text.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

constexpr mode_t others_read = S_IROTH | S_IWOTH;

Secret read_all(int descriptor, const std::string& what) {
  std::string content;
  content.reserve(max_credential_text_bytes + 1);  // growing would leave copies behind
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    const int error = errno;
    const bool too_long =
        got > 0 && content.size() + static_cast<std::size_t>(got) > max_credential_text_bytes;
    if (got > 0 && !too_long) {
      content.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    wipe(buffer);
    if (got == 0) return Secret::take(content);
    wipe(content);
    if (too_long) throw TrustError(what + " has more than 64 KiB, too much for credentials");
    throw IoError("cannot read " + what, error);
  }
}

}  // namespace

void keep_from_children(int descriptor) noexcept {
  if (descriptor <= STDERR_FILENO) return;  // the standard streams are replaced in every child
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags >= 0) static_cast<void>(::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC));
}

Secret read_credential_descriptor(int descriptor, const std::string& option) {
  const std::string what = "file descriptor " + std::to_string(descriptor);
  const std::string hint =
      "open it for the command, for example: " + option + " 3 3< <(secret-tool ...)";
  if (descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO)
    throw UsageError(
        "'" + option + "' cannot be " + std::to_string(descriptor) + ", which is for output", hint);
  const int mode = ::fcntl(descriptor, F_GETFL);
  if (mode < 0 || (mode & O_ACCMODE) == O_WRONLY)
    throw UsageError(what + " is not open for reading", hint);
  UniqueFd owned(descriptor);
  struct stat facts {};
  if (::fstat(owned.get(), &facts) != 0) throw IoError("cannot look at " + what, errno);
  if (::isatty(owned.get()) == 1) throw UsageError(what + " is a terminal", hint);
  if (S_ISDIR(facts.st_mode)) throw UsageError(what + " is a folder", hint);
  if (S_ISREG(facts.st_mode) && (facts.st_mode & others_read) != 0)
    throw TrustError(what + " is a file that every user of this machine may read",
                     "chmod 600 that file, and renew the secrets in it");
  Secret content = read_all(owned.get(), what);
  if (descriptor == STDIN_FILENO) {
    // Closed, its number would go to the next file that is opened, which children then inherit.
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing || ::dup2(nothing.get(), STDIN_FILENO) < 0)
      throw IoError("cannot replace standard input", errno);
    static_cast<void>(owned.release());
  }
  return content;
}

Secret read_credential_file(const std::filesystem::path& file, FileGuard guard) {
  const std::string what = "'" + file.string() + "'";
  // Not blocking: a FIFO in its place must not hold the program up.
  const UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw IoError("cannot open " + what, errno);
  }
  struct stat facts {};
  if (::fstat(opened.get(), &facts) != 0) throw IoError("cannot look at " + what, errno);
  if (!S_ISREG(facts.st_mode)) throw TrustError(what + " is no regular file");
  if (guard == FileGuard::owner_only) {
    if (facts.st_uid != ::geteuid())
      throw TrustError(what + " belongs to another user", "chown it, or name another file");
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
      throw TrustError(what + " may be read by others", "chmod 600 " + file.string());
  } else if ((facts.st_mode & others_read) != 0) {
    throw TrustError(what + " may be read by every user of this machine",
                     "chmod 600 it, and renew the secret in it");
  }
  return read_all(opened.get(), what);
}

Secret without_line_end(const Secret& content) {
  std::string_view text = content.reveal();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return Secret::take(std::string(text));
}

Secret take_environment_secret(const std::string& name) {
  char* const value = std::getenv(name.c_str());
  if (value == nullptr) return {};
  std::string copy(value);
  Secret secret = Secret::take(copy);
  wipe({value, std::strlen(value)});
  ::unsetenv(name.c_str());
  return secret;
}

}  // namespace envlock
