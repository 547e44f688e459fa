#pragma once

// Private to fetch/.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fetch/repodata.hpp"
#include "fetch/subdir_fetch.hpp"
#include "model/decompress.hpp"
#include "model/error.hpp"

namespace envlock {

/// The answer is a page for people.
struct WebPage : NetworkError {
  using NetworkError::NetworkError;
};

class SubdirFetch::Intake {
 public:
  /// @param source  redacted URL or path
  /// @param total   bytes to come, where known
  Intake(RepodataContext& context, const SubdirRequest& request, std::size_t item,
         std::string_view file_name, std::string source, std::optional<std::uint64_t> total);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// @throws NetworkError where it is a web page, and what Decompressor and the sink throw
  void feed(std::span<const std::byte> served);
  /// All was served. @return what the cache is to keep
  std::vector<std::byte> finish();

  // After `finish`.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }
  [[nodiscard]] const Sha256& sha256() const noexcept { return sha256_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  RepodataContext& context_;
  std::size_t item_;
  std::string source_;
  std::optional<std::uint64_t> total_;
  std::unique_ptr<RepodataSink> sink_;
  Decompressor decompressor_;
  Sha256Hasher hasher_;
  Sha256 sha256_;
  std::uint64_t bytes_ = 0;
};

}  // namespace envlock
