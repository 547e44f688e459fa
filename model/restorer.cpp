#include <algorithm>
#include <limits>
#include <utility>

#include "model/error.hpp"
#include "model/relocation.hpp"

namespace envlock {

// What is expected is known byte for byte at each place: either a literal (the prefix, the written
// shebang, padding), or a packaged byte that passes. So different installed bytes never restore to
// the same packaged ones, and comparing digests afterwards is proof.
class Restorer::Engine {
 public:
  Engine(PlaceholderUse use, std::string prefix, ByteSink sink)
      : use_(std::move(use)), prefix_(std::move(prefix)), sink_(std::move(sink)) {
    if (use_.placeholder.empty() || prefix_.empty()) {
      throw InternalError("Restorer: a placeholder or a prefix is empty");
    }
    if (use_.mode == PlaceholderMode::binary) {
      failed_ = !use_.shebang.empty() ||
                (prefix_.size() > use_.placeholder.size() && !use_.offsets.empty());
      shrinks_by_ = use_.placeholder.size() - std::min(prefix_.size(), use_.placeholder.size());
    }
    if (failed_ || use_.shebang.empty()) {
      find_next();
      return;
    }
    const std::uint64_t end = use_.shebang.size();
    for (; next_ < use_.offsets.size() && use_.offsets[next_] < end; ++next_) {
      if (end - use_.offsets[next_] < use_.placeholder.size()) failed_ = true;
    }
    expect(installed_shebang(use_.shebang, use_.placeholder, prefix_), use_.shebang);
  }

  void feed(std::string_view bytes) {
    while (!failed_ && !bytes.empty()) {
      if (padding_ > 0) {
        skip_padding(bytes);
      } else if (must_end_) {
        // The NUL that ended the string in the package.
        must_end_ = false;
        if (bytes.front() != '\0' || until_next_ == 0) failed_ = true;
      } else if (until_next_ == 0) {
        match(bytes);
      } else {
        copy(bytes);
      }
    }
  }

  [[nodiscard]] bool finish() const {
    return !failed_ && until_next_ == no_more && owed_ == 0 && padding_ == 0;
  }

 private:
  static constexpr std::uint64_t no_more = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t max_offset = no_more / 2;

  void expect(std::string written, std::string packaged) {
    written_ = std::move(written);
    packaged_ = std::move(packaged);
    matched_ = 0;
    until_next_ = 0;
  }

  /// Looks for the next place behind what was given.
  void find_next() {
    until_next_ = no_more;
    if (next_ == use_.offsets.size()) return;
    const std::uint64_t offset = use_.offsets[next_++];
    if (offset < given_ || offset > max_offset) {
      failed_ = true;
      return;
    }
    expect(prefix_, use_.placeholder);
    until_next_ = offset - given_;
  }

  void match(std::string_view& bytes) {
    const std::string_view wanted = std::string_view(written_).substr(
        matched_, std::min(bytes.size(), written_.size() - matched_));
    if (bytes.substr(0, wanted.size()) != wanted) {
      failed_ = true;
      return;
    }
    bytes.remove_prefix(wanted.size());
    matched_ += wanted.size();
    if (matched_ < written_.size()) return;
    give(packaged_);
    owed_ += shrinks_by_;
    find_next();
  }

  void copy(std::string_view& bytes) {
    std::string_view part = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), until_next_));
    if (owed_ > 0) {
      if (const std::size_t nul = part.find('\0'); nul != std::string_view::npos) {
        part = part.substr(0, nul);
        padding_ = std::exchange(owed_, 0);
        must_end_ = true;
      }
    }
    give(part);
    bytes.remove_prefix(part.size());
    if (until_next_ != no_more) until_next_ -= part.size();
  }

  void skip_padding(std::string_view& bytes) {
    const std::string_view part = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), padding_));
    if (part.find_first_not_of('\0') != std::string_view::npos) failed_ = true;
    bytes.remove_prefix(part.size());
    padding_ -= part.size();
  }

  void give(std::string_view bytes) {
    given_ += bytes.size();
    if (!bytes.empty()) sink_(std::as_bytes(std::span(bytes)));
  }

  PlaceholderUse use_;
  std::string prefix_;
  ByteSink sink_;
  std::size_t shrinks_by_ = 0;  ///< Bytes, at each place; 0 in text mode.
  bool failed_ = false;
  std::uint64_t given_ = 0;             ///< Packaged bytes so far.
  std::size_t next_ = 0;                ///< The offset after the one that is expected.
  std::uint64_t until_next_ = no_more;  ///< Bytes to pass before `written_` must stand there.
  std::string written_, packaged_;      ///< What stands there, and what it was.
  std::size_t matched_ = 0;             ///< Bytes of `written_` that were there.
  std::uint64_t owed_ = 0;              ///< NULs at the end of the string that is being read.
  std::uint64_t padding_ = 0;           ///< NULs that must come now.
  bool must_end_ = false;               ///< After them: a NUL, or the end of the file.
};

Restorer::Restorer(PlaceholderUse use, std::string prefix, ByteSink sink)
    : engine_(std::make_unique<Engine>(std::move(use), std::move(prefix), std::move(sink))) {}
Restorer::~Restorer() = default;
Restorer::Restorer(Restorer&&) noexcept = default;
Restorer& Restorer::operator=(Restorer&&) noexcept = default;

void Restorer::feed(std::span<const std::byte> bytes) {
  engine_->feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
bool Restorer::finish() { return engine_->finish(); }

}  // namespace envlock
