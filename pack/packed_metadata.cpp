#include "pack/packed_metadata.hpp"

#include <fcntl.h>

#include <algorithm>

#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/prefix_record.hpp"
#include "pack/environment_files.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {
namespace {

/// A record as it is true here: other digests where a placeholder was replaced, and byte code.
std::string record_here(const std::string& path, const std::string& text, const PackHead& head,
                        const UnpackTree& tree, const std::vector<std::string>& byte_code) {
  std::optional<PrefixRecord> record;
  try {
    record = read_prefix_record(text, path);
  } catch (const InputError& error) {
    throw TrustError(error.what(), "the pack was made wrong: make it anew");
  }
  if (!record) throw TrustError("'" + path + "' of the pack is no record of a package");
  const std::string python = python_of(head.manifest);
  std::vector<PrefixPath> made;
  for (PrefixPath& one : record->paths) {
    const BaselineFile* const file = find_file(head.manifest, one.path);
    if (file != nullptr && file->placeholder) {
      one.sha256_in_prefix =
          tree.sha256_in_prefix(static_cast<std::size_t>(file - head.manifest.files.data()));
    }
    if (python.empty() || !one.path.ends_with(".py")) continue;
    PrefixPath compiled;
    compiled.path = byte_code_path(one.path, python);
    compiled.kind = PrefixPath::Kind::pyc;
    if (std::ranges::binary_search(byte_code, compiled.path)) made.push_back(std::move(compiled));
  }
  for (PrefixPath& one : made) record->paths.push_back(std::move(one));
  std::ranges::sort(record->paths, {}, &PrefixPath::path);
  return write_prefix_record(*record);
}

}  // namespace

std::string python_of(const Baseline& manifest) {
  constexpr std::string_view start = "lib/python";
  const std::string_view path = manifest.site_packages;
  if (!path.starts_with(start)) return {};
  const std::string_view rest = path.substr(start.size());
  return std::string(rest.substr(0, rest.find('/')));
}

std::vector<ByteCodeJob> byte_code_jobs(const Baseline& manifest) {
  std::vector<OwnedPath> paths;
  paths.reserve(manifest.files.size());
  for (const BaselineFile& file : manifest.files) {
    const bool is_packages = file.package != BaselineFile::own;
    paths.push_back(
        {file.path, is_packages ? file.package : OwnedPath::nobody, file.type == PathType::file});
  }
  return byte_code_jobs(python_of(manifest), manifest.site_packages, paths);
}

void fit_sources_to_byte_code(const UniqueFd& tree, const Baseline& manifest) {
  const std::string python = python_of(manifest);
  if (python.empty()) return;
  for (const BaselineFile& file : manifest.files) {
    if (file.type != PathType::file || !file.path.ends_with(".py")) continue;
    const std::string compiled = byte_code_path(file.path, python);
    if (find_file(manifest, compiled) != nullptr)
      fit_source_to_byte_code(tree, file.path, compiled);
  }
}

std::vector<std::string> made_byte_code(const UniqueFd& tree, const std::string& python,
                                        const std::vector<ByteCodeJob>& jobs) {
  std::vector<std::string> made;
  for (const ByteCodeJob& job : jobs) {
    for (const std::string& source : job.sources) {
      std::string path = byte_code_path(source, python);
      if (open_beneath(tree.get(), path, O_PATH)) made.push_back(std::move(path));
    }
  }
  std::ranges::sort(made);
  return made;
}

void put_packed_metadata(TreeSink& sink, const PackHead& head, UnpackTree& tree,
                         const std::vector<std::string>& byte_code) {
  for (const auto& [path, text] : tree.take_documents()) {
    const bool is_record = is_prefix_record_name(path);
    put_text(sink, path, is_record ? record_here(path, text, head, tree, byte_code) : text);
  }
  put_text(sink, std::string(pack_path::manifest), head.manifest_text);
  if (!head.signature.empty()) put_text(sink, std::string(pack_path::signature), head.signature);
  put_text(sink, std::string(installed_lock_path), head.lock_text);
}

}  // namespace envlock
