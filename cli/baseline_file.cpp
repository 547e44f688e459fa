#include "cli/baseline_file.hpp"

#include <filesystem>

#include "cli/output_file.hpp"
#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "pack/baseline_byte_code.hpp"

namespace envlock {
namespace {

void require_runnable(const Platform& platform) {
  if (platform == Platform::host()) return;
  throw Error(ExitCode::unfit,
              "byte code of " + platform.subdir() + " cannot be made on this machine, which is " +
                  Platform::host().subdir(),
              "make the baseline on a machine of that kind, or leave --byte-code out");
}

}  // namespace

Baseline baseline_of_environment(const EnvironmentLock& environment, const TreePlan& plan,
                                 const ByteCodeWish& byte_code, Context& context,
                                 std::vector<std::string>& notices) {
  const std::size_t threads = context.settings.threads;
  if (byte_code.wanted) require_runnable(environment.platform);
  Baseline baseline =
      make_baseline(plan, baseline_facts(environment), threads, context.stop, notices);
  if (!byte_code.wanted || plan.python.empty()) return baseline;
  if (!byte_code.tree.empty()) {
    add_byte_code(baseline, plan, byte_code.tree, threads, context.stop);
  } else {
    const std::string folder = context.environment("TMPDIR").value_or("");
    add_byte_code_made_anew(baseline, plan, folder.empty() ? "/tmp" : folder, threads,
                            context.stop);
  }
  return baseline;
}

Sha256 write_baseline_file(const Baseline& baseline, const std::string& output, Console& console) {
  namespace fs = std::filesystem;
  const std::string text = write_baseline(baseline);
  const fs::path path = fs::absolute(output);
  const std::string signature = output + ".minisig";
  std::error_code error;
  const bool was_signed = fs::exists(fs::symlink_status(signature, error));
  const bool is_same = was_signed && fs::is_regular_file(path, error) &&
                       fs::file_size(path, error) == text.size() &&
                       read_file(path, text.size()) == text;
  write_output_file(path, output, text);
  if (was_signed && !is_same) {
    if (!fs::remove(signature, error))
      throw IoError("cannot remove '" + signature + "', which signed what '" + output + "' was",
                    error.value(), "remove it: verify refuses the new baseline by it");
    console.note("removed '" + signature + "': it signed what '" + output + "' was before",
                 "sign it anew: envlock sign " + shell_word(output) + " --key FILE.key");
  }
  return sha256_of(text);
}

}  // namespace envlock
