#include "cli/project_file.hpp"

#include "cli/git_blob.hpp"
#include "cli/with_hint.hpp"
#include "fetch/atomic_file.hpp"

namespace envlock {
namespace {
constexpr std::size_t max_project_bytes = std::size_t{1} << 20U;  // design section 12, Y02
}

std::optional<ProjectFile> load_project(const std::string& option, const std::filesystem::path& cwd,
                                        const std::filesystem::path& beside) {
  constexpr std::string_view git = "git:";
  if (option.starts_with(git)) {
    const std::string spec = option.substr(git.size());
    const std::string text = read_git_blob(spec, cwd, max_project_bytes);
    const std::string path = spec.substr(spec.find(':') + 1);
    const std::filesystem::path from =
        path.starts_with("./") || path.starts_with("../") ? cwd : git_top(cwd);
    return ProjectFile{parse_project(text, option), (from / path).lexically_normal().parent_path()};
  }
  const std::filesystem::path file = option.empty() ? beside / "envlock.yml" : cwd / option;
  std::error_code ignored;
  if (option.empty() && !std::filesystem::exists(file, ignored)) return std::nullopt;
  const std::string shown = option.empty() ? file.lexically_proximate(cwd).string() : option;
  const std::string text =
      with_hint("'--project' takes an envlock.yml, or git:REV:PATH for one of a commit",
                [&] { return read_file(file, max_project_bytes); });
  return ProjectFile{parse_project(text, shown), file.lexically_normal().parent_path()};
}

ChannelNames channel_names(const std::optional<ProjectFile>& project,
                           const std::filesystem::path& base_dir) {
  ChannelNames names;
  names.base_dir = base_dir.string();
  if (!project) return names;
  ChannelNames plain;
  plain.base_dir = project->dir.string();
  for (const Project::ChannelRule& rule : project->project.channels) {
    const std::vector<Channel> parsed = parse_channel(rule.url, plain);
    if (parsed.size() != 1) {
      throw InputError(rule.place, "'" + rule.url + "' stands for several channels",
                       "give each channel of envlock.yml a URL of its own");
    }
    names.named.emplace(rule.name, parsed.front().url);
  }
  return names;
}

}  // namespace envlock
