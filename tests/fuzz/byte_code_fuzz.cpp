// Headers and names of Python's byte code, and the hash of sources.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "verify/byte_code.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto header = parse_byte_code_header(std::as_bytes(std::span(text.data(), text.size())));
  if (header && (size < byte_code_header_bytes || data[2] != '\r' || data[3] != '\n')) std::abort();
  const auto source = source_path_of(text);
  if (source && !source->ends_with(".py")) std::abort();
  const auto name = parse_byte_code_name(text);
  if (name && (name->module.empty() || name->tag.empty())) std::abort();
  if (source_hash(text, 3425) == source_hash(text, 3495) && size > 0) {
    // Other rounds over the same text: equal once in 2^64.
    std::abort();
  }
  return 0;
}
