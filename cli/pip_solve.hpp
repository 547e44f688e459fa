#pragma once

#include "cli/command.hpp"
#include "cli/solve_ask.hpp"
#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// Whether any platform of the question has a `pip:` list.
bool has_pip_list(const SolveAsk& ask);

/// Puts what the `pip:` lists stand for into a lock that has the conda packages: pip decides, run
/// by the lock's own python (docs/pip.md). What cannot be locked for a platform is said in
/// `incomplete`. Where nothing that matters has changed, the existing lock's packages stay and
/// nothing is run.
/// @throws InputError, Error (4) with pip's explanation, NetworkError, TrustError, Interrupted
void lock_pip_lists(const SolveAsk& ask, Lockfile& lock, HttpClient& http,
                    CredentialStore& credentials, Context& context);

}  // namespace envlock
