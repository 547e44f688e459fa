#include "cli/pip_question.hpp"

#include <algorithm>

#include "cli/at_place.hpp"
#include "cli/inside.hpp"
#include "cli/pip_list.hpp"
#include "cli/pip_project.hpp"
#include "fetch/atomic_file.hpp"
#include "model/match_spec.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"
#include "pack/wheel_check.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_wheel_bytes = std::size_t{2} << 30U;

std::string extras_text(const std::vector<std::string>& extras) {
  std::string text;
  for (const std::string& extra : extras) text += (text.empty() ? "[" : ",") + extra;
  return text.empty() ? text : text + ']';
}

/// As pip has it: by one clause, and that with "==".
bool is_pinned(const std::string& specifier) {
  return specifier.find(',') == std::string::npos && trim(specifier).starts_with("==");
}

class Preparation {
 public:
  Preparation(const SolveAsk& ask, const Platform& platform, const LockPlatform& locked,
              PipStage& stage, PipProxy& proxy)
      : ask_(ask), platform_(platform), stage_(stage), proxy_(proxy) {
    out_.provided = provided_projects(locked.packages, rules());
  }

  PreparedPip run(const PipTarget& target) {
    out_.question.target = target;
    for (const ProvidedProject& one : out_.provided) {
      if (one.version.empty()) continue;  // what is no version for pip is hidden from it as well
      out_.question.installed.emplace_back(one.project, one.version);
      out_.question.constraints.push_back(one.project + "==" + one.version);
    }
    for (const AskedPipLine& line : ask_.pip.at(platform_)) {
      const PipLine read =
          at_place(line.spec.place, [&] { return parse_pip_line(line.spec.text); });
      take(line, read);
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] const PypiRules& rules() const {
    static const PypiRules none;
    return ask_.project ? ask_.project->project.pypi : none;
  }

  void take(const AskedPipLine& line, const PipLine& read) {
    const SourcePlace& place = line.spec.place;
    switch (read.kind) {
      case PipLine::Kind::requirement:
        take_requirement(read, place, true);
        break;
      case PipLine::Kind::constraint:
        if (!read.requirement.marker || read.requirement.marker->holds(markers()))
          out_.question.constraints.push_back(read.requirement.name + ' ' +
                                              read.requirement.specifier);
        break;
      case PipLine::Kind::project:
        take_project(line, read);
        break;
      case PipLine::Kind::wheel:
        take_wheel(line, read);
        break;
      case PipLine::Kind::index:
        require_index(read, place);
        break;
      case PipLine::Kind::pre:
        out_.question.pre = true;
        break;
      default:
        break;
    }
  }

  [[nodiscard]] const MarkerVariables& markers() const { return out_.question.target.markers; }

  void take_requirement(const PipLine& read, const SourcePlace& place, bool is_asked) {
    const Requirement& one = read.requirement;
    // Here and not by pip alone: what conda has as well would be no contradiction where it is not
    // wanted.
    if (one.marker && !one.marker->holds(markers())) return;
    if (const ProvidedProject* provided = out_.find_provided(one.project)) {
      if (is_asked) require_not_asked_twice(*provided, one, place);
      require_no_extras(*provided, one, place);
      if (provided->version.empty())
        throw InputError(place,
                         "conda provides '" + one.name + "' as " + provided->package->record.name +
                             ' ' + provided->package->record.version +
                             ", which is no version for pip",
                         "leave it out of the 'pip:' list");
    }
    std::string text = one.name + extras_text(one.extras);
    if (read.url) {
      // Which of several it is shows when it is here, and is judged then.
      const std::optional<Sha256> digest =
          read.hashes.size() == 1 ? std::optional(read.hashes.front()) : std::nullopt;
      text += " @ " + proxy_.add_wheel(*read.url, digest);
    } else {
      text += ' ' + one.specifier;
    }
    add(text, place);
    if (is_asked) out_.requested.insert(one.project);
    if (!read.hashes.empty()) {
      LineHashes& hashes = out_.hashes[one.project];
      hashes.allowed = read.hashes;
      hashes.place = place;
      hashes.is_pinned = read.url || is_pinned(one.specifier);
      hashes.name = one.name + extras_text(one.extras);
      hashes.marker = one.marker_text;
    }
  }

  void add(const std::string& text, const SourcePlace& place) {
    out_.question.requirements.push_back(text);
    out_.places.push_back(place);
  }

  void require_not_asked_twice(const ProvidedProject& provided, const Requirement& one,
                               const SourcePlace& place) const {
    const std::string conda = conda_place(ask_, platform_, provided.package->record.name);
    if (conda.empty()) return;
    const std::string& name = provided.package->record.name;
    throw InputError(place,
                     "pip shall bring '" + one.name + "', and conda shall bring " +
                         (name == one.project ? "it" : "the same as '" + name + "'") + ", at " +
                         conda,
                     "leave one of the two lines out");
  }

  static void require_no_extras(const ProvidedProject& provided, const Requirement& one,
                                const SourcePlace& place) {
    if (one.extras.empty()) return;
    throw InputError(place,
                     "'" + one.name + extras_text(one.extras) + "': conda provides '" +
                         provided.package->record.name +
                         "', and its package does not tell what the extra needs",
                     "list what the extra needs by name");
  }

  void require_index(const PipLine& read, const SourcePlace& place) const {
    if (rules().find_url(*read.url) != nullptr) return;
    const std::string url = read.url->to_string();
    throw TrustError(
        place.to_string() + ": the index '" + url + "' is none that envlock.yml names",
        read.is_extra_index
            ? "in envlock.yml, with the packages that are to come from there and from nowhere "
              "else:\npypi:\n  indexes:\n    NAME: {url: " +
                  url + ", packages: [PACKAGE]}"
            : "in envlock.yml, as the index of everything:\npypi:\n  indexes:\n    NAME: " + url);
  }

  [[nodiscard]] fs::path local_path(const AskedPipLine& line, const PipLine& read) const {
    const fs::path path = (line.folder / read.path).lexically_normal();
    const fs::path reach = reach_of(line.folder);
    // Of a project these are read.
    for (const char* name : {".", "pyproject.toml", "setup.cfg", "setup.py"}) {
      if (leads_inside((path / name).lexically_normal(), reach)) continue;
      throw InputError(line.spec.place,
                       "'" + read.path + "' lies outside of the repository" +
                           (is_inside(path, reach) ? ", where a link leads to" : ""),
                       "a lock must mean the same in every checkout: move it into the repository");
    }
    return path;
  }

  [[noreturn]] static void refuse_missing(const std::string& what, const AskedPipLine& line,
                                          const PipLine& read) {
    throw InputError(line.spec.place, "there is no " + what + " '" + read.path + "'",
                     "paths count from the environment file's folder, '" +
                         line.folder.lexically_proximate(fs::current_path()).string() +
                         "'; a package of an index has no './' before it");
  }

  [[nodiscard]] std::string lock_reference(const fs::path& path) const {
    std::string text = path.string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return url_for_lock(Url::from_path(text), ask_.lock_path.parent_path().string());
  }

  void take_project(const AskedPipLine& line, const PipLine& read) {
    const SourcePlace& place = line.spec.place;
    const fs::path folder = local_path(line, read);
    const fs::path pyproject = folder / "pyproject.toml";
    const std::string shown = (fs::path(read.path) / "pyproject.toml").lexically_normal().string();
    std::error_code error;
    if (!fs::is_directory(folder, error)) refuse_missing("folder", line, read);
    LockedPypi locked;
    const LocalProject project = at_place(place, [&] {
      locked.metadata_sha256 = project_metadata_digest(folder, read.path).hex();
      const std::string table =
          fs::exists(pyproject, error) ? stage_.project_table(pyproject, shown) : "null";
      return read_local_project(table, shown, read.extras, out_.question.target.python);
    });
    locked.name = project_key(project.name);
    locked.version = project.version;
    locked.path = lock_reference(folder);
    locked.requested = true;
    if (const ProvidedProject* provided = out_.find_provided(locked.name))
      throw InputError(
          place,
          "conda provides '" + locked.name + "' as well, as " + provided->package->record.name,
          "leave one of the two out");
    for (const LockedPypi& other : out_.local) {
      if (other.name == locked.name)
        throw InputError(
            place, "'" + other.path + "' and '" + locked.path + "' are both '" + locked.name + "'");
    }
    for (const std::string& text : project.dependencies) {
      const PipLine needed = at_place(place, [&] {
        const PipLine parsed = parse_pip_line(text);
        if (parsed.kind != PipLine::Kind::requirement)
          throw InputError("'" + shown + "': '" + text + "' is no requirement");
        return parsed;
      });
      locked.requires_dist.push_back(text);
      take_requirement(needed, place, false);
    }
    out_.question.installed.emplace_back(locked.name,
                                         PypiVersion::parse(locked.version)->to_string());
    out_.local.push_back(std::move(locked));
  }

  void take_wheel(const AskedPipLine& line, const PipLine& read) {
    const fs::path path = local_path(line, read);
    std::error_code error;
    if (!fs::is_regular_file(path, error)) refuse_missing("wheel", line, read);
    const Sha256 sha256 =
        at_place(line.spec.place, [&] { return sha256_of(read_file(path, most_wheel_bytes)); });
    PipLine as_url = read;
    as_url.kind = PipLine::Kind::requirement;
    as_url.url = Url::from_path(path.string());
    if (!read.hashes.empty() && std::ranges::count(read.hashes, sha256) == 0)
      throw TrustError(line.spec.place.to_string() + ": '" + read.path + "' has sha256 " +
                       sha256.hex() + ", expected " + read.hashes.front().hex());
    as_url.hashes = {sha256};
    try {
      require_sound_wheel(path, path.filename().string(), stage_.stop());
    } catch (const TrustError& fault) {
      throw TrustError(line.spec.place.to_string() + ": " + fault.what(), fault.hint());
    }
    take_requirement(as_url, line.spec.place, true);
  }

  const SolveAsk& ask_;
  const Platform& platform_;
  PipStage& stage_;
  PipProxy& proxy_;
  PreparedPip out_;
};

}  // namespace

const ProvidedProject* PreparedPip::find_provided(const std::string& project) const {
  const auto found = std::ranges::find(provided, project, &ProvidedProject::project);
  return found == provided.end() ? nullptr : &*found;
}

PreparedPip prepare_pip(const SolveAsk& ask, const Platform& platform, const LockPlatform& locked,
                        const PipTarget& target, PipStage& stage, PipProxy& proxy) {
  return Preparation(ask, platform, locked, stage, proxy).run(target);
}

std::string conda_place(const SolveAsk& ask, const Platform& platform, const std::string& name) {
  const auto requests = ask.requests.find(platform);
  if (requests == ask.requests.end()) return {};
  for (const Request& request : requests->second) {
    if (MatchSpec::parse(request.text).name() == name) return request.place.to_string();
  }
  return {};
}

}  // namespace envlock
