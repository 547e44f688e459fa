#include "cli/signature_judge.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr unsigned max_threads = 8;

/// An entry `{}` says as little as none.
bool is_empty_object(std::string_view raw) {
  return std::all_of(raw.begin(), raw.end(), [](char c) {
    return c == '{' || c == '}' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
  });
}

}  // namespace

SignatureJudge::SignatureJudge(std::shared_ptr<const RecordVerifier> verifier, std::string subdir,
                               std::string source_name)
    : verifier_(std::move(verifier)),
      subdir_(std::move(subdir)),
      source_name_(std::move(source_name)) {}

SignatureJudge::Entry& SignatureJudge::keep(std::string_view file_name, std::string_view raw) {
  constexpr std::size_t of_an_entry = 256;
  kept_bytes_ += file_name.size() + raw.size() + of_an_entry;
  if (kept_bytes_ > max_kept_bytes)
    throw TrustError("'" + source_name_ + "': more than " + std::to_string(max_kept_bytes) +
                         " bytes of records to judge",
                     "no real channel is that large; tell its owner");
  return entries_.try_emplace(std::string(file_name)).first->second;
}

void SignatureJudge::add_record(std::string_view file_name, std::string_view raw) {
  keep(file_name, raw).record = raw;
}

void SignatureJudge::add_signatures(std::string_view file_name, std::string_view raw) {
  Entry& entry = keep(file_name, raw);
  entry.is_signed = !is_empty_object(raw);
  entry.signatures = raw;
}

SignatureVerdict SignatureJudge::verdict(std::string_view file_name) {
  if (!judged_) judge_all();
  const auto found = entries_.find(file_name);
  if (found == entries_.end())
    throw InternalError("a record without its text: " + std::string(file_name));
  return found->second.verdict;
}

void SignatureJudge::judge_all() {
  std::vector<std::pair<const std::string*, Entry*>> work;
  for (auto& [file_name, entry] : entries_) {
    entry.verdict.state = SignatureVerdict::State::unsigned_record;
    if (entry.is_signed && !entry.record.empty()) work.emplace_back(&file_name, &entry);
  }
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(
      std::clamp(std::thread::hardware_concurrency(), 1U, max_threads));
  const auto run = [&](std::exception_ptr& failure) {
    try {
      for (std::size_t i = next++; i < work.size(); i = next++)
        judge(*work[i].first, *work[i].second);
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < failures.size() && i * 64 < work.size(); ++i)
      helpers.emplace_back([&run, &failures, i] { run(failures[i]); });
    run(failures.front());
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  judged_ = true;
}

void SignatureJudge::judge(const std::string& file_name, Entry& entry) const {
  const RecordVerifier::Verdict found = verifier_->judge(entry.record, entry.signatures);
  entry.verdict.state = SignatureVerdict::State::bad;
  if (!found.enough) {
    entry.verdict.text = found.reason;
  } else if (const auto fault = signed_record_fault(file_name, subdir_, entry.record)) {
    entry.verdict.text = *fault;
  } else {
    entry.verdict.state = SignatureVerdict::State::good;
    for (const std::string& key : found.signers)
      entry.verdict.text += (entry.verdict.text.empty() ? "" : " ") + key;
  }
  entry.record = {};
  entry.signatures = {};
}

}  // namespace envlock
