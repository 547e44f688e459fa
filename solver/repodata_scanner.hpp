#pragma once

#include <cstddef>
#include <cstdint>

namespace envlock {

constexpr bool is_json_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr char closing_bracket(char open) noexcept { return open == '{' ? '}' : ']'; }
/// The offset behind the closing quote of the string that begins at `at`; `size` where it does not
/// end.
std::size_t skip_json_string(const char* text, std::size_t at, std::size_t size) noexcept;

/// Finds where a run of members of one JSON object or array can be cut, 64 bytes at a time. It
/// knows strings, escapes, brackets and commas, nothing else: whether the text is JSON is decided
/// by the parser that gets what was cut out. It starts just behind the container's opening bracket
/// or behind a comma between two members.
class MemberScanner {
 public:
  enum class Stop {
    none,     ///< More bytes are needed.
    comma,    ///< stop_at() is a comma between two members, at or after `least_end`.
    close,    ///< stop_at() is the bracket that closes the container.
    too_deep  ///< stop_at() is a bracket that opens one level more than allowed.
  };

  /// @param at  offset of the first byte in the buffer that scan() will be given
  /// @param levels  how many containers may be open inside the one that is scanned
  void start(std::size_t at, std::uint32_t levels) noexcept;
  /// Goes on where it left off. Where `last`, the buffer ends the document; else a last part of
  /// less than 64 bytes waits for more.
  Stop scan(const char* buffer, std::size_t size, std::size_t least_end, bool last) noexcept;
  /// The buffer lost its first `count` bytes.
  void shift(std::size_t count) noexcept { at_ -= count; }

  [[nodiscard]] std::size_t stop_at() const noexcept { return stop_at_; }
  [[nodiscard]] std::size_t scanned_to() const noexcept { return at_; }
  /// There may be a backslash, or a minus outside strings, in what was scanned since start(): rare,
  /// and worth a closer look.
  [[nodiscard]] bool saw_backslash() const noexcept { return backslashes_ != 0; }
  [[nodiscard]] bool saw_minus() const noexcept { return minuses_ != 0; }

 private:
  std::size_t at_ = 0;
  std::size_t stop_at_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t levels_ = 0;
  std::uint64_t in_string_ = 0;       ///< All ones where the last block ended inside a string.
  bool escape_carries_over_ = false;  ///< The last byte was a backslash that escapes the next one.
  std::uint64_t backslashes_ = 0;
  std::uint64_t minuses_ = 0;
};

}  // namespace envlock
