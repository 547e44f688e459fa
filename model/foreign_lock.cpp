#include "model/foreign_lock.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {

std::string_view describe(ForeignFormat format) noexcept {
  switch (format) {
    case ForeignFormat::explicit_list:
      return "an explicit list";
    case ForeignFormat::conda_lock:
      return "conda-lock.yml";
    case ForeignFormat::pixi:
      return "pixi.lock";
  }
  return "";
}

const ForeignEnvironment* ForeignLock::find(std::string_view environment) const {
  const auto at = std::ranges::find(environments, environment, &ForeignEnvironment::name);
  return at == environments.end() ? nullptr : &*at;
}

std::optional<ForeignFormat> foreign_format_of(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (trim(line) == "@EXPLICIT") return ForeignFormat::explicit_list;
    if (line.starts_with("package:")) return ForeignFormat::conda_lock;
    if (line.starts_with("environments:")) return ForeignFormat::pixi;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

ForeignLock read_foreign_lock(std::string_view text, const std::string& file) {
  const auto format = foreign_format_of(text);
  if (!format)
    throw InputError(SourcePlace{file},
                     "this is neither an explicit list, nor a conda-lock.yml, nor a pixi.lock",
                     "an explicit list has a line '@EXPLICIT', a conda-lock.yml the key 'package', "
                     "a pixi.lock the key 'environments'");
  switch (*format) {
    case ForeignFormat::explicit_list:
      return read_explicit_list(text, file);
    case ForeignFormat::conda_lock:
      return read_conda_lock(text, file);
    case ForeignFormat::pixi:
      break;
  }
  return read_pixi_lock(text, file);
}

}  // namespace envlock
