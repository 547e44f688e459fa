#include "cli/repodata_index.hpp"

namespace envlock {
namespace {

class BuilderSink : public RepodataSink {
 public:
  explicit BuilderSink(IndexBuilder::Options options) : builder_(std::move(options)) {}
  void feed(std::span<const std::byte> json) override { builder_.feed(json); }
  std::vector<std::byte> finish() override { return builder_.finish(); }

 private:
  IndexBuilder builder_;
};

std::unique_ptr<Index> open_mapped(const std::shared_ptr<const MappedFile>& file, bool sealed) {
  return Index::open(file->bytes(), file, std::nullopt, !sealed);
}

}  // namespace

std::uint32_t RepodataIndexAdapter::format_version() const { return index_format_version; }

std::unique_ptr<RepodataSink> RepodataIndexAdapter::start(const SubdirRequest& request,
                                                          const std::string& source_name) {
  IndexBuilder::Options options;
  options.subdir = request.subdir;
  options.source_name = source_name;
  return std::make_unique<BuilderSink>(std::move(options));
}

bool RepodataIndexAdapter::opens(const SubdirRequest& request,
                                 std::shared_ptr<const MappedFile> index, bool sealed) {
  const std::unique_ptr<Index> opened = open_mapped(index, sealed);
  return opened && opened->summary().subdir == request.subdir;
}

std::shared_ptr<const Index> open_index(const SubdirAnswer& answer) {
  // RepodataFetcher has had the checksum judged where no seal vouches for the file.
  std::shared_ptr<const Index> index = open_mapped(answer.index, true);
  if (!index) throw InternalError("the index of '" + answer.source + "' does not open any more");
  return index;
}

}  // namespace envlock
