// What a program on this machine sends to the loopback server: in pieces as in one, the same is
// read, and a path is never more than it may be.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fetch/request_head.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using envlock::RequestHead;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RequestHead whole;
  whole.feed(bytes);
  RequestHead pieces;
  std::size_t step = 1;
  for (std::size_t at = 0; at < size; at += step, step = step % 7 + 1)
    pieces.feed(bytes.substr(at, step));
  if (size > 0 && pieces.state() != whole.state()) std::abort();
  const auto path = whole.path();
  if (path != pieces.path()) std::abort();
  if (!path) return 0;
  if (whole.state() != RequestHead::State::whole || !path->starts_with('/') ||
      path->size() > RequestHead::most_path_bytes ||
      bytes.find("\r\n\r\n") > RequestHead::most_bytes)
    std::abort();
  for (const char c : *path)
    if (c <= ' ' || c > '~') std::abort();
  return 0;
}
