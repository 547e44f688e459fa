#pragma once

#include "fetch/repodata.hpp"
#include "solver/index.hpp"

namespace envlock {

/// Lets fetch/ make and recognise the solver's indexes without knowing them.
class RepodataIndexAdapter : public RepodataIndexer {
 public:
  [[nodiscard]] std::uint32_t format_version() const override;
  std::unique_ptr<RepodataSink> start(const SubdirRequest& request,
                                      const std::string& source_name) override;
  bool opens(const SubdirRequest& request, std::shared_ptr<const MappedFile> index,
             bool sealed) override;
};

/// Opens an index that a SubdirAnswer holds. @throws InternalError where it no longer opens
std::shared_ptr<const Index> open_index(const SubdirAnswer& answer);

}  // namespace envlock
