#include "cli/fetch_attestations.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <optional>
#include <thread>

#include "fetch/atomic_file.hpp"
#include "verify/attestation.hpp"

namespace envlock {
namespace {

using Kind = AttestationVerdict::Kind;

constexpr std::size_t max_kept_bytes = std::size_t{1} << 20U;
constexpr std::size_t max_key_bytes = 16'384;
constexpr std::size_t most_faults_shown = 20;
constexpr std::size_t requests_at_once = 8;

struct Demand {
  std::vector<AttestationKey> keys;
  bool required = true;
};

/// By the channel's URL.
std::map<std::string, Demand> demands_of(const std::optional<ProjectFile>& project) {
  std::map<std::string, Demand> demands;
  if (!project) return demands;
  const ChannelNames names = channel_names(project, project->dir);
  for (const Project::ChannelRule& rule : project->project.channels) {
    if (!rule.trust.attestations) continue;
    Demand demand{{}, rule.trust.attestations->required};
    for (const AttestationRule::Key& key : rule.trust.attestations->keys) {
      // Whoever can change the file in the work tree could bring a key of their own.
      if (key.is_file && project->project.path.starts_with("git:"))
        throw TrustError(key.place.to_string() + ": the key '" + key.text +
                             "' is read from the work tree, and nothing pins it",
                         "write the key itself, as hex or base64, instead of a file");
      if (key.is_file)
        demand.keys.push_back(AttestationKey::from_pem(
            read_file((project->dir / key.text).lexically_normal(), max_key_bytes), key.text));
      else if (auto parsed = AttestationKey::from_text(key.text))
        demand.keys.push_back(*std::move(parsed));
      else
        throw InputError(key.place, "'" + key.text + "' is no public key");
    }
    demands.emplace(names.named.at(rule.name).to_string(), std::move(demand));
  }
  return demands;
}

/// One package's verdict; nothing where there is no attestation at all.
class Judge {
 public:
  Judge(const Cache& cache, const TrustNetwork& network)
      : kept_(cache.folder("attestations")), network_(network) {}

  std::optional<AttestationVerdict> judge(const PackageRecord& record, const Demand& demand) const {
    const AttestationQuestion question{record.fn, record.sha256.value(), record.channel_url, false};
    const std::filesystem::path file = kept_ / (record.sha256->hex() + ".sigs");
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
      const AttestationVerdict kept =
          judge_attestations(read_file(file, max_kept_bytes), file.string(), question, demand.keys);
      if (kept.kind == Kind::verified) return kept;
    }
    const auto url = Url::parse(record.url);
    const std::size_t slash = record.url.rfind('/');
    const auto folder = Url::parse(record.url.substr(0, slash));
    if (!url || !folder) throw InternalError("a lock was read with the URL '" + record.url + "'");
    if (network_.offline && !folder->is_file()) return std::nullopt;
    for (const char* const suffix : {".sigs", ".v0.sigs"}) {
      const std::string name = record.url.substr(slash + 1) + suffix;
      const auto document = fetch_trust_file(*folder, name, network_);
      if (!document) continue;
      AttestationVerdict verdict = judge_attestations(*document, name, question, demand.keys);
      if (verdict.kind == Kind::verified)
        write_file(file, *document, 0600, AtomicFile::Durability::relaxed);
      return verdict;
    }
    return std::nullopt;
  }

 private:
  std::filesystem::path kept_;
  const TrustNetwork& network_;
};

}  // namespace

AttestationReport require_attestations(std::span<const WantedRecord> wanted,
                                       const std::optional<ProjectFile>& project,
                                       const Cache& cache, const TrustNetwork& network) {
  AttestationReport report;
  report.signers.resize(wanted.size());
  const std::map<std::string, Demand> demands = demands_of(project);
  std::vector<std::size_t> to_judge;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (demands.contains(wanted[i].package->record.channel_url)) to_judge.push_back(i);
  }
  if (to_judge.empty()) return report;

  const Judge judge(cache, network);
  std::vector<std::optional<AttestationVerdict>> verdicts(wanted.size());
  std::vector<std::exception_ptr> failures(wanted.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const auto work = [&] {
    for (std::size_t at = next++; at < to_judge.size() && !failed; at = next++) {
      const std::size_t i = to_judge[at];
      const PackageRecord& record = wanted[i].package->record;
      try {
        verdicts[i] = judge.judge(record, demands.at(record.channel_url));
      } catch (...) {
        failures[i] = std::current_exception();
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    while (pool.size() + 1 < std::min(requests_at_once, to_judge.size())) pool.emplace_back(work);
    work();
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }

  const std::string none = network.offline
                               ? "has no attestation in the cache, and --offline asks nobody"
                               : "has no attestation";
  std::vector<std::string> faults;
  for (const std::size_t i : to_judge) {
    const PackageRecord& record = wanted[i].package->record;
    const bool required = demands.at(record.channel_url).required;
    const std::optional<AttestationVerdict>& verdict = verdicts[i];
    if (verdict && verdict->kind == Kind::verified) {
      report.signers[i] = verdict->signer;
      continue;
    }
    const std::string text =
        "'" + record.fn + "' " +
        (verdict ? "is not proved by its attestation: " + verdict->reason : none);
    const bool wrong = verdict && verdict->kind == Kind::refused;
    (required || wrong ? faults : report.notices).push_back(text);
  }
  std::ranges::sort(report.notices);
  if (faults.empty()) return report;
  std::ranges::sort(faults);
  std::string text = "envlock.yml asks who published these packages, and it is not proved:";
  for (std::size_t i = 0; i < std::min(faults.size(), most_faults_shown); ++i)
    text += "\n" + faults[i];
  if (faults.size() > most_faults_shown)
    text += "\nand " + std::to_string(faults.size() - most_faults_shown) + " more";
  throw TrustError(text,
                   "ask the channel's publisher; 'attestations: {require: false}' in "
                   "envlock.yml only notes packages without any");
}

}  // namespace envlock
