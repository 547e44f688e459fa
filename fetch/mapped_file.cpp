#include "fetch/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) return nullptr;
    throw IoError("cannot open '" + file.string() + "'", errno);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw IoError("cannot read '" + file.string() + "'", errno);
  if (!S_ISREG(status.st_mode)) throw IoError("'" + file.string() + "' is not a regular file");

  std::shared_ptr<MappedFile> mapped(new MappedFile);
  mapped->seal_ = FileSeal::of(status);
  if (status.st_size == 0) return mapped;  // mmap refuses a length of 0
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (start == MAP_FAILED) throw IoError("cannot map '" + file.string() + "'", errno);
  mapped->bytes_ = {static_cast<const std::byte*>(start), size};
  return mapped;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty())
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());  // NOLINT: mmap's own pointer
}

}  // namespace envlock
