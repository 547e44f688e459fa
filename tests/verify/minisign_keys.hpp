#pragma once

// Made with Debian's minisign 0.11 ("minisign -G -W", "minisign -S", "minisign -S -l").

namespace envlock::test {

inline constexpr const char* minisign_public_line =
    "RWSe6ZSyFBLVm9RuXdL17sL8U/t/4ifLoeqkc3pQFrQEX6XK7isHRbQf";
inline constexpr const char* minisign_public_file =
    "untrusted comment: minisign public key 9BD51214B294E99E\n"
    "RWSe6ZSyFBLVm9RuXdL17sL8U/t/4ifLoeqkc3pQFrQEX6XK7isHRbQf\n";
inline constexpr const char* minisign_secret_file =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAnumUshQS1ZspkfRkbs"
    "wvBUwlCh6dCHd1bavxexrdz1PIc9Oj3YmPQNRuXdL17sL8U/t/"
    "4ifLoeqkc3pQFrQEX6XK7isHRbQfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
/// The same key behind the password "correct horse" with scrypt's N 16384 (16 MiB), put together
/// with Python's hashlib; minisign unlocks it.
inline constexpr const char* minisign_locked_file =
    "untrusted comment: low\n"
    "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAgAAAAAAAAAAAEAAAAAa14S/SiX"
    "1lA/wxLDcZ5XuoPUyquxl2XZEZzV7wjcxzRXZmp0FPfDZGsV781sKlDiXb2wh6GGI3TPiFQ7gEcXr+XS"
    "LdhIZ+MFF5XLBnHCpzBVpOIfhTPPe/dLYqZYAjGJXe8lQkJ1NKE=\n";
/// Of "hello\n".
inline constexpr const char* hello_minisig =
    "untrusted comment: an untrusted word\n"
    "RUSe6ZSyFBLVmyE3JMiS1yC32tf04d+"
    "ZguVn07n2pTJzCp9D3jKcEjTufZiKiXg2tAZ303YssRn1ddq9dAjBJmjP7MWmEV3PAQo="
    "\n"
    "trusted comment: a trusted word\n"
    "d0S8MjqtoUpxogo8Nfsh2qb+TgYXpvaUlfyigg6O+MS1cWsle0EKrgv5CdudvtgmkSOlYE3RzbahN0nBlJQGCQ==\n";
inline constexpr const char* hello_legacy_minisig =
    "untrusted comment: signature from minisign secret key\n"
    "RWSe6ZSyFBLVmyIisXBTp9wc+je4C4OAmNPvqo0duXV1YvIsYAF3xBZNGPAfOPHTJiViboshDks16fXPix9dQd+"
    "CXFU5vQgL/Q4="
    "\n"
    "trusted comment: old form\n"
    "aq0UW6rKwMjJv3hxhoVW4VGTyGNtXozwznsd6UJEkG19j1mb1ZU9AKfK4sQsZbbFXXkVT9fUxU+RPAMkqnk2BQ==\n";

}  // namespace envlock::test
