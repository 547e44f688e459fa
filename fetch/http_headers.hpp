#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// The header fields that envlock reads. A field that came malformed counts as absent.
struct HttpHeaders {
  std::string etag;           ///< As sent, quotes and `W/` included.
  std::string last_modified;  ///< As sent.
  std::string content_type;   ///< Lower case, without parameters: "text/html".
  std::string location;       ///< As sent.
  std::string retry_after;    ///< Seconds or a date, as sent.
  std::optional<std::uint64_t> content_length;
  /// Of a 206 answer to a request for the end of a file, "bytes FIRST-LAST/COMPLETE" (RFC 9110,
  /// 14.4), where LAST is the last byte of all.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t complete_bytes = 0;
    friend bool operator==(const Range&, const Range&) = default;
  };
  std::optional<Range> content_range;
  /// How long the answer may be used without asking again: max-age less Age, at most a day (a
  /// server must not be able to hold back updates for long); 0 for no-cache, no-store or nothing
  /// said (RFC 9111, 4.2).
  std::chrono::seconds fresh_for{0};
};

/// Reads the header of one answer, line by line.
class HttpHeaderParser {
 public:
  /// A status line begins a new header and forgets the one before (1xx answers).
  void line(std::string_view line);
  [[nodiscard]] int status() const noexcept { return status_; }
  /// The empty line after a final status has come; what follows (trailers) is not looked at.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  /// Of all lines so far, also of those not kept.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const HttpHeaders& headers() const noexcept { return headers_; }

 private:
  void field(std::string_view name, std::string_view value);

  HttpHeaders headers_;
  std::optional<std::uint64_t> max_age_;
  std::uint64_t age_ = 0;
  bool not_fresh_ = false;
  int status_ = 0;
  bool complete_ = false;
  std::size_t bytes_ = 0;
};

/// True for text that can be sent back as a header value: visible ASCII and spaces, at most 1 KiB.
bool is_header_text(std::string_view text) noexcept;

}  // namespace envlock
