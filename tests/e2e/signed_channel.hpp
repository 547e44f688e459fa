#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/workspace.hpp"
#include "tests/support/trust_files.hpp"

namespace envlock::test {

/// A channel "acme" beside the project whose records are signed with keys of the tests' own. Its
/// metadata holds in 2026; commands run with `now`.
class SignedChannel {
 public:
  static constexpr const char* now = "2026-06-01";
  /// Versions 1.0 and 2.0 of `a`, signed; root 1 is at project/root.json, key manager 1 beside the
  /// channel's folders.
  explicit SignedChannel(const Workspace& work);

  /// envlock.yml with these lines for the channel, beside url and root; and environment.yml.
  void demand(const std::string& lines = "    signatures: require\n") const;
  /// Writes noarch/repodata.json as it is.
  void publish(const nlohmann::json& repodata) const;
  /// The repodata, signed by `key`.
  [[nodiscard]] nlohmann::json signed_repodata(const TestKey& key = TestKey(5)) const;
  /// Signs one record.
  static nlohmann::json sign(const nlohmann::json& record, const TestKey& key);
  void write(const std::string& name, const nlohmann::json& document) const;
  [[nodiscard]] std::filesystem::path file(const std::string& name) const;

  [[nodiscard]] Outcome solve(std::vector<std::string> more = {}) const;

  TestKey root_key{1}, next_root_key{2}, key_mgr_key{3}, next_key_mgr_key{4}, package_key{5};

 private:
  const Workspace& work_;
};

/// `signed` of a root that names one root key and one key manager's key.
nlohmann::json root_of(unsigned version, const TestKey& root, const TestKey& key_mgr);

}  // namespace envlock::test
