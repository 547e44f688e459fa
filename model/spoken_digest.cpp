#include "model/spoken_digest.hpp"

#include <string_view>

namespace envlock {

std::string spoken_digest(const Sha256& sha256) {
  constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  std::size_t next = 0;
  for (int i = 0; i < 16; ++i) {
    if (bits < 5) {
      held = held << 8U | sha256.bytes()[next++];
      bits += 8;
    }
    bits -= 5;
    if (i > 0 && i % 4 == 0) out += '-';
    out += digits[held >> bits & 31U];
  }
  return out;
}

}  // namespace envlock
