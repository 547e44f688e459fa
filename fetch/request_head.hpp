#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// The head of an HTTP/1.1 request, taken in as it comes. Of no more than 16 KiB; only a GET of a
/// path is of use (RFC 9112, section 3).
class RequestHead {
 public:
  static constexpr std::size_t most_bytes = std::size_t{16} << 10U;
  static constexpr std::size_t most_path_bytes = 4096;
  enum class State : std::uint8_t {
    more,     ///< The empty line has not come.
    whole,    ///< It has; what comes after it is nobody's.
    too_long  ///< More than a head may have, and no empty line.
  };

  State feed(std::string_view bytes);
  [[nodiscard]] State state() const noexcept { return state_; }
  /// What a whole head asks for: it begins with '/', is percent-encoded and has no space or control
  /// character. Nothing for any other request.
  [[nodiscard]] std::optional<std::string> path() const;

 private:
  std::string text_;
  State state_ = State::more;
};

}  // namespace envlock
