// The header of an answer, line by line: whatever a server sends, what is kept can be sent back.
#include "fetch/http_headers.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  envlock::HttpHeaderParser parser;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    const std::string_view taken = line.empty() ? rest : line;
    parser.line(taken);
    rest.remove_prefix(taken.size());
  }
  if (parser.bytes() != size) std::abort();
  const envlock::HttpHeaders& headers = parser.headers();
  for (const std::string* text : {&headers.etag, &headers.last_modified, &headers.retry_after})
    if (!envlock::is_header_text(*text)) std::abort();
  if (headers.fresh_for.count() < 0 || headers.fresh_for > std::chrono::hours(24)) std::abort();
  if (parser.complete() && parser.status() < 200) std::abort();
  return 0;
}
