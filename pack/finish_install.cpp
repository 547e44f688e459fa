#include "pack/finish_install.hpp"

#include <algorithm>
#include <iterator>

#include "model/prefix_record.hpp"
#include "pack/environment_files.hpp"
#include "pack/install_new.hpp"
#include "pack/link_scripts.hpp"
#include "pack/prefix_file.hpp"
#include "pack/script_products.hpp"

namespace envlock {
namespace {

std::string name_of(const TreePlan& plan, std::size_t package) {
  return dist_name(plan.packages[package].source.record);
}

/// Adds what was made of a package's sources to its record.
void record_byte_code(const UniqueFd& prefix, const std::string& shown, const TreePlan& plan,
                      std::size_t package, const std::vector<std::string>& made) {
  const std::string path =
      "conda-meta/" + prefix_record_file_name(plan.packages[package].source.record);
  const auto text = read_prefix_file(prefix.get(), path, shown);
  if (!text) return;
  auto record = read_prefix_record(*text, shown + '/' + path);
  if (!record) return;
  std::vector<std::string> known;
  for (const PrefixPath& one : record->paths) known.push_back(one.path);
  std::ranges::sort(known);
  for (const std::string& source : known) {
    if (!source.ends_with(".py")) continue;
    PrefixPath compiled;
    compiled.path = byte_code_path(source, plan.python);
    compiled.kind = PrefixPath::Kind::pyc;
    if (std::ranges::binary_search(made, compiled.path) &&
        !std::ranges::binary_search(known, compiled.path))
      record->paths.push_back(std::move(compiled));
  }
  if (record->paths.size() == known.size()) return;
  std::ranges::sort(record->paths, {}, &PrefixPath::path);
  replace_prefix_file(prefix.get(), path, write_prefix_record(*record), shown);
}

}  // namespace

PendingWork pending_for(const TreePlan& plan, const InstallRequest& request,
                        const std::vector<bool>& wanted) {
  PendingWork pending;
  if (request.byte_code) {
    // Another python makes other byte code of the same sources.
    bool is_new_python = false;
    for (std::size_t i = 0; i < plan.packages.size(); ++i)
      is_new_python |= wanted[i] && plan.packages[i].source.record.name == "python";
    for (const ByteCodeJob& job : byte_code_jobs(plan)) {
      if (is_new_python || wanted[job.package])
        pending.byte_code.push_back(name_of(plan, job.package));
    }
  }
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    if (wanted[i] && !plan.packages[i].link_scripts.empty())
      pending.link_scripts.push_back(name_of(plan, i));
  }
  return pending;
}

void finish_install(const UniqueFd& prefix, const TreePlan& plan, const InstallRequest& request,
                    PendingWork pending, InstallResult& result, const std::stop_token& stop) {
  if (pending.empty()) return keep_pending(prefix, {}, request.prefix);
  if (request.byte_code && !pending.byte_code.empty()) {
    std::vector<ByteCodeJob> jobs = byte_code_jobs(plan);
    std::erase_if(jobs, [&](const ByteCodeJob& job) {
      return std::ranges::count(pending.byte_code, name_of(plan, job.package)) == 0;
    });
    const std::vector<std::string> made =
        make_byte_code(prefix, request.prefix, plan, jobs, request, stop, result.notices);
    for (const ByteCodeJob& job : jobs)
      record_byte_code(prefix, request.prefix, plan, job.package, made);
  }
  if (!pending.byte_code.empty()) {
    pending.byte_code.clear();
    keep_pending(prefix, pending, request.prefix);
  }
  std::vector<std::size_t> linked;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    if (std::ranges::count(pending.link_scripts, name_of(plan, i)) > 0) linked.push_back(i);
  }
  // What was skipped stays until it can be told, which a script that fails would prevent.
  result.skipped_scripts = run_link_scripts(
      plan, request.prefix, linked, request.link_scripts, stop,
      [&](std::vector<ScriptProduct> made) {
        keep_script_products(prefix, plan, made, request.prefix);
        std::ranges::move(made, std::back_inserter(result.script_products));
      },
      [&](std::size_t package) {
        std::erase(pending.link_scripts, name_of(plan, package));
        keep_pending(prefix, pending, request.prefix);
      });
  keep_pending(prefix, {}, request.prefix);
}

}  // namespace envlock
