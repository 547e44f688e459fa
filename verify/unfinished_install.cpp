#include "verify/unfinished_install.hpp"

#include <fcntl.h>

#include "model/update_paths.hpp"

namespace envlock {
namespace {

constexpr mode_t others_write = 0022;
constexpr std::size_t max_pending_bytes = std::size_t{16} << 20U;

}  // namespace

bool UnfinishedInstall::owns(std::string_view path, const struct stat& facts) {
  if (path != update_stage_folder && path != update_journal_file && path != update_journal_to_be)
    return false;
  // Somebody else's folder of that name is no install's, and neither is one that others fill.
  if (facts.st_uid != owner_ || (facts.st_mode & others_write) != 0) return false;
  if (context_.tree.find(path) != nullptr || context_.tree.has_folder(path)) return false;
  const bool is_stage = path == update_stage_folder;
  if (!(is_stage ? S_ISDIR(facts.st_mode) : S_ISREG(facts.st_mode))) return false;
  (path == update_journal_file ? has_journal_ : has_stage_) = true;
  return true;
}

bool UnfinishedInstall::owns_closed(const std::string& path) {
  struct stat facts {};
  return path == update_stage_folder &&
         ::fstatat(prefix_fd_, path.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && owns(path, facts);
}

void UnfinishedInstall::finish() {
  const bool is_interrupted = has_journal_ || has_stage_;
  if (!is_interrupted && !has_pending_) return;
  const std::string_view place = has_journal_ ? update_journal_file
                                 : has_stage_ ? update_stage_folder
                                              : pending_install_file;
  Finding finding = make_finding(verify_rules(), "unfinished-install", std::string(place));
  finding.expected = "an install that came to its end";
  if (is_interrupted) {
    finding.traits = finding.traits | RuleTrait::leads | RuleTrait::not_looked_at;
    finding.found = has_journal_ ? "a journal of files that are to take their places"
                                 : "a folder of files that were to take their places";
    finding.message =
        has_journal_
            ? "an install was ended while files took their places, or is at work: the next one "
              "completes it first"
            : "an install was ended before it changed anything, or is at work: the next one begins "
              "anew";
    // Without a digest: nothing in there was looked at, and nobody can accept it.
  } else {
    const SmallFile file =
        read_small_file(prefix_fd_, std::string(place), max_pending_bytes, method_);
    finding.found = "a list of what is left to be done";
    finding.message = "the last install did not end: byte code or link scripts are missing";
    finding.sha256 = sha256_of(file.text ? std::string_view(*file.text) : file.fault);
  }
  context_.findings.add(std::move(finding));
}

bool is_interrupted_install(const Finding& finding) noexcept {
  return finding.rule == "EL228" && has(finding.traits, RuleTrait::leads);
}

}  // namespace envlock
