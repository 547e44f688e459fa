#include "cli/baseline_file.hpp"

#include <filesystem>

#include "cli/output_file.hpp"
#include "model/error.hpp"
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

Sha256 write_baseline_file(const Baseline& baseline, const std::string& output) {
  const std::string text = write_baseline(baseline);
  write_output_file(std::filesystem::absolute(output), output, text);
  return sha256_of(text);
}

}  // namespace envlock
