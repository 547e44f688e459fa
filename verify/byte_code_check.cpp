#include "verify/byte_code_check.hpp"

#include <unistd.h>

#include "verify/file_digest.hpp"
#include "verify/small_file.hpp"

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
  return "time " + std::to_string(time_s) + ", " + std::to_string(size) + " bytes";
}

}  // namespace

void ByteCodeCheck::tell(std::string_view rule, const WalkEntry& entry, const OpenedEntry* opened,
                         const std::string& package, const std::string& expected,
                         const std::string& found, const std::string& message) {
  Finding finding = make_finding(verify_rules(), rule, entry.path);
  finding.package = package;
  finding.expected = expected;
  finding.found = found;
  finding.message = message;
  if (opened != nullptr && opened->fd)
    finding.sha256 = file_digest(opened->fd.get(), opened->facts, entry.space,
                                 context_.hash_all_evidence ? UINT64_MAX : max_evidence_bytes);
  context_.findings.add(std::move(finding));
}

void ByteCodeCheck::check(const WalkEntry& entry, const OpenedEntry* opened,
                          const std::string& package) {
  const auto report = [&](std::string_view rule, const std::string& expected,
                          const std::string& found, const std::string& message) {
    tell(rule, entry, opened, package, expected, found, message);
  };
  const auto malformed = [&](const std::string& found) {
    report("byte-code-malformed", "byte code with Python's header", found,
           "it is named like byte code and is none");
  };
  const bool is_cached = name_of(folder_of(entry.path)) == "__pycache__";
  const auto source = source_path_of(entry.path);
  if (!source) return malformed("a name without module and tag");
  const std::string source_folder(folder_of(*source));
  const UniqueFd folder = open_beneath(prefix_fd_, source_folder.empty() ? "." : source_folder,
                                       O_RDONLY | O_DIRECTORY, 0, method_);
  struct stat facts {};
  const std::string source_name(name_of(*source));
  const bool has_source =
      folder && ::fstatat(folder.get(), source_name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(facts.st_mode);
  if (!has_source)
    return report("byte-code-alone", "its source " + *source, "no such file",
                  "byte code without its source");
  if (!is_cached)
    return report("byte-code-alone", "byte code in __pycache__ only", "a .pyc beside its source",
                  "it runs as soon as its source is gone");
  if (opened == nullptr || !opened->fd) return malformed("a file that cannot be opened");
  const auto header = read_header(opened->fd.get());
  if (!header) return malformed("another header");
  const auto name = parse_byte_code_name(name_of(entry.path));
  const auto magic = name ? byte_code_magic(name->tag) : std::nullopt;
  if (magic && *magic != header->magic)
    return malformed("the magic number " + std::to_string(header->magic) + ", not " +
                     std::to_string(*magic));
  if (header->check == ByteCodeHeader::Check::source_time) {
    const auto mtime = static_cast<std::uint32_t>(facts.st_mtim.tv_sec);
    const auto size = static_cast<std::uint32_t>(facts.st_size);
    if (header->source_mtime_s != mtime || header->source_size != size)
      return report("byte-code-stale", time_and_size(mtime, size) + " (of " + *source + ')',
                    time_and_size(header->source_mtime_s, header->source_size),
                    "it was not made from its source as it is now");
  } else {
    const SmallFile text = read_small_file(folder.get(), source_name, max_source_bytes, method_);
    if (!text.text || source_hash(*text.text, header->magic) != header->source_hash) {
      const bool is_believed = header->check == ByteCodeHeader::Check::unchecked_hash;
      return report("byte-code-stale", "the hash of " + *source, "another hash",
                    is_believed
                        ? "it was not made from its source as it is now, and Python believes it"
                        : "it was not made from its source as it is now");
    }
  }
  ++fitting_;
}

}  // namespace envlock
