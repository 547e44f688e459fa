#include "cli/import_prefix.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "cli/prefix_argument.hpp"
#include "cli/runtime_program.hpp"
#include "model/foreign_lock.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "model/url.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_state.hpp"
#include "verify/prefix_check.hpp"

namespace envlock {
namespace {

/// The platform that the packages are for: noarch ones say nothing.
Platform platform_of(const InstalledState& state, const std::vector<Platform>& platforms,
                     const std::string& prefix) {
  const std::set<Platform> found = platforms_of(state);
  if (found.size() > 1)
    throw InputError("'" + prefix + "' has packages of " + found.begin()->subdir() + " and of " +
                         std::next(found.begin())->subdir(),
                     "an environment is for one platform: repair or make it anew");
  const auto known = found.empty() ? std::nullopt : std::optional(*found.begin());
  if (platforms.empty()) return known.value_or(Platform::host());
  if (platforms.size() > 1 || (known && platforms.front() != *known))
    throw UsageError("'" + prefix + "' is for " + (known ? known->subdir() : "one platform"),
                     "leave '--platform' out");
  return platforms.front();
}

AdoptedPackage adopted(const InstalledState::Package& installed, const std::string& prefix) {
  AdoptedPackage out;
  out.record = installed.record.record;
  out.place = {prefix + "/conda-meta/" + installed.file_name, 0, 0};
  out.requested = !installed.record.requested_specs.empty();
  out.has_metadata = true;
  PackageRecord& record = out.record;
  // The URL is what it was fetched from; some tools write a name or a cache's path as its channel.
  if (const auto of_url = record_of_url(record.url)) {
    record.channel_url = of_url->channel_url;
    record.subdir = of_url->subdir;
    record.fn = of_url->fn;
  }
  return out;
}

/// A wheel that envlock installed, by its record; nothing where it is none that a lock can name.
std::optional<LockedPypi> adopted_wheel(const PrefixRecord& installed) {
  const PackageRecord& record = installed.record;
  const auto url = Url::parse(record.url);
  if (!url || url->is_file() || url->has_credentials() || !record.sha256) return std::nullopt;
  LockedPypi wheel;
  wheel.name = record.name;
  wheel.version = record.version;
  wheel.url = url->to_string();
  wheel.sha256 = record.sha256;
  wheel.size = record.size;
  wheel.requested = !installed.requested_specs.empty();
  return wheel;
}

/// What is no package's: paths of findings about extra files, and pip's packages.
void look_at_the_rest(const std::string& prefix, Context& context, InstalledSource& out) {
  const VerifyResult result =
      verify_prefix_by_itself({.prefix = prefix,
                               .threads = context.settings.threads,
                               .stop = context.stop,
                               .packed_program = sha256_of(runtime_program(Platform::host()))});
  std::size_t differing = 0;
  for (const Finding& finding : result.findings) {
    if (finding.rule == "EL237" || finding.rule == "EL239") {
      out.adopted.incomplete.push_back(
          "'" + printable(finding.package, 200) +
          "' was installed from PyPI: no archive of it is known, and it is not locked");
    } else if (has(finding.traits, RuleTrait::unpackaged) &&
               has(finding.traits, RuleTrait::somebodys_work) &&
               !has(finding.traits, RuleTrait::from_pip)) {
      if (finding.part_of.empty()) out.unowned.push_back(finding.path);
    } else if (finding.severity == Severity::error) {
      ++differing;
    }
  }
  std::ranges::sort(out.unowned);
  out.unowned.erase(std::unique(out.unowned.begin(), out.unowned.end()), out.unowned.end());
  if (differing != 0)
    context.console.warning(counted(differing, "thing") + " in '" + prefix + "' " +
                                (differing == 1 ? "is" : "are") +
                                " not as its own records say: the lock has "
                                "the packages, not what was changed",
                            "to see them: envlock verify " + shell_word(prefix) + " --self");
}

}  // namespace

InstalledSource read_installed(const std::string& given, const std::vector<Platform>& platforms,
                               Context& context) {
  const std::string prefix = resolved_prefix(given);
  const UniqueFd folder = open_folder(prefix);
  const InstalledState state = read_installed_state(folder.get(), prefix);
  if (state.packages.empty())
    throw IoError("'" + prefix + "' is no environment: it has no conda-meta/ with records",
                  "name the folder of an environment, or a file");
  InstalledSource out;
  out.adopted.source = given;
  AdoptedPlatform& content = out.adopted.platforms[platform_of(state, platforms, given)];
  for (const InstalledState::Package& package : state.packages) {
    if (!is_wheel(package.record.record)) {
      content.packages.push_back(adopted(package, given));
    } else if (auto wheel = adopted_wheel(package.record)) {
      content.pypi.push_back(std::move(*wheel));
    } else {
      out.adopted.incomplete.push_back("the wheel '" + package.record.record.fn +
                                       "' lay on a disk, and is not locked");
    }
  }
  look_at_the_rest(prefix, context, out);
  return out;
}

}  // namespace envlock
