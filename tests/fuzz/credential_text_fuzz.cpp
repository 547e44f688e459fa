// What sources of credentials say. The first byte chooses: 'n' netrc, 'h' a helper's answer, 'b'
// the blocks of --credential-fd. Whatever comes, what is accepted can be sent, and no message
// repeats a value (the corpus has "canary" as its secrets).
#include "fetch/credential_text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

namespace {

using namespace envlock;

void require_clean(std::string_view secret) {
  for (const char c : secret)
    if (c == '\0' || c == '\n') std::abort();
}

void read(char which, std::string_view text) {
  if (which == 'n') {
    if (const auto found = parse_netrc(text, "h.example", "netrc")) {
      if (found->secret.empty()) std::abort();
      require_clean(found->username);
    }
  } else if (which == 'h') {
    const Url asked = Url::parse("https://h.example/c").value();
    const HelperAnswer answer = parse_helper_answer(text, asked, 1'000, "helper");
    require_clean(answer.found.secret.reveal());
  } else {
    for (const CredentialBlock& block : parse_credential_blocks(text, "file descriptor 3")) {
      if (block.url.has_value() != block.channel.empty() || block.found.secret.empty())
        std::abort();
      require_clean(block.found.secret.reveal());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    read(text.front(), text.substr(1));
  } catch (const Error& error) {
    if (std::string_view(error.what()).find("canary") != std::string_view::npos) std::abort();
  }
  return 0;
}
