#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/platform.hpp"
#include "model/project_accept.hpp"
#include "model/project_clobbers.hpp"
#include "model/project_credentials.hpp"
#include "model/project_mirrors.hpp"
#include "model/project_pypi.hpp"
#include "model/project_trust.hpp"
#include "model/time.hpp"
#include "model/url.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

enum class ChannelPriority : std::uint8_t { strict, flexible, disabled };
std::string_view to_string(ChannelPriority priority) noexcept;
std::optional<ChannelPriority> parse_channel_priority(std::string_view text) noexcept;

/// envlock.yml, the project file (design section 5). Unknown keys are refused. Everything here is
/// data: what it means is enforced by the rooms that use it. docs/envlock.schema.json describes the
/// text.
struct Project {
  struct NamedEnvironment {
    std::string name;
    std::vector<std::string> files;  ///< Relative to envlock.yml, normalised; may start with "../".
    /// Relative to envlock.yml, normalised, never outside its folder; default "envlock.lock", or
    /// NAME.lock where there are several.
    std::string lock;
    std::optional<std::string> same_versions_as;
    SourcePlace place;
  };
  struct ChannelRule {
    std::string name;
    /// As written: resolved by parse_channel. Where it was left out, the name.
    std::string url;
    /// Name patterns that no other channel may serve: lower-case package names in which '*' stands
    /// for any text.
    std::vector<std::string> owns;
    /// Never asked without a credential (exit 6). Follows from `credentials` unless said otherwise.
    bool is_private = false;
    std::optional<CredentialRule> credentials = {};
    /// Asked before the channel itself, in this order.
    std::vector<MirrorRule> mirrors;
    TrustRule trust = {};
    bool use_shards = true;  ///< `shards`: read its repodata in parts where it offers them.
    SourcePlace place;
  };
  struct DeniedPackage {
    std::string spec;  ///< A MatchSpec.
    std::string reason;
    SourcePlace place;
  };
  std::string path;  ///< As given; names the file in messages.
  std::vector<NamedEnvironment> environments;
  /// With a list, any other channel is refused (exit 6); order is priority for environments that
  /// name none.
  std::vector<ChannelRule> channels;
  std::vector<Platform> platforms;
  std::map<Platform, std::vector<VirtualPackage>> virtual_packages;
  /// Names of target machines, and the files that describe them (docs/host.md), relative to
  /// envlock.yml.
  std::map<std::string, std::string> hosts;
  std::optional<ChannelPriority> channel_priority;
  std::optional<std::string> exclude_newer;  ///< As written.
  bool keep_records_without_timestamp =
      false;  ///< The policy switch of design section 12 under exclude_newer.
  std::vector<DeniedPackage> denied;
  std::vector<Sha256> link_scripts;   ///< Of packages' link scripts that `install` may run.
  std::vector<ClobberRule> clobbers;  ///< The first that fits counts.
  VerifyPolicy verify;
  PypiRules pypi;
  /// Origins (Url::origin()) where plain http is allowed.
  std::vector<std::string> plain_http;
};

/// @throws InputError (exit 3) with line, nearest known key, expected and found
Project parse_project(std::string_view yaml, const std::string& path);

/// The keys that `parse_project` knows, sorted, by the part of the file: "" (top level),
/// "environment", "channel", "mirror", "attestations", "policy", "denied", "acceptance", "clobber",
/// "pypi", "pypi_index", and those of credential_keys. docs/envlock.schema.json lists the same.
std::span<const std::string_view> project_keys(std::string_view section) noexcept;

}  // namespace envlock
