#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/baseline.hpp"
#include "tests/support/temp_dir.hpp"
#include "verify/prefix_check.hpp"

namespace envlock::test {

/// A small installed environment and the baseline that it was made from: python with a module, a
/// library, scripts with placeholders, links; records in conda-meta. Verifies clean until a test
/// tampers with it.
class MadePrefix {
 public:
  /// @param name  of the prefix's folder
  explicit MadePrefix(const std::string& name = "env");

  [[nodiscard]] std::filesystem::path path() const { return dir_ / name_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view file) const {
    return path() / file;
  }
  [[nodiscard]] const Baseline& baseline() const { return baseline_; }
  [[nodiscard]] Baseline& baseline() { return baseline_; }
  [[nodiscard]] const TempDir& dir() const { return dir_; }

  /// Writes a file below the prefix, with mode 0644 or 0755; in the baseline it is not.
  std::filesystem::path write(std::string_view file, std::string_view text,
                              bool executable = false) const;
  void link(std::string_view at, std::string_view target) const;
  /// A .pyc beside `source` (in __pycache__, for 3.11) whose header fits it.
  std::string compile(std::string_view source) const;

  [[nodiscard]] VerifyResult verify(std::size_t threads = 2) const;
  [[nodiscard]] VerifyResult verify_itself() const;
  [[nodiscard]] VerifyRequest request(std::size_t threads = 2) const;

 private:
  void add_package(const std::string& name);
  void add_file(const std::string& file, const std::string& packaged, bool executable = false,
                PlaceholderMode mode = PlaceholderMode::text);
  void add_link(const std::string& file, const std::string& target);
  void write_records() const;

  TempDir dir_;
  std::string name_;
  Baseline baseline_;
};

/// "EL203 lib/a.so" of each finding, in order.
std::vector<std::string> brief(const VerifyResult& result);
/// The only finding. @throws std::runtime_error, naming all, where there is not just one
Finding only(const VerifyResult& result);

}  // namespace envlock::test
