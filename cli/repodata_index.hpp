#pragma once

#include <map>
#include <memory>
#include <string>

#include "fetch/repodata.hpp"
#include "solver/index.hpp"
#include "verify/record_verifier.hpp"

namespace envlock {

/// Lets fetch/ make and recognise the solver's indexes without knowing them.
class RepodataIndexAdapter : public RepodataIndexer {
 public:
  /// Judge signatures by these, under the name that SubdirRequest::judged_by gives.
  using Verifiers = std::map<std::string, std::shared_ptr<const RecordVerifier>>;
  explicit RepodataIndexAdapter(Verifiers verifiers = {}) : verifiers_(std::move(verifiers)) {}

  [[nodiscard]] std::uint32_t format_version() const override;
  std::unique_ptr<RepodataSink> start(const SubdirRequest& request,
                                      const std::string& source_name) override;
  bool opens(const SubdirRequest& request, std::shared_ptr<const MappedFile> index,
             bool sealed) override;

 private:
  Verifiers verifiers_;
};

/// Opens an index that a SubdirAnswer holds. @throws InternalError where it no longer opens
std::shared_ptr<const Index> open_index(const SubdirAnswer& answer);

}  // namespace envlock
