#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "model/error.hpp"
#include "model/relocation.hpp"

namespace envlock {
namespace {

/// How many bytes are looked at together, beside one length of the placeholder.
constexpr std::size_t window_bytes = std::size_t{64} << 10U;
static_assert(max_packaged_shebang_bytes < window_bytes,
              "the first line is looked at in one piece");

}  // namespace

class Relocator::Engine {
 public:
  Engine(std::string placeholder, PlaceholderMode mode, std::string prefix, ByteSink sink)
      : prefix_(std::move(prefix)), sink_(std::move(sink)) {
    const auto is_name = [](std::string_view text) {
      return !text.empty() && text.find('\0') == std::string_view::npos;
    };
    if (!is_name(placeholder) || !is_name(prefix_)) {
      throw InternalError("Relocator: a placeholder or a prefix is empty or holds a NUL");
    }
    if (mode == PlaceholderMode::binary) {
      if (prefix_.size() > placeholder.size()) {
        throw Error(ExitCode::unfit,
                    "the prefix '" + prefix_ + "' has " + std::to_string(prefix_.size()) +
                        " bytes, the package has room for " + std::to_string(placeholder.size()),
                    "choose a shorter prefix");
      }
      shrinks_by_ = placeholder.size() - prefix_.size();
    }
    use_.placeholder = std::move(placeholder);
    use_.mode = mode;
    capacity_ = window_bytes + use_.placeholder.size();
    window_.reserve(capacity_);
  }

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t taken = std::min(bytes.size(), capacity_ - window_.size());
      window_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (window_.size() == capacity_) work(false);
    }
  }

  PlaceholderUse finish() {
    work(true);
    pad();
    return std::move(use_);
  }

 private:
  /// Hands on all of the window that can no longer be the start of a placeholder.
  void work(bool is_last) {
    std::size_t at = use_.mode == PlaceholderMode::text && window_start_ == 0 ? first_line() : 0;
    std::size_t hit = find(at);
    while (true) {
      if (owed_ > 0) {
        const std::size_t nul = window_.find('\0', at);
        if (nul < hit) {  // npos is the largest
          emit(at, nul);
          pad();
          at = nul;
        }
      }
      if (hit == std::string::npos) break;
      emit(at, hit);
      note(window_start_ + hit);
      give(prefix_);
      owed_ += shrinks_by_;
      at = hit + use_.placeholder.size();
      hit = find(at);
    }
    const std::size_t kept = is_last ? 0 : use_.placeholder.size() - 1;
    const std::size_t end = std::max(at, window_.size() - kept);
    emit(at, end);
    window_.erase(0, end);
    window_start_ += end;
  }

  /// Deals with a shebang line that has the placeholder in it. @return where the rest starts
  std::size_t first_line() {
    if (window_.compare(0, 2, "#!") != 0) return 0;
    const std::string_view start =
        std::string_view(window_).substr(0, max_packaged_shebang_bytes + 1);
    const std::string_view line = start.substr(0, start.find('\n'));
    if (line.size() > max_packaged_shebang_bytes) return 0;
    for (std::size_t at = 0; (at = line.find(use_.placeholder, at)) != std::string_view::npos;
         at += use_.placeholder.size()) {
      note(at);
    }
    if (use_.offsets.empty()) return 0;
    use_.shebang = line;
    give(installed_shebang(line, use_.placeholder, prefix_));
    return line.size();
  }

  [[nodiscard]] std::size_t find(std::size_t from) const {
    const void* hit = ::memmem(window_.data() + from, window_.size() - from,
                               use_.placeholder.data(), use_.placeholder.size());
    if (hit == nullptr) return std::string::npos;
    return static_cast<std::size_t>(static_cast<const char*>(hit) - window_.data());
  }

  void note(std::uint64_t offset) {
    if (use_.offsets.size() == max_placeholder_uses) {
      throw TrustError("the placeholder '" + use_.placeholder + "' stands more than " +
                       std::to_string(max_placeholder_uses) + " times in one file");
    }
    use_.offsets.push_back(offset);
  }

  /// The NULs that a string has got shorter by.
  void pad() {
    static constexpr std::array<char, 4096> nuls{};
    for (; owed_ > nuls.size(); owed_ -= nuls.size()) give({nuls.data(), nuls.size()});
    give({nuls.data(), static_cast<std::size_t>(owed_)});
    owed_ = 0;
  }

  void emit(std::size_t from, std::size_t to) {
    give(std::string_view(window_).substr(from, to - from));
  }
  void give(std::string_view bytes) {
    if (!bytes.empty()) sink_(std::as_bytes(std::span(bytes)));
  }

  std::string prefix_;
  ByteSink sink_;
  PlaceholderUse use_;
  std::size_t shrinks_by_ = 0;  ///< Bytes, at each place; 0 in text mode.
  std::uint64_t owed_ = 0;      ///< NULs at the end of the string that is being read.
  std::size_t capacity_ = 0;
  std::string window_;              ///< Bytes not handed on yet.
  std::uint64_t window_start_ = 0;  ///< In the packaged file.
};

Relocator::Relocator(std::string placeholder, PlaceholderMode mode, std::string prefix,
                     ByteSink sink)
    : engine_(std::make_unique<Engine>(std::move(placeholder), mode, std::move(prefix),
                                       std::move(sink))) {}
Relocator::~Relocator() = default;
Relocator::Relocator(Relocator&&) noexcept = default;
Relocator& Relocator::operator=(Relocator&&) noexcept = default;

void Relocator::feed(std::span<const std::byte> bytes) {
  engine_->feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
PlaceholderUse Relocator::finish() { return engine_->finish(); }

std::uint64_t installed_size(const PlaceholderUse& use, std::uint64_t packaged_size,
                             std::string_view prefix) {
  if (use.mode == PlaceholderMode::binary) return packaged_size;
  std::uint64_t size = packaged_size;
  if (!use.shebang.empty()) {
    size += installed_shebang(use.shebang, use.placeholder, prefix).size();
    size -= use.shebang.size();
  }
  for (const std::uint64_t offset : use.offsets) {
    if (offset >= use.shebang.size()) size += prefix.size() - use.placeholder.size();  // wraps well
  }
  return size;
}

}  // namespace envlock
