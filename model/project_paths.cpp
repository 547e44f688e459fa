#include "model/project_paths.hpp"

#include <algorithm>
#include <vector>

#include "model/text.hpp"

namespace envlock {
namespace {

std::string normalise(std::string_view path, const SourcePlace& place) {
  const std::string shown = '\'' + printable(path, 100) + '\'';
  if (path.size() > 1024) throw InputError(place, shown + ": a path of more than 1024 bytes");
  if (path.starts_with('/') || path.starts_with('~'))
    throw InputError(place, shown + " is not relative to envlock.yml",
                     "write a path that holds in every clone of the project");
  if (path.find("://") != std::string_view::npos || path.find('\\') != std::string_view::npos)
    throw InputError(place, shown + " is not a path", "write it with '/' and without a scheme");
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::string out;
  for (const std::string_view part : parts) out.append(out.empty() ? "" : "/").append(part);
  if (out.empty() || parts.back() == "..") throw InputError(place, shown + " names no file");
  return out;
}

}  // namespace

std::string require_input_path(std::string_view path, const SourcePlace& place) {
  return normalise(path, place);
}

std::string require_lock_path(std::string_view path, const SourcePlace& place) {
  std::string out = normalise(path, place);
  const std::string shown = '\'' + printable(path, 100) + '\'';
  if (out.starts_with("../"))
    throw InputError(place, "the lock " + shown + " lies outside the project's folder",
                     "write a path below the folder of envlock.yml");
  if (!out.ends_with(".lock"))
    throw InputError(place, "the lock " + shown + " does not end in .lock",
                     "write for example lock: locks/dev.lock");
  return out;
}

}  // namespace envlock
