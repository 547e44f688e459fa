#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fetch/repodata.hpp"
#include "solver/index.hpp"
#include "verify/record_verifier.hpp"

namespace envlock {

/// Lets fetch/ make and recognise the solver's indexes without knowing them.
class RepodataIndexAdapter : public RepodataIndexer {
 public:
  /// Judge signatures by these, under the name that SubdirRequest::judged_by gives.
  using Verifiers = std::map<std::string, std::shared_ptr<const RecordVerifier>>;
  /// Judges where a channel's shards may lie; throws TrustError.
  using BaseRule = std::function<void(const SubdirRequest& request, const Url& base)>;
  RepodataIndexAdapter(Verifiers verifiers, BaseRule shards_base)
      : verifiers_(std::move(verifiers)), shards_base_(std::move(shards_base)) {}

  [[nodiscard]] std::uint32_t format_version() const override;
  std::unique_ptr<RepodataSink> start(const SubdirRequest& request,
                                      const std::string& source_name) override;
  bool opens(const SubdirRequest& request, std::shared_ptr<const MappedFile> index,
             bool sealed) override;
  std::vector<std::string> depends_of(const SubdirRequest& request,
                                      const std::shared_ptr<const MappedFile>& index,
                                      const std::string& name) override;
  void require_shards_base(const SubdirRequest& request, const Url& base) override {
    shards_base_(request, base);
  }

 private:
  Verifiers verifiers_;
  BaseRule shards_base_;
};

/// Opens an index that a SubdirAnswer holds. @throws InternalError where it no longer opens
std::shared_ptr<const Index> open_index(const SubdirAnswer& answer);

}  // namespace envlock
