#include "pack/runtime/inputs.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "model/error.hpp"
#include "model/prefix_path.hpp"
#include "pack/runtime/output.hpp"
#include "verify/manifest_signer.hpp"

namespace envlock::runtime {
namespace {

namespace fs = std::filesystem;

std::string canonical(const std::string& given) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(given, error), error);
  if (error) throw IoError("cannot find out where '" + given + "' lies", error.value());
  return path.string();
}

MinisignPublicKey read_key(const std::string& key) {
  std::error_code error;
  if (!fs::is_regular_file(key, error)) return parse_minisign_public_key(key, "the value of --key");
  std::string text;
  std::FILE* const file = std::fopen(key.c_str(), "re");
  if (file == nullptr) throw IoError("cannot open '" + key + "'", errno);
  std::array<char, 4096> piece{};
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), file)) {
    text.append(piece.data(), count);
    if (text.size() > max_minisig_bytes) break;
  }
  std::fclose(file);
  return parse_minisign_public_key(text, "'" + key + "'");
}

}  // namespace

std::string prefix_argument(const std::string& given) {
  std::string path = canonical(given);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path == "/") throw UsageError("the root folder is no place for an environment");
  require_nameable_prefix(path);
  return path;
}

std::string check_signature(const PackHead& head, const Arguments& arguments,
                            const std::string& pack) {
  if (arguments.key.empty()) {
    const std::string line = told_unchecked_signature(head.signature, pack);
    if (!line.empty() && arguments.digest.empty()) note(line);
    return {};
  }
  return manifest_signer(read_key(arguments.key), head.signature, head.manifest_text);
}

PreflightRequest preflight_request(const Arguments& arguments, const std::string& prefix) {
  PreflightRequest request{.prefix = prefix, .forced = arguments.forced};
  if (!arguments.host.empty()) request.host = read_host_file(arguments.host);
  for (const char* const name : {"CONDA_OVERRIDE_GLIBC", "CONDA_OVERRIDE_CUDA"}) {
    if (const char* const value = std::getenv(name)) request.overrides.emplace_back(name, value);
  }
  return request;
}

}  // namespace envlock::runtime
