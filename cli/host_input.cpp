#include "cli/host_input.hpp"

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_host_bytes = std::size_t{64} << 10U;

std::string names_of(const std::optional<ProjectFile>& project) {
  std::string names;
  if (!project) return names;
  for (const auto& [name, file] : project->project.hosts)
    names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

HostDescription load_host(const std::string& name_or_file,
                          const std::optional<ProjectFile>& project,
                          const std::filesystem::path& cwd) {
  if (project) {
    const auto named = project->project.hosts.find(name_or_file);
    if (named != project->project.hosts.end()) {
      const std::filesystem::path file = (project->dir / named->second).lexically_normal();
      return read_host_description(read_file(file, max_host_bytes), named->second);
    }
  }
  const std::filesystem::path file = (cwd / name_or_file).lexically_normal();
  std::error_code fault;
  if (!std::filesystem::exists(file, fault)) {
    const std::string names = names_of(project);
    throw IoError("the host '" + name_or_file + "' is neither a file" +
                      (names.empty() ? ", nor does an envlock.yml name it under 'hosts:'"
                                     : " nor one of the hosts of envlock.yml: " + names),
                  "write one on that machine: envlock host -o host.json, or without envlock: sh "
                  "host.sh > host.json, where 'envlock host-script -o host.sh' made the script");
  }
  return read_host_description(read_file(file, max_host_bytes), name_or_file);
}

}  // namespace envlock
