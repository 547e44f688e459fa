#include "pack/install_new.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/update_paths.hpp"
#include "pack/assemble.hpp"
#include "pack/byte_code.hpp"
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/finish_install.hpp"
#include "pack/packed_metadata.hpp"
#include "pack/prefix_records.hpp"
#include "pack/prefix_stage.hpp"

namespace envlock {

namespace fs = std::filesystem;

std::vector<std::string> make_byte_code(const UniqueFd& tree, const std::string& tree_path,
                                        const TreePlan& plan, const std::vector<ByteCodeJob>& jobs,
                                        const InstallRequest& request, const std::stop_token& stop,
                                        std::vector<std::string>& notices) {
  const auto failure = compile_byte_code(tree_path, plan.python, jobs, request.threads, stop);
  if (failure) {
    notices.push_back("the environment's python could not compile byte code (" + *failure +
                      "): it will start more slowly");
  }
  return made_byte_code(tree, plan.python, jobs);
}

std::optional<InstallResult> install_new(const TreePlan& plan, const InstallRequest& request,
                                         const std::stop_token& stop) {
  const fs::path prefix(request.prefix);
  std::error_code error;
  fs::create_directories(prefix.parent_path(), error);
  if (error) throw IoError("cannot make '" + prefix.parent_path().string() + "'", error.value());
  // An empty folder of one's own in somebody else's: made in place, as a mount point is.
  if (fs::exists(prefix, error) && ::access(prefix.parent_path().c_str(), W_OK | X_OK) != 0)
    return {};
  PrefixStage stage(stage_path(request.prefix));

  DirectorySink sink(UniqueFd(::fcntl(stage.fd().get(), F_DUPFD_CLOEXEC, 0)), stage.path());
  Assembly assembly =
      assemble(plan, sink, {.prefix = request.prefix, .threads = request.threads}, stop);
  InstallResult result;
  result.notices = std::move(assembly.notices);
  fit_sources_to_byte_code(stage.fd(), plan, {});
  std::vector<std::string> byte_code;
  if (request.byte_code) {
    byte_code = make_byte_code(stage.fd(), stage.path(), plan, byte_code_jobs(plan), request, stop,
                               result.notices);
  }
  put_records(sink, prefix_records(plan, assembly, byte_code));
  std::vector<const PackageRecord*> added;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    const PackageRecord& record = plan.packages[i].source.record;
    if (!is_wheel(record)) added.push_back(&record);  // the history is conda's
    result.added.push_back(dist_name(record));
  }
  std::ranges::sort(result.added);
  put_environment_files(sink, request, history_block(added, {}, requested_names(plan)));
  PendingWork pending = pending_for(plan, request, std::vector<bool>(plan.packages.size(), true));
  pending.byte_code.clear();  // it is in the stage
  if (!pending.empty()) put_text(sink, std::string(pending_install_file), write_pending(pending));
  set_access(stage.fd(), request.access.value_or(request.new_access), request.prefix);
  if (::syncfs(stage.fd().get()) != 0)
    throw IoError("cannot write '" + request.prefix + "'", errno);
  if (stop.stop_requested()) throw Interrupted();
  if (!stage.become(request.prefix)) return {};
  if (!pending.empty()) finish_install(stage.fd(), plan, request, std::move(pending), result, stop);
  return result;
}

}  // namespace envlock
