#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/guarded.hpp"
#include "pack/pack_head.hpp"
#include "pack/tree_sink.hpp"

namespace envlock {

/// A pack's members on their way into a tree, each held against the manifest. Several readers may
/// bring them, each by a visitor of its own.
class UnpackTree {
 public:
  /// @param prefix  where it will lie: placeholders become this
  /// @param sink    for every path of the manifest; both must outlive this
  UnpackTree(const PackHead& head, std::string prefix, TreeSink& sink, std::string shown);
  ~UnpackTree();
  UnpackTree(const UnpackTree&) = delete;
  UnpackTree& operator=(const UnpackTree&) = delete;

  /// Lives as long as this.
  TarVisitor& new_visitor();

  /// @throws TrustError (6) where something of the manifest has not come
  void require_complete() const;

  /// The texts of conda-meta/, by path.
  [[nodiscard]] std::map<std::string, std::string> take_documents();
  /// What a file of the manifest with a placeholder has become; by index into its files.
  [[nodiscard]] const Sha256& sha256_in_prefix(std::size_t file) const {
    return sha256_in_prefix_[file];
  }

 private:
  class Visitor;

  [[noreturn]] void refuse(const std::string& path, const std::string& why) const;
  std::size_t claim(const std::string& path);
  [[nodiscard]] bool is_folder(const std::string& path) const;

  const PackHead& head_;
  std::string prefix_;
  TreeSink& sink_;
  std::string shown_;
  std::set<std::string, std::less<>> folders_;
  std::vector<std::atomic<bool>> come_;
  std::vector<Sha256> sha256_in_prefix_;
  std::atomic<std::uint64_t> document_bytes_{0};
  mutable Guarded<std::map<std::string, std::string>> documents_;
  Guarded<std::vector<std::unique_ptr<Visitor>>> visitors_;
};

}  // namespace envlock
