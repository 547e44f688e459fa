// Byte 0: mode and the piece's size; bytes 1 and 2: how long placeholder and prefix are; then these
// two and a file. Restoring what was relocated gives the file again, and restoring any other bytes
// (here: the file itself) never does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "model/relocation.hpp"

namespace {

using namespace envlock;

void require(bool holds) {
  if (!holds) std::abort();
}

ByteSink into(std::string& out) {
  return [&out](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
}

template <class Stream>
void feed(Stream& stream, std::string_view bytes, std::size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    stream.feed(std::as_bytes(std::span(bytes.substr(0, piece))));
  }
}

bool restores(std::string_view installed, const PlaceholderUse& use, const std::string& prefix,
              std::size_t piece, std::string_view expected) {
  std::string out;
  Restorer restorer(use, prefix, into(out));
  feed(restorer, installed, piece);
  return restorer.finish() && out == expected;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto mode = (data[0] & 1U) != 0 ? PlaceholderMode::binary : PlaceholderMode::text;
  const std::size_t piece = 1 + (data[0] >> 1U);
  std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto take = [&](std::size_t length) {
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(part.size());
    return "/" + std::string(part);
  };
  const std::string placeholder = take(data[1] % 40U);
  const std::string prefix = take(data[2] % 200U);
  std::string installed;
  PlaceholderUse use;
  try {
    Relocator relocator(placeholder, mode, prefix, into(installed));
    feed(relocator, rest, piece);
    use = relocator.finish();
  } catch (const Error& error) {
    const bool is_longer = mode == PlaceholderMode::binary && prefix.size() > placeholder.size();
    const bool has_nul = (placeholder + prefix).find('\0') != std::string::npos;
    require(has_nul || (is_longer && error.exit_code() == ExitCode::unfit));
    return 0;
  }
  require(restores(installed, use, prefix, piece, rest));
  require(installed_size(use, rest.size(), prefix) == installed.size());
  if (installed != rest) require(!restores(rest, use, prefix, piece, rest));
  if (!installed.empty()) {
    std::string other = installed;
    other[data[0] % other.size()] ^= 1;
    require(!restores(other, use, prefix, piece, rest));
    other = installed.substr(0, installed.size() - 1);
    require(!restores(other, use, prefix, piece, rest));
  }
  return 0;
}
