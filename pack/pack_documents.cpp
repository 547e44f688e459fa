#include "pack/pack_documents.hpp"

#include <algorithm>

#include "pack/environment_files.hpp"
#include "pack/pack_needs.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {
namespace {

/// A channel that is a folder of the builder's is told by the lock's name for it alone.
PackageRecord told_record(const PackageToPlace& source) {
  PackageRecord record = source.record;
  if (!record.url.starts_with("file:")) return record;
  record.channel_url = source.channel;
  record.url = source.channel + '/' + record.subdir + '/' + record.fn;
  return record;
}

std::vector<PackDocument> conda_meta(const TreePlan& plan, const Assembly& assembly,
                                     const PackContent& content) {
  std::vector<PackDocument> documents;
  std::vector<PackageRecord> told;
  std::vector<const PackageRecord*> added;
  for (const PlannedPackage& package : plan.packages) told.push_back(told_record(package.source));
  std::vector<PrefixRecord> records = prefix_records(plan, assembly, {});
  for (std::size_t i = 0; i < records.size(); ++i) {  // both in the plan's order
    PrefixRecord& record = records[i];
    record.record.channel_url = told[i].channel_url;
    record.record.url = told[i].url;
    documents.push_back(
        {"conda-meta/" + prefix_record_file_name(record.record), write_prefix_record(record)});
  }
  for (const PackageRecord& record : told) {
    if (!is_wheel(record)) added.push_back(&record);  // the history is conda's
  }
  documents.push_back({"conda-meta/history", history_block(added, {}, requested_names(plan))});
  if (!content.baseline.variables.empty())
    documents.push_back({"conda-meta/state", state_text(content.baseline.variables)});
  std::ranges::sort(documents, {}, &PackDocument::path);
  return documents;
}

/// The manifest vouches for the facts, and the facts for conda-meta.
void add_facts(Baseline& manifest, const std::string& text) {
  BaselineFile file;
  file.path = pack_path::facts;
  file.package = BaselineFile::own;
  file.size_bytes = text.size();
  file.sha256 = sha256_of(text);
  const auto at = std::ranges::lower_bound(manifest.files, file.path, {}, &BaselineFile::path);
  manifest.files.insert(at, std::move(file));
}

}  // namespace

PackDocuments make_pack_documents(const TreePlan& plan, const Assembly& assembly,
                                  const PackContent& content) {
  PackDocuments documents;
  documents.last = conda_meta(plan, assembly, content);
  Baseline manifest = baseline_of(plan, assembly, content.baseline);
  PackFacts facts{.host = pack_needs(content.needs, plan, assembly),
                  .manifest_sha256 = sha256_of(write_baseline(manifest)),
                  .dest_prefix = content.dest_prefix,
                  .filters = content.filters,
                  .accepted = content.accepted,
                  .no_proof = content.no_proof,
                  .documents = {}};
  for (const PackDocument& document : documents.last)
    facts.documents.emplace(document.path, sha256_of(document.text));
  if (content.judge) content.judge(facts.host);
  std::string facts_text = write_pack_facts(facts);
  add_facts(manifest, facts_text);
  documents.files = manifest.files.size();
  std::string manifest_text = write_baseline(manifest);
  documents.manifest_sha256 = sha256_of(manifest_text);
  std::string signature = content.sign ? content.sign(manifest_text) : std::string();
  documents.first.push_back({std::string(pack_path::manifest), std::move(manifest_text)});
  if (content.sign)
    documents.first.push_back({std::string(pack_path::signature), std::move(signature)});
  documents.first.push_back({std::string(pack_path::facts), std::move(facts_text)});
  documents.first.push_back({std::string(installed_lock_path), content.lock_text});
  return documents;
}

}  // namespace envlock
