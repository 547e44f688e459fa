#include "model/package_record.hpp"

#include <array>
#include <utility>

#include "model/url.hpp"

namespace envlock {

std::string_view to_string(NoArch noarch) noexcept {
  switch (noarch) {
    case NoArch::none:
      return "";
    case NoArch::generic:
      return "generic";
    case NoArch::python:
      return "python";
  }
  return "";
}

std::string distinct_name(const PackageRecord& record) {
  return is_wheel(record) ? std::string(pypi_subdir) + ':' + record.name : record.name;
}

std::optional<FileNameParts> split_file_name(std::string_view file_name) {
  std::optional<std::string> decoded = percent_decode(file_name);
  if (!decoded || decoded->find('/') != std::string::npos) return std::nullopt;
  static constexpr std::array<std::string_view, 2> extensions{"conda", "tar.bz2"};
  std::string_view rest = *decoded;
  for (const std::string_view extension : extensions) {
    if (rest.size() <= extension.size() + 1) continue;
    const std::size_t dot = rest.size() - extension.size() - 1;
    if (rest[dot] != '.' || rest.substr(dot + 1) != extension) continue;
    rest = rest.substr(0, dot);
    const std::size_t build = rest.rfind('-');
    if (build == std::string_view::npos || build == 0) return std::nullopt;
    const std::size_t version = rest.rfind('-', build - 1);
    if (version == std::string_view::npos || version == 0) return std::nullopt;
    if (version + 1 == build || build + 1 == rest.size()) return std::nullopt;
    return FileNameParts{std::string(rest.substr(0, version)),
                         std::string(rest.substr(version + 1, build - version - 1)),
                         std::string(rest.substr(build + 1)), std::string(extension)};
  }
  return std::nullopt;
}

}  // namespace envlock
