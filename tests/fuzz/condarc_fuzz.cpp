// A .condarc: what is read holds no credentials, whatever its text was.
#include "model/condarc.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(looks_like_condarc(text));
  try {
    const Condarc condarc = read_condarc(text, ".condarc", "/home/me");
    if (condarc.channels.empty()) std::abort();
    std::set<std::string> names;
    for (const Condarc::Channel& channel : condarc.channels) {
      if (channel.url.has_credentials() || !names.insert(channel.name).second) std::abort();
      for (const std::string& mirror : channel.mirrors) {
        if (holds_credentials(mirror)) std::abort();
      }
    }
  } catch (const InputError&) {  // the refusal of what is no .condarc
  }
  return 0;
}
