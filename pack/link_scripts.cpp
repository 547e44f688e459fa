#include "pack/link_scripts.hpp"

#include <algorithm>
#include <optional>

#include "model/error.hpp"
#include "pack/child_process.hpp"
#include "pack/directory_sink.hpp"
#include "pack/prefix_file.hpp"
#include "pack/script_products.hpp"

namespace envlock {
namespace {

/// Up to five lines that are no comments.
std::string beginning_of(const std::string& script) {
  constexpr int most_lines = 5;
  std::string text;
  int lines = 0;
  for (std::size_t at = 0; at < script.size() && lines < most_lines;) {
    const std::size_t end = std::min(script.find('\n', at), script.size());
    const std::string line = script.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line.front() == '#') continue;
    text += (text.empty() ? "" : "\n") + line;
    ++lines;
  }
  return text;
}

void run(const PlannedPackage& package, const std::string& prefix, const std::string& path,
         const std::stop_token& stop) {
  const PackageRecord& record = package.source.record;
  const std::string script = prefix + '/' + path;
  const ChildResult result =
      run_child({.arguments = {"/bin/sh", script},
                 .environment = {"PREFIX=" + prefix, "ROOT_PREFIX=" + prefix,
                                 "PKG_NAME=" + record.name, "PKG_VERSION=" + record.version,
                                 "PKG_BUILDNUM=" + std::to_string(record.build_number),
                                 "PATH=" + prefix + "/bin:/usr/bin:/bin", "LANG=C.UTF-8"},
                 .folder = prefix + "/bin",
                 .input = {}},
                stop);
  if (result.status == 0) return;
  throw Error(ExitCode::unfit,
              "the link script '" + path + "' of " + record.fn + " ended with " +
                  describe_status(result.status) +
                  (result.error.empty() ? "" : ": " + result.error),
              "the environment is there and lacks what the script would have set up: mend what it "
              "needs and install again, which runs it again");
}

}  // namespace

std::vector<SkippedScript> run_link_scripts(
    const TreePlan& plan, const std::string& prefix, std::span<const std::size_t> linked,
    std::span<const Sha256> allowed, const std::stop_token& stop,
    const std::function<void(std::vector<ScriptProduct>)>& made,
    const std::function<void(std::size_t)>& done) {
  std::vector<SkippedScript> skipped;
  std::optional<PrefixSnapshot> before;
  const UniqueFd folder = open_folder(prefix);
  for (const std::size_t index : linked) {
    const PlannedPackage& package = plan.packages[index];
    const std::size_t skipped_before = skipped.size();
    for (const std::string& path : package.link_scripts) {
      const bool after = path.ends_with("-post-link.sh");
      if (!after && !path.ends_with("-pre-link.sh")) continue;
      const auto planned = std::ranges::lower_bound(plan.files, path, {}, &PlannedFile::path);
      const std::optional<Sha256> sha256 = planned->sha256;
      if (after && sha256 && std::ranges::count(allowed, *sha256) > 0) {
        if (stop.stop_requested()) throw Interrupted();
        if (!before) before.emplace(prefix);
        run(package, prefix, path, stop);
        PrefixSnapshot now(prefix);
        made(now.made_since(*before, package.source.record.name));
        before = std::move(now);
        continue;
      }
      // Old packages name no digest, and may have a link here.
      const auto text = sha256 ? read_prefix_file(folder.get(), path, prefix) : std::nullopt;
      skipped.push_back({package.source.record.fn, path, after ? sha256 : std::nullopt,
                         beginning_of(text.value_or(""))});
    }
    if (skipped.size() == skipped_before) done(index);
  }
  return skipped;
}

}  // namespace envlock
