#include "cli/pack_output.hpp"

#include <filesystem>

#include "cli/usage_errors.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

struct Form {
  std::string_view extension;
  PackOutput::Kind kind;
  PackCompression compression;
};

constexpr Form forms[] = {
    {".tar.zst", PackOutput::Kind::archive, PackCompression::zstd},
    {".tar.gz", PackOutput::Kind::archive, PackCompression::gzip},
    {".tgz", PackOutput::Kind::archive, PackCompression::gzip},
    {".tar", PackOutput::Kind::archive, PackCompression::none},
    {".sh", PackOutput::Kind::self_extracting, PackCompression::zstd},
};

}  // namespace

PackOutput pack_output(const std::string& given, bool as_channel) {
  if (given.size() > 1 && given.back() == '/') {
    return {as_channel ? PackOutput::Kind::channel : PackOutput::Kind::folder,
            PackCompression::none, std::filesystem::path(given).parent_path().string()};
  }
  if (as_channel) {
    throw UsageError("'--format channel' writes a folder, and '" + given + "' does not end in '/'",
                     "name a folder: -o channel/");
  }
  if (given == "-") return {PackOutput::Kind::stream, PackCompression::zstd, given};
  const std::string name = std::filesystem::path(given).filename().string();
  for (const Form& form : forms) {
    if (name.size() > form.extension.size() && name.ends_with(form.extension))
      return {form.kind, form.compression, given};
  }
  throw UsageError("'" + given + "' does not tell what is to be written",
                   "end it in .tar.zst, .tar.gz, .tar, .sh (extracts itself) or / (a folder; with "
                   "--format channel a channel); '-' is a .tar.zst on standard output");
}

}  // namespace envlock
