#include "cli/repodata_index.hpp"

#include <set>

#include "cli/signature_judge.hpp"

namespace envlock {
namespace {

class BuilderSink : public RepodataSink {
 public:
  /// @param verifier  null: signatures are not looked at
  BuilderSink(IndexBuilder::Options options, std::shared_ptr<const RecordVerifier> verifier)
      : judge_(verifier ? std::make_unique<SignatureJudge>(std::move(verifier), options.subdir,
                                                           options.source_name)
                        : nullptr),
        builder_(with_judge(std::move(options), judge_.get())) {}
  void feed(std::span<const std::byte> json) override { builder_.feed(json); }
  void settle() override { builder_.settle(); }
  std::vector<std::byte> finish() override { return builder_.finish(); }

 private:
  static IndexBuilder::Options with_judge(IndexBuilder::Options options, SignatureJudge* judge) {
    if (judge == nullptr) return options;
    options.signature_rule = judge->rule();
    options.on_record = [judge](std::string_view fn, std::string_view raw) {
      judge->add_record(fn, raw);
    };
    options.on_signatures = [judge](std::string_view fn, std::string_view raw) {
      judge->add_signatures(fn, raw);
    };
    options.verdict = [judge](std::string_view fn) { return judge->verdict(fn); };
    return options;
  }

  std::unique_ptr<SignatureJudge> judge_;
  IndexBuilder builder_;
};

std::unique_ptr<Index> open_mapped(const std::shared_ptr<const MappedFile>& file, bool sealed) {
  return Index::open(file->bytes(), file, !sealed);
}

}  // namespace

std::uint32_t RepodataIndexAdapter::format_version() const { return index_format_version; }

std::unique_ptr<RepodataSink> RepodataIndexAdapter::start(const SubdirRequest& request,
                                                          const std::string& source_name) {
  IndexBuilder::Options options;
  options.subdir = request.subdir;
  options.source_name = source_name;
  std::shared_ptr<const RecordVerifier> verifier;
  if (!request.judged_by.empty()) {
    const auto found = verifiers_.find(request.judged_by);
    if (found == verifiers_.end()) throw InternalError("signatures are to be judged by nobody");
    verifier = found->second;
  }
  return std::make_unique<BuilderSink>(std::move(options), std::move(verifier));
}

bool RepodataIndexAdapter::opens(const SubdirRequest& request,
                                 std::shared_ptr<const MappedFile> index, bool sealed) {
  const std::unique_ptr<Index> opened = open_mapped(index, sealed);
  return opened && opened->summary().subdir == request.subdir &&
         opened->summary().signature_rule == request.judged_by;
}

std::vector<std::string> RepodataIndexAdapter::depends_of(
    const SubdirRequest& /*request*/, const std::shared_ptr<const MappedFile>& file,
    const std::string& name) {
  const std::unique_ptr<Index> index = open_mapped(file, true);
  if (!index) throw InternalError("an index that was opened before does not open any more");
  std::set<TextId> texts;
  const Index::Range range = index->find(name);
  for (RecordId id = range.first; id < range.last; ++id)
    for (const TextId text : index->depends(id)) texts.insert(text);
  std::vector<std::string> depends;
  for (const TextId text : texts) depends.emplace_back(index->text(text));
  return depends;
}

std::shared_ptr<const Index> open_index(const SubdirAnswer& answer) {
  // RepodataFetcher has had the checksum judged where no seal vouches for the file.
  std::shared_ptr<const Index> index = open_mapped(answer.index, true);
  if (!index) throw InternalError("the index of '" + answer.source + "' does not open any more");
  return index;
}

}  // namespace envlock
