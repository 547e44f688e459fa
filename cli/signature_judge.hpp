#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "solver/index.hpp"
#include "verify/record_verifier.hpp"

namespace envlock {

/// Judges the signed records of one repodata. They are kept until the document has ended, because
/// `signatures` stands behind the records that it speaks of. One thread calls it.
class SignatureJudge {
 public:
  /// What is kept of one repodata; more is refused.
  static constexpr std::size_t max_kept_bytes = std::size_t{1} << 30U;

  SignatureJudge(std::shared_ptr<const RecordVerifier> verifier, std::string subdir,
                 std::string source_name);

  /// @throws TrustError above `max_kept_bytes`
  void add_record(std::string_view file_name, std::string_view raw);
  void add_signatures(std::string_view file_name, std::string_view raw);

  /// Call when all have been added; the first call judges all records, on several threads.
  [[nodiscard]] SignatureVerdict verdict(std::string_view file_name);
  /// RecordVerifier::fingerprint.
  [[nodiscard]] const std::string& rule() const noexcept { return verifier_->fingerprint(); }

 private:
  struct Entry {
    std::string record, signatures;
    bool is_signed = false;
    SignatureVerdict verdict;
  };
  Entry& keep(std::string_view file_name, std::string_view raw);
  void judge_all();
  void judge(const std::string& file_name, Entry& entry) const;

  std::shared_ptr<const RecordVerifier> verifier_;
  std::string subdir_, source_name_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t kept_bytes_ = 0;
  bool judged_ = false;
};

}  // namespace envlock
