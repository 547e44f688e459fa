#pragma once

#include <cstdint>
#include <string>

#include "model/secret.hpp"
#include "model/url.hpp"

namespace envlock {

/// What proves to one server who asks. It is sent to `origin` and nowhere else, whatever redirects
/// say.
struct Credential {
  enum class Kind : std::uint8_t {
    basic,   ///< `Authorization: Basic`; `name` is the user.
    bearer,  ///< `Authorization: Bearer`.
    token,   ///< `/t/TOKEN` in front of the path, as conda servers read it.
    header,  ///< A header field called `name`, such as X-Vault-Token.
  };
  Kind kind = Kind::bearer;
  std::string name = {};
  Secret secret;
  Url origin;  ///< Compared by Url::origin().
};

}  // namespace envlock
