// What a package says of itself: six texts with a record separator (0x1E, which no JSON holds)
// between them, an empty one being absent. Whatever is accepted keeps the rules of paths.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "model/package_info.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string without_carriage_returns(std::string_view text) {
  std::string out(text);
  std::erase(out, '\r');
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  PackageInfoFiles files;
  for (auto* file : {&files.index_json, &files.paths_json, &files.link_json, &files.files,
                     &files.has_prefix, &files.no_link}) {
    const std::size_t end = std::min(rest.find('\x1E'), rest.size());
    if (end > 0) *file = std::string(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  try {
    const PackageInfo info = read_package_info(files, "x-1-0.conda");
    require(!info.index.name.empty() && !info.index.version.empty() && !info.index.build.empty());
    require(info.entry_points.empty() || files.link_json);
    for (std::size_t i = 0; i < info.paths.size(); ++i) {
      const PackagePath& path = info.paths[i];
      require(i == 0 || info.paths[i - 1].path < path.path);
      require(!package_path_fault(path.path));
      const bool is_file = path.type == PathType::file;
      require(path.sha256.has_value() == (is_file && files.paths_json));
      require(path.size_bytes.has_value() == (is_file && files.paths_json));
      require(path.placeholder.empty() || (is_file && path.placeholder.size() > 1));
    }
    if (!files.paths_json) {  // line ends do not matter
      files.files = without_carriage_returns(*files.files);
      require(read_package_info(files, "again").paths == info.paths);
    }
  } catch (const TrustError&) {
  }
  return 0;
}
