#include "cli/trust_judge.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "model/platform.hpp"
#include "verify/canonical_json.hpp"

namespace envlock {
namespace {

/// "FILE: reason" and "FILE:12: reason" without the file, which a verdict names itself.
std::string reason_of(const Error& error, const std::string& file) {
  const std::string_view message = error.what();
  if (message.substr(0, file.size() + 1) != file + ':') return std::string(message);
  const std::string_view rest = message.substr(file.size() + 1);
  if (rest.substr(0, 1) == " ") return std::string(rest.substr(1));
  return "line " + std::string(rest);
}

std::string version_of(const TrustMetadata& metadata) {
  if (metadata.version) return "version " + std::to_string(*metadata.version);
  return "of " + metadata.timestamp.value_or(Instant{}).to_string();
}

/// The parts of a repodata that matter here, as they stand in the text.
struct SignedRepodata {
  struct Record {
    std::string name;
    std::string_view raw;
  };
  std::vector<Record> records;         ///< Sorted by name.
  std::vector<JsonMember> signatures;  ///< By file name, sorted.
  std::string subdir;                  ///< Of `info`; empty where it is not there.
};

std::vector<JsonMember> object_at(const JsonMember& member) {
  auto members = json_members(member.raw);
  if (!members) throw TrustError("'" + member.key + "': expected an object");
  return *std::move(members);
}

SignedRepodata read_repodata(std::string_view text) {
  const auto top = json_members(text);
  if (!top) throw TrustError("expected a repodata document, which is an object");
  SignedRepodata out;
  for (const JsonMember& member : *top) {
    if (member.key == "packages" || member.key == "packages.conda") {
      for (JsonMember& record : object_at(member)) {
        out.records.push_back({std::move(record.key), record.raw});
      }
    } else if (member.key == "signatures") {
      out.signatures = object_at(member);
    } else if (member.key == "info") {
      for (const JsonMember& fact : object_at(member)) {
        if (fact.key == "subdir") out.subdir = json_string(fact.raw).value_or("");
      }
    }
  }
  std::ranges::stable_sort(out.records, {}, &SignedRepodata::Record::name);
  std::ranges::sort(out.signatures, {}, &JsonMember::key);
  return out;
}

std::string_view signatures_of(const SignedRepodata& repodata, std::string_view name) {
  const auto found = std::ranges::lower_bound(repodata.signatures, name, {}, &JsonMember::key);
  return found != repodata.signatures.end() && found->key == name ? found->raw : "";
}

}  // namespace

void TrustJudge::refuse(const std::string& file, const std::string& reason) {
  verdicts_.push_back({file, {}, false, reason});
}

void TrustJudge::accept(const std::string& file, const std::string& reason) {
  verdicts_.push_back({file, {}, true, reason});
}

bool TrustJudge::all_accepted() const noexcept {
  return !verdicts_.empty() && std::ranges::all_of(verdicts_, &TrustVerdict::accepted);
}

void TrustJudge::root(std::string_view text, const std::string& file) {
  try {
    chain_.emplace(parse_trust_metadata(text, TrustRole::root, file));
    require_self_signed(chain_->root());
    require_clock(chain_->root(), now_);
    accept(file, version_of(chain_->root()) + ", signed by a quorum of its own keys");
  } catch (const TrustError& error) {
    refuse(file, reason_of(error, file));
  }
}

void TrustJudge::next_root(std::string_view text, const std::string& file) {
  if (!chain_) return refuse(file, "there is no root before it to judge it by");
  try {
    const std::string before = chain_->root().file;
    chain_->extend(parse_trust_metadata(text, TrustRole::root, file));
    last_root_ = verdicts_.size();
    require_clock(chain_->root(), now_);
    accept(file,
           version_of(chain_->root()) + ", signed by the keys of " + before + " and by its own");
  } catch (const TrustError& error) {
    refuse(file, reason_of(error, file));
  }
}

/// Roots in between may be expired, the last one may not: known when something else comes.
void TrustJudge::close_roots() {
  if (std::exchange(roots_closed_, true) || !chain_) return;
  try {
    require_current(chain_->root(), now_);
  } catch (const TrustError& error) {
    TrustVerdict& verdict = verdicts_[last_root_];
    if (verdict.accepted) verdict.reason = reason_of(error, verdict.file);
    verdict.accepted = false;
  }
}

std::string TrustJudge::under_root() const {
  const TrustVerdict& root = verdicts_[last_root_];
  return " by the keys of " + root.file + (root.accepted ? "" : ", which is refused itself");
}

void TrustJudge::key_manager(std::string_view text, const std::string& file) {
  close_roots();
  if (!chain_) return refuse(file, "there is no root to judge it by");
  try {
    const TrustMetadata metadata = parse_trust_metadata(text, TrustRole::key_mgr, file);
    require_key_manager(metadata, chain_->root());
    require_no_rollback(metadata, seen_);
    if (metadata.version) seen_.version = metadata.version;
    if (metadata.timestamp) seen_.timestamp = std::max(seen_.timestamp, metadata.timestamp);
    require_clock(metadata, now_);
    require_current(metadata, now_);
    verifier_.emplace(metadata.rule("pkg_mgr"));
    accept(file, version_of(metadata) + ", signed" + under_root());
  } catch (const TrustError& error) {
    refuse(file, reason_of(error, file));
  }
}

std::size_t TrustJudge::repodata(std::string_view text, const std::string& file,
                                 const std::string& folder,
                                 const std::vector<std::string>& packages) {
  close_roots();
  if (!verifier_) {
    refuse(file, "there is no accepted key manager to judge it by");
    return 0;
  }
  SignedRepodata repodata;
  try {
    repodata = read_repodata(text);
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::internal) throw;
    refuse(file, std::string("malformed: ") + error.what());
    return 0;
  }
  const std::string subdir = is_known_subdir(folder) ? folder : repodata.subdir;
  const auto judge = [&](const SignedRepodata::Record& record) {
    auto verdict = verifier_->judge(record.raw, signatures_of(repodata, record.name));
    if (verdict.enough) {
      if (const auto fault = signed_record_fault(record.name, subdir, record.raw)) {
        verdict.enough = false;
        verdict.reason += ", but " + *fault;
      }
    }
    verdicts_.push_back({file, record.name, verdict.enough, verdict.reason});
  };
  if (packages.empty()) {
    for (const SignedRepodata::Record& record : repodata.records) judge(record);
    if (repodata.records.empty()) refuse(file, "there is no record to judge");
  }
  for (const std::string& package : packages) {
    constexpr auto name = &SignedRepodata::Record::name;  // no subrange: clang 14 has none
    const auto first = std::ranges::lower_bound(repodata.records, package, {}, name);
    const auto last = std::ranges::upper_bound(repodata.records, package, {}, name);
    if (first == last) verdicts_.push_back({file, package, false, "there is no such record"});
    for (auto record = first; record != last; ++record) judge(*record);
  }
  return static_cast<std::size_t>(
      std::ranges::count_if(repodata.signatures, [&](const JsonMember& signature) {
        return !std::ranges::binary_search(repodata.records, signature.key, {},
                                           &SignedRepodata::Record::name);
      }));
}

}  // namespace envlock
