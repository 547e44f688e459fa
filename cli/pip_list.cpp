#include "cli/pip_list.hpp"

#include <algorithm>
#include <set>

#include "cli/at_place.hpp"
#include "cli/inside.hpp"
#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/pip_line.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_bytes = std::size_t{1} << 20U;
constexpr std::size_t most_metadata_bytes = std::size_t{4} << 20U;
constexpr std::size_t most_lines = 20'000;
constexpr std::size_t deepest = 16;

class Includer {
 public:
  Includer(const fs::path& cwd, fs::path folder)
      : cwd_(cwd), folder_(std::move(folder)), reach_(reach_of(folder_)) {}

  std::vector<RequestedSpec> expand(const std::vector<RequestedSpec>& lines) {
    for (const RequestedSpec& line : lines) take(line, folder_, false, line.selector);
    return std::move(out_);
  }

 private:
  using Selector = std::optional<std::string>;

  void take(const RequestedSpec& line, const fs::path& folder, bool is_constraint,
            const Selector& selector) {
    const PipLine read = at_place(line.place, [&] { return parse_pip_line(line.text); });
    if (read.kind == PipLine::Kind::requirements || read.kind == PipLine::Kind::constraints) {
      include(line, folder / read.path, is_constraint || read.kind == PipLine::Kind::constraints,
              selector);
      return;
    }
    if (out_.size() == most_lines)
      throw InputError(line.place,
                       "more than " + std::to_string(most_lines) + " requirements in one list");
    RequestedSpec kept{std::string(trim(line.text)), line.place, selector};
    if (is_constraint) {
      if (read.kind != PipLine::Kind::requirement || !read.requirement.url.empty())
        throw InputError(line.place, "'" + printable(line.text, 100) + "' is no constraint",
                         "a constraints file has lines such as: flask <4");
      kept.text = std::string(constraint_mark) + kept.text;
    }
    out_.push_back(std::move(kept));
  }

  void include(const RequestedSpec& line, const fs::path& named, bool is_constraint,
               const Selector& selector) {
    const fs::path path = named.lexically_normal();
    const std::string shown = path.lexically_proximate(cwd_).string();
    if (path.is_absolute() && !leads_inside(path, reach_))
      throw InputError(line.place,
                       "'" + shown + "' lies outside of the repository" +
                           (is_inside(path, reach_) ? ", where a link leads to" : ""),
                       "a lock must mean the same in every checkout: move the file into it");
    if (std::ranges::count(open_, path) != 0)
      throw InputError(line.place, "'" + shown + "' includes itself");
    if (open_.size() == deepest)
      throw InputError(line.place,
                       "more than " + std::to_string(deepest) + " files include one another");
    std::string text;
    try {
      text = read_file(path, most_file_bytes);
    } catch (const IoError& error) {
      throw IoError(line.place.to_string() + ": " + error.what(), error.hint());
    }
    open_.push_back(path);
    for (const RequestedSpec& inner : split_requirements(text, shown))
      take(inner, path.parent_path(), is_constraint, selector);
    open_.pop_back();
  }

  const fs::path& cwd_;
  fs::path folder_, reach_;
  std::vector<fs::path> open_;
  std::vector<RequestedSpec> out_;
};

}  // namespace

void include_requirement_files(Environment& environment, const fs::path& cwd) {
  for (Environment::File& file : environment.files) {
    if (file.pip.empty()) continue;
    Includer includer(cwd, (cwd / file.path).lexically_normal().parent_path());
    file.pip = includer.expand(file.pip);
  }
}

Sha256 project_metadata_digest(const fs::path& folder, const std::string& shown) {
  std::string listed;
  for (const char* name : {"pyproject.toml", "setup.cfg", "setup.py"}) {
    std::error_code error;
    if (!fs::exists(folder / name, error)) continue;
    listed += std::string(name) + ' ' +
              sha256_of(read_file(folder / name, most_metadata_bytes)).hex() + '\n';
  }
  if (listed.empty())
    throw InputError("'" + shown + "' has neither pyproject.toml nor setup.cfg nor setup.py",
                     "name the folder of a Python project");
  return sha256_of(listed);
}

}  // namespace envlock
