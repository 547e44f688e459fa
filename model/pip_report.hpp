#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

/// One package that pip would install.
struct PipReportItem {
  std::string name;  ///< As its metadata spells it.
  std::string version;
  std::string url;  ///< Where pip took it from.
  std::optional<Sha256> sha256;
  std::vector<std::string> requires_dist;
};

struct PipReport {
  std::vector<PipReportItem> install;  ///< In pip's order.
};

/// What `pip install --dry-run --report` wrote (its version 1). Keys that envlock does not need are
/// passed over.
/// @param path  only names the file in messages
/// @throws InputError for what is no such report, or has more than 10,000 packages
PipReport read_pip_report(std::string_view json, const std::string& path);

}  // namespace envlock
