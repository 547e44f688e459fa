// Pages of package indexes, HTML and JSON: file names stay names, URLs are http or https and carry
// no credentials.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/simple_index.hpp"

namespace {

void check(const envlock::ProjectPage& page) {
  for (const envlock::IndexFile& file : page.files) {
    if (file.name.empty() || file.name.find('/') != std::string::npos) std::abort();
    if (file.url.is_file() || file.url.has_credentials()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const envlock::Url page = *envlock::Url::parse("https://index.example/simple/tool");
  try {
    check(envlock::read_index_json(text, page, "page"));
  } catch (const envlock::InputError&) {
  }
  try {
    check(envlock::read_index_html(text, page, "page"));
  } catch (const envlock::InputError&) {
  }
  return 0;
}
