#include "verify/script_claims.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "verify/small_file.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_bytes = std::size_t{256} << 20U;

}  // namespace

std::vector<ScriptProduct> read_products_of(int prefix_fd, BeneathMethod method,
                                            std::string& fault) {
  const std::string path(script_products_path);
  const SmallFile file = read_small_file(prefix_fd, path, max_bytes, method);
  fault = file.fault;
  if (!file.text) return {};
  try {
    return read_script_products(*file.text, path);
  } catch (const InputError& error) {
    fault = error.what();
    return {};
  }
}

ScriptClaims::ScriptClaims(int prefix_fd, const ExpectedTree& tree,
                           const std::optional<std::vector<Sha256>>& allowed, BeneathMethod method)
    : tree_(tree), allowed_(allowed), products_(read_products_of(prefix_fd, method, fault_)) {}

ScriptClaims::Claim ScriptClaims::find(std::string_view path) const {
  const auto product = std::ranges::lower_bound(products_, path, {}, &ScriptProduct::path);
  if (product == products_.end() || product->path != path) return {};
  const ExpectedFile* const script = tree_.find("bin/." + product->package + "-post-link.sh");
  if (script == nullptr || script->type != PathType::file || !script->sha256 ||
      tree_.packages()[script->package].name != product->package)
    return {};
  if (allowed_ && std::ranges::find(*allowed_, *script->sha256) == allowed_->end()) return {};
  return {&*product, script};
}

}  // namespace envlock
