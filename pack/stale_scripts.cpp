#include "pack/stale_scripts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "model/open_beneath.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

constexpr std::string_view folder = "bin";
/// The kernel reads less of a first line; pip's second one (`'''exec' ...`) holds a path at most.
constexpr std::size_t head_bytes = 8192;
constexpr std::size_t most_named = 10;

/// The first two lines of a script; empty where it is none.
std::string head_of(int prefix_fd, const std::string& path) {
  const UniqueFd fd = open_beneath(prefix_fd, path, O_RDONLY | O_NONBLOCK);
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  std::string text(head_bytes, '\0');
  ssize_t size = 0;
  do {
    size = ::read(fd.get(), text.data(), text.size());
  } while (size < 0 && errno == EINTR);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  if (!text.starts_with("#!")) return {};
  const std::size_t first = std::min(text.find('\n'), text.size());
  text.resize(std::min(text.find('\n', std::min(first + 1, text.size())), text.size()));
  return text;
}

/// True where `text` has `place` followed by a '/', not as the end of a longer path.
bool names_place(std::string_view text, const std::string& place) {
  const std::string wanted = place + '/';
  for (std::size_t at = 0; (at = text.find(wanted, at)) != std::string_view::npos; ++at) {
    constexpr std::string_view before = "! \t\"'=";
    if (at == 0 || before.find(text[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

/// "#!/x/bin/python3.11 -s": "/x/bin/python3.11"
std::string interpreter_of(std::string_view head) {
  head = head.substr(0, head.find('\n'));
  head.remove_prefix(2);
  while (head.starts_with(' ')) head.remove_prefix(1);
  return std::string(head.substr(0, head.find_first_of(" \t\r")));
}

}  // namespace

std::vector<std::string> stale_scripts(int prefix_fd, const std::string& prefix,
                                       const std::string& old_prefix,
                                       const std::function<bool(std::string_view)>& is_packaged) {
  namespace fs = std::filesystem;
  std::vector<std::string> stale;
  const UniqueFd programs = open_beneath(prefix_fd, std::string(folder), O_RDONLY | O_DIRECTORY);
  if (!programs) return stale;
  const auto is_gone = [&](const std::string& interpreter) {
    const fs::path path(interpreter);
    if (!path.is_absolute() || path.parent_path().filename() != fs::path(folder)) return false;
    if (interpreter.starts_with(prefix + '/') || !path.has_filename()) return false;
    return ::access(interpreter.c_str(), F_OK) != 0 && errno == ENOENT &&
           ::faccessat(programs.get(), path.filename().c_str(), F_OK, 0) == 0;
  };
  std::error_code error;
  fs::directory_iterator at("/proc/self/fd/" + std::to_string(programs.get()), error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string path = std::string(folder) + '/' + at->path().filename().string();
    if (is_packaged(path)) continue;
    const std::string head = head_of(prefix_fd, path);
    if (head.empty()) continue;
    const bool names_old =
        !old_prefix.empty() && old_prefix != prefix && names_place(head, old_prefix);
    if (names_old || is_gone(interpreter_of(head))) stale.push_back(path);
  }
  std::ranges::sort(stale);
  return stale;
}

std::string told_stale_scripts(const std::vector<std::string>& scripts) {
  std::string text = counted(scripts.size(), "program") + " that no package brought " +
                     (scripts.size() == 1 ? "starts" : "start") +
                     " the interpreter of another place, and " +
                     (scripts.size() == 1 ? "was" : "were") + " left as " +
                     (scripts.size() == 1 ? "it is: " : "they are: ");
  for (std::size_t i = 0; i < std::min(scripts.size(), most_named); ++i)
    text += (i == 0 ? "" : ", ") + printable(scripts[i]);
  if (scripts.size() > most_named)
    text += " and " + std::to_string(scripts.size() - most_named) + " more";
  return text;
}

std::string stale_scripts_hint(const std::string& prefix) {
  return "let what installed them write them anew; for a package of pip: " +
         shell_word(prefix + "/bin/python") +
         " -m pip install --force-reinstall --no-deps PACKAGE==VERSION";
}

}  // namespace envlock
