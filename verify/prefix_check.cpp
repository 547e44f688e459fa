#include "verify/prefix_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <tuple>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/text.hpp"
#include "model/update_paths.hpp"
#include "verify/advice.hpp"
#include "verify/byte_code_check.hpp"
#include "verify/conda_meta_check.hpp"
#include "verify/conda_state_check.hpp"
#include "verify/extra_files.hpp"
#include "verify/packed_files.hpp"
#include "verify/pip_packages.hpp"
#include "verify/prefix_walk.hpp"
#include "verify/script_claims.hpp"
#include "verify/self_check.hpp"
#include "verify/tracked_files.hpp"
#include "verify/unfinished_install.hpp"

namespace envlock {
namespace {

struct OpenedPrefix {
  UniqueFd fd;
  struct stat facts {};
  std::string path;                  ///< Absolute, without links.
  std::vector<std::string> spelled;  ///< `path`, and the absolute form of what was given.
};

OpenedPrefix open_prefix(const std::string& given) {
  namespace fs = std::filesystem;
  OpenedPrefix prefix;
  prefix.fd = UniqueFd(::open(given.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!prefix.fd)
    throw IoError("cannot open the prefix '" + given + "'", errno,
                  "name the folder of an environment");
  if (::fstat(prefix.fd.get(), &prefix.facts) != 0)
    throw IoError("cannot look at the prefix '" + given + "'", errno);
  std::error_code error;
  const fs::path real = fs::canonical(given, error);
  if (error) throw IoError("cannot find out where '" + given + "' lies", error.value());
  prefix.path = real.string();
  prefix.spelled = {prefix.path};
  fs::path lexical = fs::absolute(given, error).lexically_normal();
  if (!lexical.has_filename()) lexical = lexical.parent_path();
  if (!error && lexical != real) prefix.spelled.push_back(lexical.string());
  return prefix;
}

bool is_mount_point(int fd) {
  struct statx facts {};
  return ::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &facts) == 0 &&
         (facts.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
         (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Puts each thing of the walk to whom it concerns.
class PrefixCheck final : public WalkVisitor {
 public:
  PrefixCheck(CheckContext& context, const OpenedPrefix& prefix, const VerifyRequest& request,
              bool has_lock)
      : context_(context),
        prefix_(prefix),
        request_(request),
        has_lock_(has_lock),
        tracked_(context),
        permissions_(context, prefix.facts, request.is_private_group),
        byte_code_(context, prefix.fd.get(), request.method),
        pip_(context, prefix.fd.get(), request.method),
        claims_(prefix.fd.get(), context.tree, request.allowed_scripts, request.method),
        extra_(context, pip_, claims_),
        unfinished_(context, prefix.fd.get(), prefix.facts, request.method) {}

  void run() {
    permissions_.look_above(prefix_.spelled.back());
    const WalkOptions options{.threads = request_.threads,
                              .stop = request_.stop,
                              .method = request_.method,
                              .first = tracked_.large_files()};
    walk_prefix(prefix_.fd.get(), options, *this);
    tracked_.finish();
    permissions_.finish();
    pip_.finish();
    extra_.finish();
    unfinished_.finish();
    if (!claims_.fault().empty()) unreadable_products();
  }

  void finish(VerifyResult& result) {
    const auto tell = [&](std::map<std::string, std::uint64_t>& counts, std::string_view kind,
                          const CountedPaths& paths) {
      if (paths.count() == 0) return;
      counts[std::string(kind)] = paths.count();
      result.named[std::string(kind)] = paths.first();
    };
    for (const auto& [family, paths] : extra_.tolerated())
      tell(result.tolerated, plural_of(family), paths);
    // A header says what byte code was made from; only Python could tell whether it was.
    tell(result.not_proved, "files of byte code", byte_code_.fitting());
    result.skipped = std::move(*skipped_.lock());
  }

  bool folder(const std::string& path, int fd, const struct stat& facts) override {
    if (unfinished_.owns(path, facts)) return false;
    permissions_.look_at(path, facts, fd, std::nullopt, context_.tree.has_folder(path));
    if (path.empty()) return true;
    const ExpectedFile* const file = context_.tree.find(path);
    if (file != nullptr && file->type != PathType::directory) {
      tracked_.is_folder(*file);
    } else if (file != nullptr) {
      tracked_.has_folder(*file);
    }
    if (facts.st_dev == prefix_.facts.st_dev && !is_mount_point(fd)) return true;
    const bool is_known = context_.tree.has_folder(path);
    Finding mounted = make_finding(verify_rules(), "other-file-system", path);
    mounted.expected = "a folder of the prefix's own file system";
    mounted.found = "another file system";
    mounted.message = is_known ? "another file system is mounted here"
                               : "another file system is mounted here; it was not looked at";
    mounted.sha256 = sha256_of("mounted");
    context_.findings.add(std::move(mounted));
    if (!is_known) ++(*skipped_.lock())["other file systems"];
    return is_known;
  }

  void entry(const WalkEntry& entry) override {
    if (unfinished_.owns(entry.path, entry.facts)) return;
    OpenedEntry opened;
    const OpenedEntry* file = nullptr;
    if (S_ISREG(entry.facts.st_mode)) {
      opened = open_entry(entry.folder_fd, entry.name);
      file = &opened;
    }
    const ExpectedFile* const expected = context_.tree.find(entry.path);
    permissions_.look_at(entry.path, opened.fd ? opened.facts : entry.facts, opened.fd.get(),
                         expected == nullptr ? std::nullopt : expected->executable,
                         expected != nullptr && (file == nullptr || opened.fd));
    if (expected != nullptr) {
      tracked_.check(*expected, entry, file);
      if (expected->is_byte_code && file != nullptr) byte_code_.check(entry, *file, expected);
      return;
    }
    if (context_.tree.has_folder(entry.path)) return tracked_.folder_replaced(entry);
    if (is_judged_in_conda_meta(entry.path, has_lock_)) return;
    if (entry.path == pending_install_file && file != nullptr) return unfinished_.has_pending();
    // Gone between listing and opening: somebody's temporary file.
    if (file != nullptr && file->error_number == ENOENT) return;
    if (file != nullptr && file->fd && is_byte_code_name(entry.path)) {
      pip_.note(entry.path);
      return byte_code_.check(entry, *file, nullptr);
    }
    if (!pip_.owns(entry.path)) return extra_.add(entry, file);
    pip_.check(entry, file);
    extra_.add_of_pip(entry, file);
  }

  void early_entry(const WalkEntry& entry) override {
    const ExpectedFile* const expected = context_.tree.find(entry.path);
    if (expected == nullptr || !S_ISREG(entry.facts.st_mode)) return;
    const OpenedEntry opened = open_entry(entry.folder_fd, entry.name);
    tracked_.check(*expected, entry, &opened);
  }

  void unreadable(const std::string& path, int error_number) override {
    if (unfinished_.owns_closed(path)) return;
    tracked_.block(path);
    ++(*skipped_.lock())["unreadable"];
    Finding finding = make_finding(verify_rules(), "unreadable", path);
    finding.expected = "a folder that can be read";
    finding.found = std::strerror(error_number);
    finding.message = "nothing below it could be looked at";
    context_.findings.add(std::move(finding));
  }

 private:
  void unreadable_products() const {
    Finding finding =
        make_finding(verify_rules(), "unreadable-record", std::string(script_products_path));
    finding.expected = "a list of what link scripts made";
    finding.found = claims_.fault();
    finding.message = "it cannot be read, so that nothing is known of what link scripts made";
    finding.sha256 = sha256_of(claims_.fault());
    context_.findings.add(std::move(finding));
  }

  CheckContext& context_;
  const OpenedPrefix& prefix_;
  const VerifyRequest& request_;
  bool has_lock_;
  TrackedFiles tracked_;
  PermissionCheck permissions_;
  ByteCodeCheck byte_code_;
  PipPackages pip_;
  ScriptClaims claims_;
  ExtraFiles extra_;
  UnfinishedInstall unfinished_;
  Guarded<std::map<std::string, std::uint64_t>> skipped_;
};

Finding nothing_checked(std::uint64_t checked, std::uint64_t right) {
  Finding finding = make_finding(verify_rules(), "nothing-checked", {});
  finding.expected = "the files of the packages, and their records in conda-meta";
  finding.found = checked == 0 ? "none of them"
                               : "no conda-meta, and " + counted(checked, "file") +
                                     " of their names, of which " + std::to_string(right) +
                                     " are the packages'";
  finding.message = checked == 0 ? "nothing was checked, so nothing is proved"
                                 : "this is not the environment, so nothing is proved";
  return finding;
}

bool has_records(const OpenedPrefix& prefix, BeneathMethod method) {
  return static_cast<bool>(
      open_beneath(prefix.fd.get(), "conda-meta", O_RDONLY | O_DIRECTORY, 0, method));
}

/// True where nothing of a package lies in a folder that has no records either: looked at before
/// the walk, which could be one over a whole machine.
bool is_no_environment(const OpenedPrefix& prefix, const ExpectedTree& tree, BeneathMethod method) {
  if (has_records(prefix, method)) return false;
  return std::ranges::none_of(tree.files(), [&](const ExpectedFile& file) {
    return static_cast<bool>(
        open_beneath(prefix.fd.get(), std::string(file.path), O_PATH | O_NOFOLLOW, 0, method));
  });
}

/// @param variables  of the lock; null: it is not known
VerifyResult verify_tree(const VerifyRequest& request, const OpenedPrefix& prefix,
                         const ExpectedTree& tree, const Baseline* baseline,
                         const std::map<std::string, std::string>* variables) {
  CheckContext context{.tree = tree,
                       .prefixes = prefix.spelled,
                       .against = request.against,
                       .hash_all_evidence = request.hash_all_evidence,
                       .list_unowned = request.list_unowned};
  if (is_no_environment(prefix, tree, request.method)) {
    VerifyResult result;
    result.findings.push_back(nothing_checked(0, 0));
    return result;
  }
  context.moved.set_made_for(
      place_made_for(prefix.fd.get(), tree, context.prefixes, request.method));
  PrefixCheck check(context, prefix, request, variables != nullptr);
  check.run();
  const bool is_of_pack = has_manifest(prefix.fd.get(), request.method);
  for (Finding& finding : context.moved.finish(prefix.path, is_of_pack))
    context.findings.add(std::move(finding));
  if (baseline != nullptr) check_conda_meta(context, *baseline, prefix.fd.get(), request.method);
  if (variables != nullptr) check_conda_state(context, *variables, prefix.fd.get(), request.method);
  VerifyResult result;
  check.finish(result);
  result.findings = context.findings.take();
  result.unowned = std::move(*context.unowned.lock());
  std::ranges::sort(result.unowned, [](const UnownedFile& a, const UnownedFile& b) {
    return std::tie(a.path, a.told_at) < std::tie(b.path, b.told_at);
  });
  result.files_checked = context.files_checked;
  result.bytes_hashed = context.bytes_hashed;
  result.packages = static_cast<std::uint64_t>(
      std::ranges::count_if(tree.packages(), &ExpectedPackage::is_recorded));
  // Of a folder that is another one, all that differs is no news: that it is another one is.
  const bool is_another =
      result.files_checked == 0 ||
      (!has_records(prefix, request.method) && context.files_right * 2 < tree.files().size());
  if (is_another && result.skipped.empty()) result.findings.clear();
  if (is_another)
    result.findings.push_back(nothing_checked(result.files_checked, context.files_right));
  return result;
}

/// That a prefix was not unpacked yet explains what is as packed, and nothing else: it does not
/// lead where somebody may have changed the prefix, whose own program is then not to be run either.
/// @param knows_program  what bin/envlock-env must be is known from outside of the prefix
void settle_not_unpacked(std::vector<Finding>& findings, bool knows_program) {
  const auto early = std::ranges::find(findings, "EL252", &Finding::rule);
  if (early == findings.end()) return;
  bool is_clean = true;
  for (const Finding& other : findings) {
    if (&other == &*early || !has(other.traits, RuleTrait::decides_what_runs)) continue;
    is_clean = false;
    if (other.severity == Severity::error)
      early->traits = without(early->traits, RuleTrait::leads) | RuleTrait::trails;
  }
  if (!is_clean || !knows_program) return;
  early->advice = "{paths} unpack";
  early->advice_paths = {std::string(pack_path::program)};
}

/// An update that was cut short explains records of packages that nobody asked for.
void settle_interrupted(std::vector<Finding>& findings) {
  if (std::ranges::none_of(findings, is_interrupted_install)) return;
  for (Finding& finding : findings) {
    if (finding.rule == "EL230") finding.traits = without(finding.traits, RuleTrait::leads);
  }
}

/// The environment's own pip takes off what shadows a package only where somebody else than the
/// prefix says what that pip and its python must be, and they are that, with nothing beside them
/// that every start of python runs. Else the rule's advice holds.
void settle_uninstalls(std::vector<Finding>& findings, bool is_from_outside) {
  const auto is_of_pip = [](const Finding& finding) {
    const std::string_view package = finding.package;
    return finding.path.starts_with("bin/python") || package.starts_with("python ") ||
           package.starts_with("pip ") || package.starts_with("pypi:pip ") ||
           finding.path.find("/site-packages/pip/") != std::string::npos ||
           finding.rule == "EL232" || finding.rule == "EL235" || finding.rule == "EL244";
  };
  if (is_from_outside && std::ranges::none_of(findings, is_of_pip)) return;
  for (Finding& finding : findings) {
    if (finding.rule != "EL239" || finding.advice_paths.empty()) continue;
    finding.advice = make_finding(verify_rules(), finding.rule, finding.path).advice;
    finding.advice_paths.clear();
    finding.advice_words.clear();
  }
}

/// Says what to do about each finding, and sorts them.
void complete(std::vector<Finding>& findings, const VerifyRequest& request,
              const OpenedPrefix& prefix, const std::string& against, PackedChoice choice = {}) {
  namespace fs = std::filesystem;
  settle_interrupted(findings);
  const auto absolute = [](const std::string& path) {
    return fs::absolute(path).lexically_normal().string();
  };
  std::error_code error;
  advise(findings,
         {.prefix = prefix.path,
          .lock = request.lock.empty() ? std::string() : absolute(request.lock),
          .against = against,
          .was_unpacked = has_manifest(prefix.fd.get(), request.method),
          .without_envlock = request.without_envlock,
          .choice = std::move(choice),
          .key = fs::is_regular_file(request.key, error) ? absolute(request.key) : request.key});
  sort_findings(findings);
}

}  // namespace

VerifyResult verify_prefix(const VerifyRequest& request, const Baseline& baseline) {
  const OpenedPrefix prefix = open_prefix(request.prefix);
  PackedFiles packed =
      read_packed_files(prefix.fd.get(), &baseline, request.packed_program, request.method);
  const ExpectedTree tree = expected_tree(baseline, packed.files);
  VerifyResult result = verify_tree(request, prefix, tree, &baseline, &baseline.variables);
  std::ranges::move(packed.findings, std::back_inserter(result.findings));
  const ExpectedFile* const program = tree.find(pack_path::program);
  settle_not_unpacked(result.findings,
                      request.without_envlock ||
                          (request.is_from_outside && program != nullptr && program->sha256));
  settle_uninstalls(result.findings, request.is_from_outside);
  complete(result.findings, request, prefix, "the " + request.against, std::move(packed.choice));
  return result;
}

VerifyResult verify_prefix_by_itself(const VerifyRequest& request) {
  const OpenedPrefix prefix = open_prefix(request.prefix);
  SelfStatement statement =
      read_self_statement(prefix.fd.get(), prefix.path, request.method, request.packed_program);
  VerifyResult result = verify_tree(request, prefix, *statement.tree, nullptr,
                                    statement.variables ? &*statement.variables : nullptr);
  if (statement.without_hash > 0)
    result.not_proved["files without a hash in their record"] = statement.without_hash;
  for (Finding& finding : statement.findings) result.findings.push_back(std::move(finding));
  settle_not_unpacked(result.findings, false);
  settle_uninstalls(result.findings, false);
  complete(result.findings, request, prefix, "its records", std::move(statement.choice));
  return result;
}

}  // namespace envlock
