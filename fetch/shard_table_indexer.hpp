#pragma once

// Private to fetch/.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fetch/repodata.hpp"
#include "fetch/shard_table.hpp"
#include "model/shard_index.hpp"

namespace envlock {

/// Makes tables of shard indexes and knows them again.
class ShardTableIndexer : public RepodataIndexer {
 public:
  [[nodiscard]] std::uint32_t format_version() const override { return 1; }
  std::unique_ptr<RepodataSink> start(const SubdirRequest& /*request*/,
                                      const std::string& source_name) override {
    return std::make_unique<Sink>(source_name);
  }
  bool opens(const SubdirRequest& /*request*/, std::shared_ptr<const MappedFile> index,
             bool sealed) override {
    return ShardTable::open(index->bytes(), index, !sealed) != nullptr;
  }
  std::vector<std::string> depends_of(const SubdirRequest& /*request*/,
                                      const std::shared_ptr<const MappedFile>& /*index*/,
                                      const std::string& /*name*/) override {
    return {};
  }
  void require_shards_base(const SubdirRequest& /*request*/, const Url& /*base*/) override {}

 private:
  class Sink : public RepodataSink {
   public:
    explicit Sink(std::string source) : source_(std::move(source)) {}
    void feed(std::span<const std::byte> msgpack) override {
      bytes_.insert(bytes_.end(), msgpack.begin(), msgpack.end());
    }
    void settle() override {}
    std::vector<std::byte> finish() override {
      return ShardTable::write(parse_shard_index(bytes_, source_));
    }

   private:
    std::string source_;
    std::vector<std::byte> bytes_;
  };
};

}  // namespace envlock
