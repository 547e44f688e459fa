// A tar, read and judged as a tree: how it is cut changes nothing, content has the announced
// length, and whoever writes the entries in their order never writes through a link, over what is
// there, or outside. Checksums are put right first, because no mutation would find them.
#include "pack/tar_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "model/error.hpp"
#include "pack/tree_rules.hpp"

namespace {

using envlock::ArchiveEntry;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Keeps what a naive writer would have made.
class Tree final : public envlock::TarVisitor {
 public:
  void member(envlock::TarMember member) override {
    require(left_ == 0);
    left_ = member.size_bytes;
    const auto entry = rules_.judge(member);
    if (!entry) return;
    const std::string inside = "/" + entry->path + "/";
    require(inside.find("/../") == std::string::npos && inside.find("//") == std::string::npos);
    for (std::size_t slash = entry->path.find('/'); slash != std::string::npos;
         slash = entry->path.find('/', slash + 1)) {
      const auto above = made_.find(entry->path.substr(0, slash));
      require(above == made_.end() || above->second == ArchiveEntry::Kind::directory);
    }
    require(made_.emplace(entry->path, entry->kind).second);
    if (entry->kind == ArchiveEntry::Kind::hard_link)
      require(made_.at(entry->target) == ArchiveEntry::Kind::file);
    text_ += entry->path + ">" + entry->target + "=";
  }
  void data(std::span<const std::byte> bytes) override {
    require(bytes.size() <= left_);
    left_ -= bytes.size();
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void member_end() override { require(left_ == 0); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  envlock::TreeRules rules_{"a-1-0.conda", true};
  std::map<std::string, ArchiveEntry::Kind> made_;
  std::uint64_t left_ = 0;
  std::string text_;
};

/// All that a tar holds, or why it is refused.
std::string read(std::span<const std::byte> bytes, std::size_t step) {
  Tree tree;
  try {
    envlock::TarReader reader("a-1-0.conda", 1000, tree);
    while (!bytes.empty()) {
      const std::size_t count = std::min(step, bytes.size());
      reader.feed(bytes.first(count));
      bytes = bytes.subspan(count);
    }
    reader.finish();
  } catch (const envlock::TrustError& error) {
    return error.what();
  }
  return tree.text();
}

void repair_checksums(std::string& tar) {
  constexpr std::size_t at = 148, length = 8;
  for (std::size_t block = 0; block + 512 <= tar.size(); block += 512) {
    if (tar.compare(block + 257, 5, "ustar") != 0) continue;
    tar.replace(block + at, length, length, ' ');
    unsigned sum = 0;
    for (const char byte : tar.substr(block, 512)) sum += static_cast<unsigned char>(byte);
    std::snprintf(tar.data() + block + at, length, "%06o", sum);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string tar(reinterpret_cast<const char*>(data) + 1, size - 1);
  repair_checksums(tar);
  const auto bytes = std::as_bytes(std::span(tar));
  require(read(bytes, tar.size() + 1) == read(bytes, std::size_t{data[0]} + 1));
  return 0;
}
