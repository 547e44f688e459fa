#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/solve_ask.hpp"
#include "fetch/trust_roles.hpp"
#include "verify/record_verifier.hpp"

namespace envlock {

/// The root that envlock.yml pins for a channel, checked against `root_sha256`, and where the
/// channel's newer roles lie and are kept.
/// @throws InputError with the line of envlock.yml, TrustError, IoError
TrustSource trust_source(const AskedChannel& channel, Context& context);

/// Makes the verifiers of a run's channels, each once.
class ChannelVerifiers {
 public:
  ChannelVerifiers(Context& context, HttpClient& http, CredentialStore& credentials)
      : context_(context), http_(http), credentials_(credentials) {}

  /// For a channel whose signatures are looked at. @throws as update_trust and trust_source
  [[nodiscard]] std::shared_ptr<const RecordVerifier> get(const AskedChannel& channel);

 private:
  Context& context_;
  HttpClient& http_;
  CredentialStore& credentials_;
  std::map<Url, std::shared_ptr<const RecordVerifier>> by_channel_;
};

}  // namespace envlock
