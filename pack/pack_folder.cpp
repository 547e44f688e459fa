#include "pack/pack_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "model/error.hpp"
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/prefix_stage.hpp"

namespace envlock {

PackedFolder pack_folder(const TreePlan& plan, const PackContent& content, std::size_t threads,
                         const std::string& path, const std::stop_token& stop) {
  PrefixStage stage(stage_path(path));
  DirectorySink sink(UniqueFd(::fcntl(stage.fd().get(), F_DUPFD_CLOEXEC, 0)), stage.path());
  Assembly assembly = assemble(plan, sink,
                               {.prefix = content.dest_prefix,
                                .threads = threads,
                                .read_elf_needs = true,
                                .prefix_files = content.prefix_files},
                               stop);
  const PackDocuments documents = make_pack_documents(plan, assembly, content);
  for (const PackDocument& document : documents.first) put_text(sink, document.path, document.text);
  for (const PackDocument& document : documents.last) put_text(sink, document.path, document.text);
  if (::fchmod(stage.fd().get(), 0755) != 0 || ::syncfs(stage.fd().get()) != 0)
    throw IoError("cannot write '" + path + "'", errno);
  if (stop.stop_requested()) throw Interrupted();
  if (!stage.become(path)) throw IoError("cannot make '" + path + "': something is mounted there");
  return {documents.manifest_sha256, documents.files, std::move(assembly.notices)};
}

}  // namespace envlock
