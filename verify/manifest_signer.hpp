#pragma once

#include <string>
#include <string_view>

#include "verify/minisign.hpp"

namespace envlock {

/// Who signed a pack's manifest, for people: "key ID, trusted comment".
/// @param minisig_text  of the pack; empty where it has none
/// @throws TrustError (6) where the manifest is not signed, or not by this key
std::string manifest_signer(const MinisignPublicKey& key, std::string_view minisig_text,
                            std::string_view manifest_text);

/// What to say where a pack is signed and no key was given, in one line; empty: no signature is
/// there.
/// @param minisig_text  of the manifest; may be empty
/// @param pack          the pack's file, beside which a FILE.minisig may lie; empty or "-": none
std::string told_unchecked_signature(std::string_view minisig_text, const std::string& pack);

/// The same of a signature that was checked: "key ID, trusted comment" in one readable line.
std::string told_signer(const MinisignPublicKey& key, std::string comment);

}  // namespace envlock
