#include "pack/prefix_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_hider.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

/// Such files say where modules lie, or where an installer found them.
bool may_name_places(std::string_view path) {
  return path.ends_with(".pth") || path.ends_with(".egg-link") ||
         path.ends_with(".dist-info/direct_url.json");
}

/// What a file of that kind names outside of the prefix; empty: nothing.
/// @param text  with a placeholder for the prefix
std::string place_outside(std::string_view text) {
  if (const std::size_t at = text.find("file://"); at != std::string_view::npos) {
    const std::string_view url = text.substr(at, text.find_first_of("\"\n", at) - at);
    if (url.find(generated_placeholder) == std::string_view::npos) return std::string(url);
  }
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with('/') && !line.starts_with(generated_placeholder)) return std::string(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

}  // namespace

PrefixFiles::PrefixFiles(const std::string& prefix) : shown_(prefix) {
  root_ = UniqueFd(::open(prefix.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_) throw IoError("cannot open the prefix '" + prefix + "'", errno);
  std::error_code error;
  const fs::path real = fs::canonical(prefix, error);
  if (error) throw IoError("cannot find out where '" + prefix + "' lies", error.value());
  spelled_ = {real.string()};
  fs::path lexical = fs::absolute(prefix, error).lexically_normal();
  if (!lexical.has_filename()) lexical = lexical.parent_path();
  if (!error && lexical != real) spelled_.push_back(lexical.string());
}

void PrefixFiles::changed(const std::string& path) const {
  throw TrustError("'" + shown(path) + "' is not what it was when it was verified",
                   "somebody writes into the prefix: pack it when nobody does");
}

UniqueFd PrefixFiles::open(const std::string& path) const {
  UniqueFd fd = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd && errno == EACCES) throw IoError("cannot read '" + shown(path) + "'", errno);
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) changed(path);
  return fd;
}

void PrefixFiles::pass(int fd, const std::string& path, const ByteSink& sink,
                       const std::stop_token& stop) const {
  std::vector<std::byte> piece(std::size_t{256} << 10U);
  for (off_t at = 0;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t count = ::pread(fd, piece.data(), piece.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot read '" + shown(path) + "'", errno);
    if (count == 0) return;
    sink(std::span(piece).first(static_cast<std::size_t>(count)));
    at += count;
  }
}

PrefixFiles::Taken PrefixFiles::take(const PathToTake& wanted, const std::stop_token& stop) {
  Taken taken = wanted.is_link ? take_link(wanted) : take_file(wanted, stop);
  taken.file.path = wanted.path;
  taken.file.role = role_of(wanted.path);
  taken.file.is_in_prefix = true;
  if (const auto fault = package_path_fault(wanted.path); fault && taken.fault.empty())
    taken.fault = *fault;
  return taken;
}

std::string PrefixFiles::link_text(const std::string& path) const {
  const PathParts parts = split_path(path);
  const UniqueFd folder = open_beneath(root_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
  std::array<char, 4097> text{};
  const ssize_t size =
      folder ? ::readlinkat(folder.get(), parts.name.c_str(), text.data(), text.size()) : -1;
  if (size < 0) changed(path);
  return {text.data(), static_cast<std::size_t>(size)};
}

PrefixFiles::Taken PrefixFiles::take_link(const PathToTake& wanted) {
  Taken taken;
  taken.file.type = PathType::link;
  const std::string text = link_text(wanted.path);
  if (sha256_of(text) != wanted.sha256) changed(wanted.path);
  std::string target = text;
  for (const std::string& prefix : spelled_) {
    // What names the prefix is said from where the link lies: it can be moved then.
    if (!text.starts_with(prefix + '/')) continue;
    target = fs::path(text.substr(prefix.size()))
                 .lexically_normal()
                 .lexically_relative(fs::path('/' + wanted.path).parent_path())
                 .string();
    break;
  }
  if (target.starts_with('/')) {
    taken.fault = "it is a link to '" + text + "', outside of the prefix";
  } else if (const auto fault = link_target_fault(wanted.path, target)) {
    taken.fault = *fault;
  }
  taken.file.target = std::move(target);
  sources_[wanted.path].link_text = text;
  return taken;
}

PrefixFiles::Taken PrefixFiles::take_file(const PathToTake& wanted, const std::stop_token& stop) {
  Taken taken;
  taken.file.type = PathType::file;
  const UniqueFd fd = open(wanted.path);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0)
    throw IoError("cannot read '" + shown(wanted.path) + "'", errno);
  taken.file.executable = (facts.st_mode & 0111U) != 0;
  Sha256Hasher as_found;
  Sha256Hasher packaged;
  std::uint64_t size_found = 0;
  std::uint64_t size_packaged = 0;
  constexpr std::size_t max_kept_bytes = std::size_t{64} << 10U;
  const bool is_kept = may_name_places(wanted.path);
  std::string kept;
  PrefixHider hider(spelled_, generated_placeholder, [&](std::span<const std::byte> bytes) {
    packaged.update(bytes);
    size_packaged += bytes.size();
    if (is_kept && kept.size() < max_kept_bytes)
      kept.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  pass(
      fd.get(), wanted.path,
      [&](std::span<const std::byte> bytes) {
        as_found.update(bytes);
        size_found += bytes.size();
        hider.feed(bytes);
      },
      stop);
  hider.finish();
  if (as_found.finish() != wanted.sha256) changed(wanted.path);
  const bool hides = hider.hidden() > 0 && !hider.had_nul() && !hider.had_placeholder();
  if (hider.hidden() > 0 && !hides) {
    taken.notice = "'" + wanted.path +
                   "' names this prefix, and not as a text: unpacked, it goes " +
                   "on naming it, and may not work elsewhere";
  }
  if (const std::string place = place_outside(kept); !place.empty()) {
    taken.notice = "'" + wanted.path + "' names '" + place +
                   "', which is outside of the prefix and not in the pack";
  }
  taken.file.sha256 = hides ? packaged.finish() : wanted.sha256;
  taken.file.size_bytes = hides ? size_packaged : size_found;
  if (hides) taken.file.placeholder = generated_placeholder;
  sources_[wanted.path].hides_prefix = hides;
  return taken;
}

void PrefixFiles::restore(const std::string& path, const std::optional<PlaceholderUse>& use) {
  sources_[path].use = use;
}

const std::string& PrefixFiles::spelling(int fd, const PlannedFile& planned,
                                         const PlaceholderUse& use,
                                         const std::stop_token& stop) const {
  for (std::size_t i = 0; i + 1 < spelled_.size(); ++i) {
    Sha256Hasher hash;
    Restorer restorer(use, spelled_[i],
                      [&](std::span<const std::byte> bytes) { hash.update(bytes); });
    pass(
        fd, planned.path, [&](std::span<const std::byte> bytes) { restorer.feed(bytes); }, stop);
    if (restorer.finish() && hash.finish() == planned.sha256) return spelled_[i];
  }
  return spelled_.back();
}

void PrefixFiles::read(const PlannedFile& planned, const ByteSink& sink,
                       const std::stop_token& stop) const {
  const auto found = sources_.find(planned.path);
  if (found == sources_.end())
    throw InternalError("'" + planned.path + "' was not said to be in the prefix");
  const Source& source = found->second;
  const UniqueFd fd = open(planned.path);
  if (source.use) {
    Restorer restorer(*source.use, spelling(fd.get(), planned, *source.use, stop), sink);
    pass(
        fd.get(), planned.path, [&](std::span<const std::byte> bytes) { restorer.feed(bytes); },
        stop);
    if (!restorer.finish()) changed(planned.path);
    return;
  }
  if (!source.hides_prefix) return pass(fd.get(), planned.path, sink, stop);
  PrefixHider hider(spelled_, generated_placeholder, sink);
  pass(
      fd.get(), planned.path, [&](std::span<const std::byte> bytes) { hider.feed(bytes); }, stop);
  hider.finish();
}

void PrefixFiles::require_link(const PlannedFile& planned) const {
  const auto found = sources_.find(planned.path);
  const std::string& expected = found == sources_.end() ? planned.target : found->second.link_text;
  if (link_text(planned.path) != expected) changed(planned.path);
}

}  // namespace envlock
