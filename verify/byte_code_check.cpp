#include "verify/byte_code_check.hpp"

#include <unistd.h>

#include <filesystem>

#include "model/text.hpp"
#include "verify/file_digest.hpp"
#include "verify/small_file.hpp"
#include "verify/tracked_files.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_evidence_bytes = 64U << 20U;
constexpr std::size_t max_source_bytes = std::size_t{64} << 20U;

std::optional<ByteCodeHeader> read_header(int fd) {
  std::array<std::byte, byte_code_header_bytes> bytes{};
  if (::pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return std::nullopt;
  return parse_byte_code_header(bytes);
}

std::string time_and_size(std::uint32_t time_s, std::uint32_t size) {
  return "time " + std::to_string(time_s) + ", " + counted(size, "byte");
}

/// A source as Python's import sees it: links are followed, but not out of the prefix.
struct Source {
  UniqueFd folder;
  std::string name;
  struct stat facts {};
};

std::optional<Source> find_source(int prefix_fd, std::string path, BeneathMethod method) {
  constexpr int most_links = 8;
  for (int links = 0; links <= most_links; ++links) {
    const std::string folder(folder_of(path));
    Source source{
        open_beneath(prefix_fd, folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY, 0, method),
        std::string(name_of(path))};
    if (!source.folder || ::fstatat(source.folder.get(), source.name.c_str(), &source.facts,
                                    AT_SYMLINK_NOFOLLOW) != 0)
      return std::nullopt;
    if (S_ISREG(source.facts.st_mode)) return source;
    if (!S_ISLNK(source.facts.st_mode)) return std::nullopt;
    const auto target = link_text(source.folder.get(), source.name.c_str());
    if (!target || target->starts_with('/')) return std::nullopt;
    path = (std::filesystem::path(folder) / *target).lexically_normal().string();
    if (path.starts_with("..")) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

void ByteCodeCheck::tell(std::string_view rule, const Subject& subject, const std::string& expected,
                         const std::string& found, const std::string& message) {
  Finding finding = make_finding(verify_rules(), rule, subject.entry.path);
  finding.package = subject.package;
  finding.expected = expected;
  finding.found = found;
  finding.message = message;
  finding.sha256 = file_digest(subject.opened.fd.get(), subject.opened.facts, subject.entry.space,
                               context_.hash_all_evidence ? UINT64_MAX : max_evidence_bytes);
  context_.findings.add(std::move(finding));
}

bool ByteCodeCheck::is_as_expected(const ExpectedFile& expected, const Subject& subject,
                                   std::optional<Sha256>& digest) {
  ++context_.files_checked;
  const auto size = static_cast<std::uint64_t>(subject.opened.facts.st_size);
  if (expected.size_bytes && *expected.size_bytes != size) return false;
  digest =
      file_digest(subject.opened.fd.get(), subject.opened.facts, subject.entry.space, UINT64_MAX);
  if (digest) context_.bytes_hashed += size;
  return digest == expected.sha256;
}

bool ByteCodeCheck::is_relocated(const std::string& source) const {
  const ExpectedFile* const file = context_.tree.find(source);
  return file != nullptr && file->placeholder != nullptr;
}

void ByteCodeCheck::check(const WalkEntry& entry, const OpenedEntry& opened,
                          const ExpectedFile* expected) {
  if (!opened.fd) return;  // told by whoever opened it
  const Subject subject{
      entry, opened,
      expected == nullptr ? std::string() : context_.tree.packages()[expected->package].label()};
  const bool is_known = expected != nullptr && expected->sha256;
  std::optional<Sha256> digest;
  if (is_known && is_as_expected(*expected, subject, digest)) {
    ++context_.files_right;
    return;
  }
  const bool is_cached = name_of(folder_of(entry.path)) == "__pycache__";
  // What Python imports by itself, or runs as it is, has no header that could excuse it.
  if (is_known && !is_cached) return tell_changed(*expected, subject, digest);
  const auto malformed = [&](const std::string& found) {
    tell("byte-code-malformed", subject, "byte code with Python's header", found,
         "it is named like byte code and is none, so that Python does not use it");
  };
  const auto source_path = source_path_of(entry.path);
  if (!source_path) return malformed("a name without module and tag");
  const auto source = find_source(prefix_fd_, *source_path, method_);
  if (!source && is_cached)
    return tell("byte-code-stale", subject, "its source " + *source_path, "no such file",
                "its source is gone, so that Python does not use it");
  if (!source)
    return tell("byte-code-alone", subject, "its source " + *source_path, "no such file",
                "byte code without its source");
  if (!is_cached)
    return tell("byte-code-alone", subject, "byte code in __pycache__ only",
                "a .pyc beside its source", "it runs as soon as its source is gone");
  const auto header = read_header(opened.fd.get());
  if (!header) return malformed("another header");
  const auto name = parse_byte_code_name(name_of(entry.path));
  const auto magic = name ? byte_code_magic(name->tag) : std::nullopt;
  if (magic && *magic != header->magic)
    return malformed("the magic number " + std::to_string(header->magic) + ", not " +
                     std::to_string(*magic));
  if (header->check == ByteCodeHeader::Check::source_time) {
    const auto mtime = static_cast<std::uint32_t>(source->facts.st_mtim.tv_sec);
    const auto size = static_cast<std::uint32_t>(source->facts.st_size);
    if (header->source_mtime_s != mtime || header->source_size != size)
      return tell("byte-code-stale", subject,
                  time_and_size(mtime, size) + " (of " + *source_path + ')',
                  time_and_size(header->source_mtime_s, header->source_size),
                  "it was not made from its source as it is now, so that Python does not use it");
  } else {
    const SmallFile text =
        read_small_file(source->folder.get(), source->name, max_source_bytes, method_);
    if (!text.text || source_hash(*text.text, header->magic) != header->source_hash) {
      const bool is_believed = header->check == ByteCodeHeader::Check::unchecked_hash;
      return tell(is_believed ? "byte-code-changed" : "byte-code-stale", subject,
                  "the hash of " + *source_path, "another hash",
                  is_believed
                      ? "it was not made from its source as it is now, and Python believes it"
                      : "it was not made from its source as it is now, so that Python does not use "
                        "it");
    }
  }
  // Python has no reason to make byte code anew that fits its source, except where the installer
  // rewrote the source after the package's byte code was made.
  if (is_known && !is_relocated(*source_path)) return tell_changed(*expected, subject, digest);
  fitting_.add(entry.path);
}

void ByteCodeCheck::tell_changed(const ExpectedFile& expected, const Subject& subject,
                                 const std::optional<Sha256>& digest) {
  const std::string size =
      counted(static_cast<std::uint64_t>(subject.opened.facts.st_size), "byte");
  tell("byte-code-changed", subject,
       digest ? "sha256 " + expected.sha256->hex()
              : counted(expected.size_bytes.value_or(0), "byte"),
       digest ? "sha256 " + digest->hex() : size,
       "it is not what was installed, and Python runs it");
}

}  // namespace envlock
