#include "pack/pack_head.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "pack/prefix_records.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_manifest_bytes = std::uint64_t{512} << 20U;
constexpr std::uint64_t max_text_bytes = std::uint64_t{256} << 20U;

[[noreturn]] void refuse_head(const std::string& shown, const std::string& what,
                              HeadOf of = HeadOf::pack) {
  if (of == HeadOf::environment) {
    throw TrustError(
        "the manifest of the environment in '" + shown + "' is damaged: " + what,
        "bring its pack anew: " + shell_word(shown + '/' + std::string(pack_path::program)) +
            " unpack --replace PACK " + shell_word(shown));
  }
  throw TrustError("'" + shown + "' is no pack of envlock, or damaged: " + what, damaged_pack_hint);
}

/// The manifest's text before the line of the facts came into it: each file is a line
/// (baseline.md).
std::string without_facts(const std::string& manifest) {
  const std::size_t at = manifest.find("\"path\":\"" + std::string(pack_path::facts) + '"');
  if (at == std::string::npos) return manifest;
  const std::size_t begin = manifest.rfind('\n', at) + 1;
  const std::size_t end = std::min(manifest.find('\n', at), manifest.size() - 1) + 1;
  std::string text = manifest.substr(0, begin) + manifest.substr(end);
  // The last line of a list has no comma.
  const bool was_last = manifest[end - 2] != ',';
  if (was_last && begin >= 2 && text[begin - 2] == ',') text.erase(begin - 2, 1);
  return text;
}

}  // namespace

PackHead read_pack_head(std::string manifest, std::string signature, std::string facts,
                        std::string lock, const std::string& shown, HeadOf of) {
  try {
    Baseline read = read_baseline(manifest, std::string(pack_path::manifest));
    const auto file =
        std::ranges::lower_bound(read.files, pack_path::facts, {}, &BaselineFile::path);
    if (file == read.files.end() || file->path != pack_path::facts ||
        file->sha256 != sha256_of(facts))
      refuse_head(shown, std::string(pack_path::facts) + " is not what its manifest says", of);
    if (read.lock_sha256 != sha256_of(lock))
      refuse_head(shown, "its lock is not that of its manifest", of);
    PackFacts read_facts = read_pack_facts(facts, std::string(pack_path::facts));
    if (read_facts.manifest_sha256 != sha256_of(without_facts(manifest)))
      refuse_head(shown, "its manifest is not what it was when it was packed", of);
    return {std::move(manifest), std::move(signature), std::move(facts),
            std::move(lock),     std::move(read),      std::move(read_facts)};
  } catch (const InputError& error) {
    refuse_head(shown, error.what(), of);
  }
}

std::vector<std::string> told_origin(const PackFacts& facts) {
  constexpr std::size_t most = 20;
  std::vector<std::string> lines;
  if (!facts.no_proof.empty())
    lines.push_back("what is in the pack is not proved: " + facts.no_proof);
  if (!facts.accepted.empty()) {
    lines.push_back("it was packed as it was installed, with " +
                    counted(facts.accepted.size(), "thing") +
                    " that somebody accepted and no lock holds:");
  }
  for (std::size_t i = 0; i < std::min(facts.accepted.size(), most); ++i) {
    const AcceptedItem& item = facts.accepted[i];
    lines.push_back("  " + (item.path.empty() ? item.finding : item.path) + ": " + item.reason);
  }
  if (facts.accepted.size() > most)
    lines.push_back("  and " + std::to_string(facts.accepted.size() - most) + " more");
  return lines;
}

PackHeadVisitor::PackHeadVisitor(std::string shown, HeadTaker taker)
    : shown_(std::move(shown)), taker_(std::move(taker)) {}

std::string* PackHeadVisitor::text_of(std::string_view path) {
  if (path == pack_path::manifest) return &manifest_;
  if (path == pack_path::signature) return &signature_;
  if (path == pack_path::facts) return &facts_;
  if (path == installed_lock_path) return &lock_;
  return nullptr;
}

void PackHeadVisitor::member(TarMember member) {
  if (rest_ != nullptr) return rest_->member(std::move(member));
  current_ = text_of(member.path);
  if (current_ == nullptr) {
    finish_head();
    return rest_->member(std::move(member));
  }
  if (member.type != '0' || !current_->empty())
    refuse_head(shown_, "'" + member.path + "' is no file, or there twice");
  if (member.size_bytes > (current_ == &manifest_ ? max_manifest_bytes : max_text_bytes))
    refuse_head(shown_,
                "'" + member.path + "' has " + std::to_string(member.size_bytes) + " bytes");
}

void PackHeadVisitor::data(std::span<const std::byte> bytes) {
  if (rest_ != nullptr) return rest_->data(bytes);
  current_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void PackHeadVisitor::member_end() {
  if (rest_ != nullptr) rest_->member_end();
}

void PackHeadVisitor::finish_head() {
  if (rest_ != nullptr) return;
  for (const auto& [text, path] :
       {std::pair(&manifest_, pack_path::manifest), std::pair(&facts_, pack_path::facts),
        std::pair(&lock_, installed_lock_path)}) {
    if (text->empty()) refuse_head(shown_, "it does not begin with '" + std::string(path) + "'");
  }
  rest_ = &taker_(read_pack_head(std::move(manifest_), std::move(signature_), std::move(facts_),
                                 std::move(lock_), shown_));
}

}  // namespace envlock
