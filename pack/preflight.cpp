#include "pack/preflight.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "model/error.hpp"
#include "model/text.hpp"
#include "pack/directory_sink.hpp"
#include "pack/host_probe.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

HostDescription host_of(const PreflightRequest& request) {
  HostDescription host = request.host ? *request.host : describe_host(read_host_facts(), "/");
  host = with_host_overrides(std::move(host), request.overrides);
  // What is written is written here, wherever the environment will run.
  host.target = describe_target(request.prefix);
  return host;
}

/// What a description says of a file system, beside what the one that is written to says.
bool is_of_target(MisfitClass misfit) noexcept {
  switch (misfit) {
    case MisfitClass::disk:
    case MisfitClass::inodes:
    case MisfitClass::path:
    case MisfitClass::noexec:
    case MisfitClass::case_insensitive:
      return true;
    default:
      return false;
  }
}

/// The files are written here and will be used there, so that both must have the room. (Who may
/// write there does not matter: it is written from here.)
void add_described_target(HostVerdict& verdict, const HostRequirements& needs,
                          const PreflightRequest& request) {
  if (!request.host || !request.host->target) return;
  for (Misfit& misfit : judge_host(needs, *request.host, request.prefix).misfits) {
    const bool is_known = std::ranges::any_of(verdict.misfits, [&](const Misfit& known) {
      return known.misfit_class == misfit.misfit_class && known.needed == misfit.needed;
    });
    if (is_known || !is_of_target(misfit.misfit_class)) continue;
    misfit.message += " by the description of '" + printable(request.host->target->path) + "'";
    verdict.misfits.push_back(std::move(misfit));
  }
  std::ranges::stable_sort(verdict.misfits, {}, &Misfit::misfit_class);
}

}  // namespace

std::vector<std::string> told_overrides(
    const std::vector<std::pair<std::string, std::string>>& overrides) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : overrides)
    lines.push_back(name + " is set to '" + printable(value) + "', and stands for what was found");
  return lines;
}

HostDescription read_host_file(const std::string& path) {
  const fs::path full = fs::absolute(path);
  const std::string folder = full.parent_path().string();
  const auto text = read_prefix_file(open_folder(folder).get(), full.filename().string(), folder);
  if (!text) throw IoError("there is no file '" + path + "'");
  return read_host_description(*text, path);
}

HostVerdict preflight_verdict(const HostRequirements& needs, const PreflightRequest& request) {
  HostVerdict verdict = judge_host(needs, host_of(request), request.prefix);
  add_described_target(verdict, needs, request);
  if (request.in_place) {
    std::erase_if(verdict.misfits, [](const Misfit& misfit) {
      return misfit.misfit_class == MisfitClass::disk ||
             misfit.misfit_class == MisfitClass::inodes ||
             misfit.misfit_class == MisfitClass::permission;
    });
  }
  return verdict;
}

std::vector<std::string> preflight(const HostRequirements& needs, const PreflightRequest& request) {
  const HostVerdict verdict = preflight_verdict(needs, request);
  std::vector<std::string> notices = told_overrides(request.overrides);
  for (const Misfit& warning : verdict.warnings)
    notices.push_back(warning.message + "; " + warning.next_step);
  std::string text;
  for (const Misfit& misfit : verdict.misfits) {
    if (std::ranges::find(request.forced, misfit.misfit_class) != request.forced.end()) {
      notices.push_back("forced: " + misfit.message);
      continue;
    }
    text += "\n  " + std::string(to_string(misfit.misfit_class)) + ": " + misfit.message +
            "\n    " + misfit.next_step;
  }
  if (text.empty()) return notices;
  for (const std::string& line : told_overrides(request.overrides)) text += "\n  " + line;
  if (request.is_check) throw Error(ExitCode::unfit, "the environment does not fit here:" + text);
  throw Error(ExitCode::unfit, "the environment does not fit here, and nothing was written:" + text,
              "to do it all the same, name what to pass over: --force CLASS");
}

}  // namespace envlock
