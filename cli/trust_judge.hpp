#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.hpp"
#include "verify/record_verifier.hpp"
#include "verify/root_chain.hpp"

namespace envlock {

/// What became of one document, or of one record in a repodata.
struct TrustVerdict {
  std::string file;
  std::string package;  ///< File name of the record; empty for a whole document.
  bool accepted = false;
  std::string reason;
};

/// Judges documents in the order in which they come: one root, the roots after it, key managers,
/// repodata. A refused document does not stand for those behind it: the root before it, or the key
/// manager before it, stays. Only a refused first root is still used, so that what is signed under
/// it can be told from what is not; the reasons say so, and the whole is refused anyway.
class TrustJudge {
 public:
  explicit TrustJudge(Instant now) : now_(now) {}

  void root(std::string_view text, const std::string& file);
  void next_root(std::string_view text, const std::string& file);
  void key_manager(std::string_view text, const std::string& file);
  /// @param packages  file names of the records to judge; empty: all
  /// @param folder    the name of the folder that the file is in
  /// @return how many signatures have no record (design 12, J13)
  std::size_t repodata(std::string_view text, const std::string& file, const std::string& folder,
                       const std::vector<std::string>& packages);
  /// After the last document.
  void finish() { close_roots(); }
  /// A verdict for what cannot even be read.
  void refuse(const std::string& file, const std::string& reason);

  [[nodiscard]] const std::vector<TrustVerdict>& verdicts() const noexcept { return verdicts_; }
  [[nodiscard]] bool all_accepted() const noexcept;

 private:
  void accept(const std::string& file, const std::string& reason);
  void close_roots();
  [[nodiscard]] std::string under_root() const;

  Instant now_;
  std::vector<TrustVerdict> verdicts_;
  std::optional<RootChain> chain_;
  std::size_t last_root_ = 0;  ///< The verdict on `chain_->root()`.
  bool roots_closed_ = false;  ///< The last root's expiry has been judged.
  SeenTrust seen_;             ///< Of key managers.
  std::optional<RecordVerifier> verifier_;
};

}  // namespace envlock
