// The listing of a channel folder: what is read is written and read again as the same.
#include "fetch/channel_listing.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto listing = envlock::read_channel_listing(text, "repodata.json");
    for (const auto& [file_name, record] : listing) {
      if (!envlock::is_plain_package_name(file_name)) std::abort();
    }
    const std::string written = envlock::write_channel_listing(listing, "noarch");
    const auto again = envlock::read_channel_listing(written, "repodata.json");
    if (envlock::write_channel_listing(again, "noarch") != written) std::abort();
  } catch (const envlock::InputError&) {
  }
  return 0;
}
