#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/channel.hpp"
#include "model/error.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  redact_urls(text);
  holds_credentials(text);
  if (const auto url = Url::parse(text)) {
    const std::string printed = url->to_string();
    const auto again = Url::parse(printed);
    require(again && again->to_string() == printed && !again->has_credentials());
    require(Url::parse(url->with_credentials()) == url);
    require(url->is_under(*url));
    // A path may hold another URL, with secrets of its own.
    if (printed.rfind("://") == printed.find("://")) require(!holds_credentials(printed));
    if (url->is_file()) require(Url::from_path(url->local_path()) == *url);
  }
  if (const auto resolved = Url::parse("https://host/conda/chan/linux-64")->resolve(text))
    require(Url::parse(resolved->with_credentials()) == resolved);
  ChannelNames names;
  names.base_dir = "/work";
  try {
    for (const Channel& channel : parse_channel(text, names)) {
      require(!channel.url.has_credentials() && !channel.name.empty());
      const auto again = parse_channel(channel.url.to_string(), names);
      // A folder below the channel's own that is named like a subdir ends the base on reading back.
      require(again.size() == 1 && (again[0].url == channel.url || !again[0].subdirs.empty()));
    }
  } catch (const InputError&) {
  }
  return 0;
}
