#include "verify/conda_meta_check.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>

#include "model/activation.hpp"
#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/script_products.hpp"
#include "model/text.hpp"
#include "verify/conda_state_check.hpp"
#include "verify/evidence.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_record_bytes = std::size_t{256} << 20U;
constexpr std::size_t max_lock_bytes = std::size_t{256} << 20U;
constexpr std::string_view folder = "conda-meta";

RecordFile read_record(int folder_fd, const std::string& name, BeneathMethod method,
                       const PrefixPathSink& paths) {
  RecordFile out;
  out.path = std::string(folder) + '/' + name;
  const SmallFile file = read_small_file(folder_fd, name, max_record_bytes, method);
  if (!file.text) {
    out.fault = file.fault.empty() ? "it is gone" : file.fault;
    return out;
  }
  out.sha256 = sha256_of(*file.text);
  try {
    out.record = paths ? read_prefix_record(*file.text, out.path, paths)
                       : read_prefix_record(*file.text, out.path);
  } catch (const InputError& error) {
    out.fault = error.what();
  }
  return out;
}

/// Why the record of a package does not tell what its baseline does. The paths of the record pass
/// one by one: a package may have hundreds of thousands.
class RecordComparison {
 public:
  /// @param package  whose record it says it is
  RecordComparison(const ExpectedTree& tree, std::size_t package)
      : tree_(tree), package_(package), told_(tree.files().size()) {}

  /// @return false where it was told before
  bool compare(const PrefixPath& path, bool is_listed_only) {
    const ExpectedFile* const file = tree_.find(path.path);
    if (file != nullptr) {
      const std::size_t index = tree_.index_of(*file);
      if (told_[index]) return is_listed_only;
      told_[index] = true;
    }
    const bool is_made = path.kind == PrefixPath::Kind::pyc ||
                         (file == nullptr && is_listed_only && is_byte_code_name(path.path));
    if (!is_made) compare_with(file, path);
    return true;
  }

  /// Call once, after the last path.
  /// @param files  what the package has
  /// @return how many things differ
  std::size_t finish(const PackageRecord& record, const std::vector<const ExpectedFile*>& files,
                     std::string& first) {
    const ExpectedPackage& package = tree_.packages()[package_];
    if (record.sha256 && *record.sha256 != package.sha256)
      differ("the archive has sha256 " + record.sha256->hex() + ", not " + package.sha256.hex());
    for (const ExpectedFile* file : files) {
      if (!file->may_be_missing && !file->is_script_product && !told_[tree_.index_of(*file)])
        differ("'" + std::string(file->path) + "' is not in it");
    }
    first = std::move(first_);
    return count_;
  }

 private:
  void compare_with(const ExpectedFile* file, const PrefixPath& path) {
    if (file == nullptr) return differ("it claims '" + path.path + "', which no package has");
    if (file->type != PathType::file || file->is_script_product) return;
    if (path.sha256 && file->sha256 && *path.sha256 != *file->sha256)
      return differ("'" + path.path + "' has sha256 " + path.sha256->hex() + " in it, not " +
                    file->sha256->hex());
    // Without a placeholder the file is the same in every prefix.
    if (file->placeholder == nullptr && path.sha256_in_prefix && file->sha256 &&
        *path.sha256_in_prefix != *file->sha256)
      differ("'" + path.path + "' has sha256_in_prefix " + path.sha256_in_prefix->hex() +
             " in it, not " + file->sha256->hex());
  }

  void differ(std::string what) {
    if (count_++ == 0) first_ = std::move(what);
  }

  const ExpectedTree& tree_;
  std::size_t package_;
  std::vector<bool> told_;  ///< By the tree's files.
  std::size_t count_ = 0;
  std::string first_;
};

class CondaMetaCheck {
 public:
  CondaMetaCheck(CheckContext& context, const Baseline& baseline, int prefix_fd,
                 BeneathMethod method)
      : context_(context), baseline_(baseline), prefix_fd_(prefix_fd), method_(method) {
    const auto& packages = context.tree.packages();
    for (std::size_t i = 0; i < packages.size(); ++i) {
      if (packages[i].is_recorded) by_name_.emplace(packages[i].name, i);
    }
    files_.resize(packages.size());
    for (const ExpectedFile& file : context.tree.files()) files_[file.package].push_back(&file);
  }

  void run() {
    for_each_record(
        prefix_fd_, method_,
        [this](RecordFile& file) {
          check(file);
          comparison_.reset();
        },
        [this](const PrefixRecord& record, const PrefixPath& path, bool is_listed_only) {
          RecordComparison* const comparison = comparison_with(record.record);
          return comparison == nullptr || comparison->compare(path, is_listed_only);
        });
    check_recorded();
    check_lock();
    check_whole();
  }

 private:
  Finding finding(std::string_view rule, const RecordFile& file, const std::string& package) const {
    Finding made = make_finding(verify_rules(), rule, file.path);
    made.package = package;
    made.sha256 = file.sha256;
    return made;
  }

  /// Where many records are gone, that is one cause and one finding.
  void check_recorded() {
    constexpr std::size_t most_alone = 3;
    std::vector<std::size_t> missing;
    for (const auto& [name, index] : by_name_) {
      if (recorded_.contains(name)) continue;
      missing.push_back(index);
      differing_.insert(name);
    }
    if (missing.size() > most_alone) return add_many_not_recorded(missing);
    for (const std::size_t index : missing) {
      const ExpectedPackage& package = context_.tree.packages()[index];
      Finding made = make_finding(verify_rules(), "not-recorded", {}, package.name);
      made.package = package.label();
      made.expected = "a record in conda-meta";
      made.found = "none";
      made.message = "conda-meta does not record the package";
      made.sha256 = sha256_of("absent");
      context_.findings.add(std::move(made));
    }
  }

  void add_many_not_recorded(const std::vector<std::size_t>& missing) {
    constexpr std::size_t most_named = 5;
    Finding made = make_finding(verify_rules(), "not-recorded", {});
    Evidence evidence;
    std::string names;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const std::string& name = context_.tree.packages()[missing[i]].name;
      evidence.add(name, "absent", sha256_of("absent"));
      if (i < most_named) names += (i == 0 ? "" : ", ") + name;
    }
    if (missing.size() > most_named)
      names += " and " + std::to_string(missing.size() - most_named) + " more";
    made.expected = counted(by_name_.size(), "record") + " in conda-meta";
    made.found = counted(by_name_.size() - missing.size(), "record") + " of them";
    made.message =
        "conda-meta does not record " + counted(missing.size(), "package") + ": " + names;
    made.sha256 = evidence.digest();
    context_.findings.add(std::move(made));
  }

  /// With the package of the record's name; null where there is none.
  RecordComparison* comparison_with(const PackageRecord& record) {
    if (comparison_) return &*comparison_;
    const auto known = by_name_.find(distinct_name(record));
    if (known == by_name_.end()) return nullptr;
    return &comparison_.emplace(context_.tree, known->second);
  }

  /// Says once what a flood of findings comes from: that the prefix holds something else.
  void check_whole() {
    std::set<std::string, std::less<>> all = recorded_;
    for (const auto& [name, index] : by_name_) all.insert(name);
    const std::size_t differing = differing_.size();
    // Records that are only missing make no other environment.
    const std::size_t others = recorded_.size() - count_known_as_expected();
    const bool holds_others = others > 0 && others * 2 >= recorded_.size();
    // Of one lock's next state most packages are the same: that is an update, which was not made.
    const bool is_of_other_lock = is_other_lock_ && differing > 0 && differing * 4 >= all.size();
    if (!holds_others && !is_of_other_lock) return;
    Finding made = make_finding(verify_rules(), "another-environment", {});
    made.expected = counted(by_name_.size(), "package") + " of the " + context_.against;
    made.found = counted(recorded_.size(), "package") + " in conda-meta, " +
                 std::to_string(others) + " of them others";
    made.message = "this prefix holds another environment than the " + context_.against + ": " +
                   std::to_string(differing) + " of " + counted(all.size(), "package") +
                   (differing == 1 ? " differs" : " differ");
    Evidence evidence;
    for (const std::string& name : all)
      evidence.add(name, differing_.contains(name) ? "differs" : "same", sha256_of(name));
    made.sha256 = evidence.digest();
    context_.findings.add(std::move(made));
  }

  [[nodiscard]] std::size_t count_known_as_expected() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        recorded_, [&](const std::string& name) { return !differing_.contains(name); }));
  }

  void check(const RecordFile& file) {
    if (!file.record) {
      Finding made = finding(file.fault.empty() ? "extra-file" : "unreadable-record", file, {});
      made.expected = "the record of a package";
      made.found = file.fault.empty() ? "JSON that is no record" : file.fault;
      made.message = file.fault.empty() ? "it is no record of a package"
                                        : "the record cannot be read, so nothing is known of it";
      return context_.findings.add(std::move(made));
    }
    const PackageRecord& record = file.record->record;
    const std::string name = distinct_name(record);
    const std::string label = ExpectedPackage{name, record.version, record.build, {}}.label();
    if (!recorded_.insert(name).second) {
      Finding made = finding("duplicate-record", file, label);
      made.expected = "one record of '" + name + "'";
      made.found = "another one";
      made.message = "two records of one package name";
      context_.findings.add(std::move(made));
    }
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) {
      Finding made = finding("not-locked", file, label);
      made.expected = "no such package";
      made.found = label;
      made.message = "a package that is not locked is installed";
      differing_.insert(name);
      return context_.findings.add(std::move(made));
    }
    const ExpectedPackage& package = context_.tree.packages()[known->second];
    if (record.version != package.version || record.build != package.build) {
      Finding made = finding("other-build", file, label);
      made.expected = package.label();
      made.found = label;
      made.message = "another version or build than the locked one is installed";
      differing_.insert(name);
      return context_.findings.add(std::move(made));
    }
    check_content(file, known->second);
  }

  void check_content(const RecordFile& file, std::size_t package) {
    std::string first;
    const PackageRecord& record = file.record->record;
    std::size_t count = comparison_with(record)->finish(record, files_[package], first);
    const std::string name = prefix_record_file_name(file.record->record);
    if (name_of(file.path) != name && count++ == 0) first = "its name should be '" + name + "'";
    if (count == 0) return;
    Finding made = finding("changed-record", file, context_.tree.packages()[package].label());
    made.expected = "what the " + context_.against + " tells of the package";
    made.found =
        std::to_string(count) + (count == 1 ? " difference: " : " differences, first: ") + first;
    made.message = "the record does not tell what the package holds";
    context_.findings.add(std::move(made));
  }

  /// Whether envlock's activation script is there: then envlock made the prefix.
  [[nodiscard]] bool has_own_script() const {
    const std::string path(activation_path(Shell::posix));
    const BaselineFile* const script = find_file(baseline_, path);
    return script != nullptr && script->package == BaselineFile::own &&
           open_beneath(prefix_fd_, path, O_PATH, 0, method_);
  }

  void check_lock() {
    const SmallFile file =
        read_small_file(prefix_fd_, std::string(installed_lock_file), max_lock_bytes, method_);
    if (!file.text && file.fault.empty()) {
      if (!has_own_script()) return;  // another installer made the prefix
      Finding gone = make_finding(verify_rules(), "changed-lock", std::string(installed_lock_file));
      gone.expected = "sha256 " + baseline_.lock_sha256.hex();
      gone.found = "nothing";
      gone.message = "the lock that envlock left in the prefix is gone: nothing can update it";
      context_.findings.add(std::move(gone));
      return;
    }
    const Sha256 sha256 = file.text ? sha256_of(*file.text) : Sha256();
    if (file.text && sha256 == baseline_.lock_sha256) return;
    is_other_lock_ = file.text.has_value();
    Finding made = make_finding(verify_rules(), "changed-lock", std::string(installed_lock_file));
    made.expected = "sha256 " + baseline_.lock_sha256.hex();
    made.found = file.text ? "sha256 " + sha256.hex() : file.fault;
    const std::string wanted =
        context_.against == "lock" ? "this one" : "that of the " + context_.against;
    made.message =
        !is_other_lock_ ? "the lock that envlock left in the prefix cannot be read"
        : differing_.empty()
            ? "the lock in the prefix is not " + wanted +
                  ", though the packages are: it was changed, or is of another time"
            : "the prefix was made from another lock than " + wanted + ", or its lock was changed";
    if (file.text) made.sha256 = sha256;
    context_.findings.add(std::move(made));
  }

  CheckContext& context_;
  const Baseline& baseline_;
  int prefix_fd_;
  BeneathMethod method_;
  std::vector<std::vector<const ExpectedFile*>> files_;  ///< By package.
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::set<std::string, std::less<>> recorded_;
  std::set<std::string, std::less<>> differing_;  ///< Not recorded, not locked, of another build.
  bool is_other_lock_ = false;                    ///< The prefix says that it is of another lock.
  std::optional<RecordComparison> comparison_;    ///< Of the record that is being read.
};

}  // namespace

void for_each_record(int prefix_fd, BeneathMethod method,
                     const std::function<void(RecordFile&)>& visit, const PrefixPathSink& paths) {
  const UniqueFd fd =
      open_beneath(prefix_fd, std::string(folder), O_RDONLY | O_DIRECTORY, 0, method);
  std::vector<std::string> names;
  if (!fd || !list_folder(fd.get(), names)) return;  // absent, or the walk says why
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (!is_prefix_record_name(name)) continue;
    RecordFile file = read_record(fd.get(), name, method, paths);
    visit(file);
  }
}

bool is_judged_in_conda_meta(std::string_view path, bool has_lock) {
  if (folder_of(path) != folder) return false;
  if (path == pack_path::manifest || path == pack_path::signature || path == script_products_path)
    return true;
  return is_prefix_record_name(path) ||
         (has_lock && (path == installed_lock_file || path == conda_state_path));
}

void check_conda_meta(CheckContext& context, const Baseline& baseline, int prefix_fd,
                      BeneathMethod method) {
  CondaMetaCheck(context, baseline, prefix_fd, method).run();
}

}  // namespace envlock
