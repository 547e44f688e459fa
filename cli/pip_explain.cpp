#include "cli/pip_explain.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "cli/pip_messages.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

std::string joined(const Texts& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
    text.replace(at, from.size(), to), at += to.size();
  return text;
}

/// What pip says to everybody, whatever the reason was. Its "pip" is no package of anybody.
bool is_advice(std::string_view line) {
  constexpr std::array<std::string_view, 7> starts{
      "INFO: ",
      "To fix this you could try to:",
      "1. loosen the range of package versions",
      "2. remove package versions to allow pip",
      "Additionally, some packages in these conflicts have no matching distributions",
      "For help visit",
      "ERROR: ResolutionImpossible: for help visit"};
  line = trim(line);
  return line.find("[notice]") != std::string_view::npos ||
         std::ranges::any_of(starts, [&](auto start) { return line.starts_with(start); });
}

bool is_begin(std::string_view line) {
  return line.starts_with("ERROR:") || line.find("conflict is caused by") != std::string_view::npos;
}

std::string name_of(const std::string& requirement) {
  return Requirement::parse(requirement.substr(0, requirement.find(" @ "))).project;
}

class FailureText {
 public:
  explicit FailureText(const PipFailure& failure) : failure_(failure) {}

  [[noreturn]] void tell() {
    const bool found_nothing = pip_found_nothing(failure_.messages);
    read(found_nothing);
    find_first();
    if (!found_nothing)
      throw Error(ExitCode::unfit,
                  first_.to_string() + ": pip " + failure_.pip_version + " failed for " +
                      failure_.platform.subdir() + ":\n" + joined(lines_),
                  "another version of pip may do it: ask conda for - pip >=24, or for an older "
                  "one; if none does, report this with pip's lines");
    add_conda();
    add_indexes();
    throw Error(ExitCode::unsolvable,
                first_.to_string() + ": pip finds no packages for " + failure_.platform.subdir() +
                    " that this list and conda's packages allow:\n" + joined(lines_),
                "change one of the lines, or what conda is asked for");
  }

 private:
  /// Reasons come first, and what a traceback is about last.
  void read(bool found_nothing) {
    const Texts& messages = failure_.messages;
    auto at = std::ranges::find_if(messages, is_begin);
    if (at == messages.end())
      at = std::ranges::find_if(messages, [](const auto& m) { return m.starts_with("WARNING:"); });
    if (at == messages.end()) at = messages.begin();
    for (; at != messages.end(); ++at) {
      if (is_advice(*at)) continue;
      std::string line = with_latest_versions(with_places(*at));
      all_ += with_project_names(line) + '\n';
      // The second of two lines that say the same.
      if (line.starts_with("ERROR: No matching distribution found") && !lines_.empty()) continue;
      lines_.push_back("  " + line);
    }
    constexpr std::size_t most_lines = 20;
    if (lines_.size() <= most_lines) return;
    const std::size_t left_out = lines_.size() - most_lines;
    const std::string mark = "  ... (" + counted(left_out, "line") + " of pip's left out)";
    if (found_nothing) {
      lines_.resize(most_lines);
      lines_.push_back(mark);
    } else {
      lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(left_out));
      lines_.insert(lines_.begin(), mark);
    }
  }

  /// "-r FILE (line 2)" of the list that envlock wrote becomes the user's line.
  std::string with_places(std::string line) {
    const std::string file = (failure_.folder / "requirements.txt").string();
    const std::vector<SourcePlace>& places = failure_.prepared.places;
    for (std::size_t i = places.size(); i > 0; --i) {
      const std::string mark = "-r " + file + " (line " + std::to_string(i) + ')';
      const std::size_t found = line.find(mark);
      if (found == std::string::npos) continue;
      if (!std::exchange(is_found_, true)) first_ = places[i - 1];
      const std::string place = places[i - 1].to_string();
      const bool is_named = found >= 5 && line.compare(found - 5, 5, "from ") == 0;
      line = replaced(
          std::move(line), mark,
          is_named ? place
                   : "'" + failure_.prepared.question.requirements[i - 1] + "' (" + place + ')');
    }
    return without_own_places(replaced(std::move(line), file, "'pip:'"), failure_.proxy,
                              failure_.folder);
  }

  void find_first() {
    const std::vector<SourcePlace>& places = failure_.prepared.places;
    for (std::size_t i = 0; !is_found_ && i < places.size(); ++i) {
      if (!names_project(all_, name_of(failure_.prepared.question.requirements[i]))) continue;
      first_ = places[i];
      is_found_ = true;
    }
    if (!is_found_) first_ = failure_.ask.pip.at(failure_.platform).front().spec.place;
  }

  void add_conda() {
    for (const ProvidedProject& one : failure_.prepared.provided) {
      if (!names_project(all_, one.project)) continue;
      const std::string& name = one.package->record.name;
      const std::string place = conda_place(failure_.ask, failure_.platform, name);
      lines_.push_back("  conda provides '" + one.project + "' " + one.package->record.version +
                       (place.empty() ? ", for other packages" : ", asked for at " + place));
    }
  }

  void add_indexes() {
    for (const std::string& project : failure_.proxy.projects()) {
      if (!names_project(all_, project)) continue;
      // For what its wheels are is a reason only where none of them fits.
      const bool is_without = std::ranges::any_of(failure_.messages, [&](const auto& line) {
        return line.find("(from versions: none)") != std::string::npos &&
               names_project(with_project_names(line), project);
      });
      const std::string remark = failure_.proxy.remark(project, is_without);
      if (!remark.empty()) lines_.push_back("  " + remark);
    }
  }

  const PipFailure& failure_;
  SourcePlace first_;
  bool is_found_ = false;
  Texts lines_;
  std::string all_;  ///< The lines, by `with_project_names`.
};

}  // namespace

void explain_pip_failure(const PipFailure& failure) { FailureText(failure).tell(); }

std::string with_project_names(std::string_view text) {
  std::string out = to_lower(text);
  const auto is_part = [&](std::size_t at) {
    return at < out.size() &&
           ((out[at] >= 'a' && out[at] <= 'z') || (out[at] >= '0' && out[at] <= '9'));
  };
  for (std::size_t at = 0; at < out.size(); ++at) {
    if (out[at] == '_') out[at] = '-';
    // Not the full stop of a sentence.
    if (out[at] == '.' && at > 0 && is_part(at - 1) && is_part(at + 1)) out[at] = '-';
  }
  return out;
}

std::string pip_conflict_text(const Texts& messages) {
  std::string text;
  bool begun = false;
  for (const std::string& line : messages) {
    begun = begun || is_begin(line);
    if (begun && !is_advice(line)) text += with_project_names(line) + '\n';
  }
  return text;
}

bool names_project(std::string_view text, std::string_view project) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  for (std::size_t at = text.find(project); !project.empty() && at != std::string_view::npos;
       at = text.find(project, at + 1)) {
    const std::size_t end = at + project.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end])))
      return true;
  }
  return false;
}

std::string without_own_places(std::string line, const PipProxy& proxy,
                               const std::filesystem::path& folder) {
  line = replaced(std::move(line), proxy.index_url(), "the index");
  line = replaced(std::move(line), proxy.root(), "...");
  return replaced(std::move(line), folder.string(), "...");
}

std::string with_latest_versions(std::string line) {
  constexpr std::string_view mark = "(from versions: ";
  constexpr std::size_t most = 10;
  const std::size_t start = line.find(mark);
  if (start == std::string::npos) return line;
  const std::size_t begin = start + mark.size();
  const std::size_t end = line.find(')', begin);
  std::size_t at = end == std::string::npos ? line.size() : end;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t comma = at > begin ? line.rfind(", ", at - 1) : std::string::npos;
    if (comma == std::string::npos || comma < begin) return line;
    at = comma;
  }
  return line.replace(begin, at - begin, "...");
}

}  // namespace envlock
