#include "cli/verify_input.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "cli/environment_plan.hpp"
#include "cli/lock_input.hpp"
#include "cli/public_key.hpp"
#include "cli/with_hint.hpp"
#include "fetch/atomic_file.hpp"
#include "model/shell_word.hpp"
#include "model/spoken_digest.hpp"
#include "verify/manifest_signer.hpp"
#include "verify/minisign.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_baseline_bytes = std::size_t{512} << 20U;
constexpr std::size_t max_lock_bytes = std::size_t{64} << 20U;

std::string check_signature(const std::string& file, const std::string& text,
                            const std::string& key_option) {
  const MinisignPublicKey key = read_public_key(key_option);
  const std::string signature_file = file + ".minisig";
  std::error_code error;
  if (!std::filesystem::exists(signature_file, error))
    throw TrustError(
        "'" + file + "' is not signed: there is no '" + signature_file + "'",
        "sign it where it was made: envlock sign " + shell_word(file) + " --key FILE.key");
  return told_signer(key,
                     verify_minisig(key, read_file(signature_file, max_minisig_bytes), text, file));
}

void require_digest(const std::string& file, const Sha256& sha256, const std::string& wanted) {
  const auto is_it = is_digest_of(wanted, sha256);
  if (!is_it) {
    throw UsageError("'" + wanted + "' of --digest is no digest",
                     "give a SHA-256 in 64 hexadecimal digits, or its short form as 'envlock pack' "
                     "prints it: 7KQ3-9M2X-4TBH-8H6D");
  }
  if (*is_it) return;
  throw TrustError("'" + file + "' has the digest " + spoken_digest(sha256) + " (sha256 " +
                       sha256.hex() + "), not '" + wanted + "'",
                   "it is another file, or was changed: ask those who made it");
}

/// Whether the text of `file` may be believed, before anything else reads it.
VerifyInput trusted_input(const std::string& kind, const std::string& file, const std::string& text,
                          const ParsedArgs& args, const std::string& prefix) {
  VerifyInput input;
  input.file = file;
  input.kind = kind;
  input.against = kind + ' ' + file;
  input.sha256 = sha256_of(text);
  if (args.has("digest")) {
    require_digest(file, *input.sha256, args.value("digest"));
    input.against += ", which has the digest that was given";
  }
  if (args.has("key")) {
    input.signed_by = check_signature(file, text, args.value("key"));
  } else if (!args.has("digest") && lies_in(file, prefix)) {
    input.no_proof = "the " + kind +
                     " lies in the prefix that it judges, and neither --key nor --digest was given "
                     "to check it by";
  }
  std::error_code error;
  if (!args.has("key") && !args.has("digest") &&
      std::filesystem::exists(file + ".minisig", error)) {
    input.notice = "'" + file +
                   "' is signed, and that was not checked: give the signer's key, "
                   "--key KEY.pub";
  }
  return input;
}

/// The number of the line that starts at `at`.
std::size_t line_number(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(
             std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
         1;
}

std::string package_name(const Finding& finding) {
  return finding.package.substr(0, finding.package.find(' '));
}

/// In a baseline each package and each file has a line of its own (docs/baseline.md).
std::function<std::size_t(const Finding&)> lines_of_baseline(const std::string& text,
                                                             std::shared_ptr<const Baseline> of) {
  const auto after = [&](std::string_view mark) -> std::size_t {
    const std::size_t at = text.find(mark);
    return at == std::string::npos ? 0 : line_number(text, at + mark.size());
  };
  const std::size_t packages = after("\n  \"packages\": [\n");
  const std::size_t files = after("\n  \"files\": [\n");
  return [packages, files, of = std::move(of)](const Finding& finding) -> std::size_t {
    const Baseline& baseline = *of;
    const auto file =
        std::ranges::lower_bound(baseline.files, finding.path, {}, &BaselineFile::path);
    if (files > 0 && file != baseline.files.end() && file->path == finding.path)
      return files + static_cast<std::size_t>(file - baseline.files.begin());
    const auto package =
        std::ranges::find(baseline.packages, package_name(finding), &BaselinePackage::name);
    if (packages > 0 && package != baseline.packages.end())
      return packages + static_cast<std::size_t>(package - baseline.packages.begin());
    return 0;
  };
}

/// In a lock each key has a line of its own: that of the package's name.
std::function<std::size_t(const Finding&)> lines_of_lock(const std::string& text,
                                                         const Platform& platform) {
  std::map<std::string, std::size_t> lines;
  const std::size_t start = text.find('"' + platform.subdir() + "\": {");
  const std::string_view key = "\"name\": \"";
  std::size_t line = start == std::string::npos ? 0 : line_number(text, start);
  std::size_t counted_to = start;
  for (std::size_t at = start; (at = text.find(key, at)) != std::string::npos; at += key.size()) {
    line +=
        static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted_to),
                                            text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted_to = at;
    const std::size_t name = at + key.size();
    lines.emplace(text.substr(name, text.find('"', name) - name), line);
  }
  return [lines = std::move(lines)](const Finding& finding) -> std::size_t {
    std::string name = package_name(finding);
    if (name.starts_with("pypi:")) name.erase(0, 5);  // of a wheel
    const auto found = lines.find(name);
    return found == lines.end() ? 0 : found->second;
  };
}

/// The lock that a baseline was made of, where it is found without a search: beside it or, as the
/// default is, here. Only the very one counts.
std::string lock_of_baseline(const Baseline& baseline, const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path beside = fs::absolute(file).lexically_normal();
  fs::path same_name = beside;
  same_name.replace_extension(".lock");
  for (const fs::path& candidate :
       {same_name, beside.parent_path() / "envlock.lock", fs::absolute("envlock.lock")}) {
    std::error_code error;
    if (!fs::is_regular_file(candidate, error)) continue;
    try {
      if (sha256_of(read_file(candidate, max_lock_bytes)) == baseline.lock_sha256)
        return candidate.string();
    } catch (const IoError&) {
      continue;  // it only would have been of help
    }
  }
  return {};
}

VerifyInput read_baseline_input(const ParsedArgs& args, const std::string& prefix) {
  const std::string file = args.value("baseline");
  const std::string text =
      with_hint("make one of the lock: envlock baseline -o " + shell_word(file) +
                    "; 'envlock install --baseline' makes one of what it installs",
                [&] { return read_file(file, max_baseline_bytes); });
  VerifyInput input = trusted_input("baseline", file, text, args, prefix);
  input.baseline = std::make_shared<const Baseline>(read_baseline(text, file));
  input.line_of = lines_of_baseline(text, input.baseline);
  input.lock = lock_of_baseline(*input.baseline, file);
  return input;
}

VerifyInput read_lock_input(const ParsedArgs& args, Context& context, const std::string& prefix) {
  const std::string file = args.value("lock");
  VerifyInput input = trusted_input("lock", file, load_lock_text(file), args, prefix);
  input.lock = file;
  const EnvironmentLock environment = load_environment_lock(args, context, file);
  if (sha256_of(environment.text) != input.sha256)
    throw IoError("'" + file + "' was written while it was read", "run the command again");
  try {
    input.baseline = std::make_shared<const Baseline>(cached_baseline(environment, context));
    input.line_of = lines_of_lock(environment.text, environment.platform);
  } catch (const NetworkError& error) {
    throw IoError(
        std::string("the packages of '") + file + "' are not all in the cache: " + error.what(),
        "make a baseline where they are and give --baseline, or fetch them: envlock fetch " +
            shell_word(file));
  }
  return input;
}

}  // namespace

bool lies_in(const std::string& file, const std::string& prefix) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path inner = fs::canonical(file, error);
  if (error) return false;
  const fs::path outer = fs::canonical(prefix, error);
  if (error) return false;
  const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

VerifyInput read_verify_input(const ParsedArgs& args, Context& context, const std::string& prefix) {
  const auto given = static_cast<int>(args.has("lock")) + static_cast<int>(args.has("baseline")) +
                     static_cast<int>(args.has("self"));
  if (given > 1)
    throw UsageError("'--lock', '--baseline' and '--self' contradict each other",
                     "give one of them");
  if (given == 0)
    throw UsageError("nothing is given that '" + prefix + "' could be held against",
                     "add --lock LOCK where its packages are in the cache, or --baseline FILE, "
                     "which 'envlock baseline' makes; --self takes the prefix's own records, "
                     "which proves nothing");
  if (args.has("platform") && !args.has("lock"))
    throw UsageError("'--platform' needs '--lock'", "a baseline is for one platform");
  if (args.has("baseline")) return read_baseline_input(args, prefix);
  if (args.has("lock")) return read_lock_input(args, context, prefix);
  if (args.has("digest"))
    throw UsageError("'--digest' needs '--lock' or '--baseline'", "it is what that file must have");
  if (args.has("key"))
    throw UsageError("'--key' needs '--lock' or '--baseline'",
                     "the records of a prefix are not signed");
  VerifyInput input;
  input.against = "its own records";
  input.no_proof = "whoever can change the files can change the records, too";
  return input;
}

}  // namespace envlock
