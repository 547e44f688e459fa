#include "tests/support/channel_builder.hpp"

#include <fstream>
#include <stdexcept>

#include "model/digest.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

void write_bytes(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write '" + file.string() + "'");
}

}  // namespace

ChannelBuilder& ChannelBuilder::add_conda(const ArchiveBuilder& package) {
  return add_bytes(package, package.build_conda(), ".conda");
}

ChannelBuilder& ChannelBuilder::add_tar_bz2(const ArchiveBuilder& package) {
  return add_bytes(package, package.build_tar_bz2(), ".tar.bz2");
}

ChannelBuilder& ChannelBuilder::add_bytes(const ArchiveBuilder& package, const std::string& bytes,
                                          const std::string& extension) {
  Json record = package.index();
  const std::string subdir = record["subdir"];
  const std::string file_name = package.stem() + extension;
  record["sha256"] = sha256_of(bytes).hex();
  record["size"] = bytes.size();
  write_bytes(file(subdir, file_name), bytes);
  records_[subdir][file_name] = std::move(record);
  write();
  return *this;
}

ChannelBuilder& ChannelBuilder::edit_record(const std::string& file_name,
                                            const ArchiveBuilder::Edit& edit) {
  for (auto& [subdir, records] : records_) {
    const auto found = records.find(file_name);
    if (found == records.end()) continue;
    edit(found->second);
    write();
    return *this;
  }
  throw std::out_of_range("no package '" + file_name + "' was added");
}

void ChannelBuilder::write() const {
  auto all = records_;
  all["noarch"];  // A channel without it is none.
  for (const auto& [subdir, records] : all) {
    Json document = {{"info", {{"subdir", subdir}}},
                     {"packages", Json::object()},
                     {"packages.conda", Json::object()},
                     {"removed", Json::array()},
                     {"repodata_version", 1}};
    for (const auto& [file_name, record] : records)
      document[file_name.ends_with(".conda") ? "packages.conda" : "packages"][file_name] = record;
    write_bytes(folder_ / subdir / "repodata.json", document.dump(2) + "\n");
  }
}

}  // namespace envlock::test
