// Entry points become code: what is accepted is made of names only, and the script that is written
// for it differs from any other's in those names alone.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/entry_point.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_names(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto entry_point = parse_entry_point(text)) {
    require(is_names(entry_point->module) && is_names(entry_point->function));
    require(!package_path_fault("bin/" + entry_point->command));
    require(entry_point->command.find('/') == std::string::npos);
    require(parse_entry_point(entry_point->command + " = " + entry_point->module + ":" +
                              entry_point->function) == entry_point);
    const std::string script = entry_point_script(*entry_point, "3.11");
    const std::string plain = entry_point_script({"c", "m", "f"}, "3.11");
    require(std::count(script.begin(), script.end(), '\n') ==
            std::count(plain.begin(), plain.end(), '\n'));
    require(script.size() ==
            plain.size() - 3 + entry_point->module.size() + entry_point->function.size() +
                std::min(entry_point->function.find('.'), entry_point->function.size()));
  }
  if (const auto python = python_major_minor(text)) {
    require(text.substr(0, python->size()) == *python && is_names(*python));
  }
  const std::string place = site_packages_of("3.11.2", text);
  require(!package_path_fault(place));
  if (!package_path_fault(text) && text.size() < 4000) {
    require(!package_path_fault(noarch_python_path(text, "lib/python3.11/site-packages")));
  }
  return 0;
}
