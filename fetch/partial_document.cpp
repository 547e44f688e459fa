#include "fetch/partial_document.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace envlock {

namespace {

class PartialDocument {
 public:
  PartialDocument(RepodataSink& sink, const ShardTable& table,
                  const std::map<std::size_t, Shard>& shards)
      : sink_(sink), table_(table), shards_(shards) {}

  void feed() {
    std::string head = R"({"info":{"base_url":)";
    append_json_text(head, table_.base_url());
    feed(head + "},\"packages\":{");
    members([](const Shard& shard) -> const std::string& { return shard.packages; });
    feed("},\"packages.conda\":{");
    members([](const Shard& shard) -> const std::string& { return shard.packages_conda; });
    feed("},\"removed\":[");
    members([](const Shard& shard) -> const std::string& { return shard.removed; });
    feed("],\"v3\":{");
    buckets();
    feed("}}");
  }

 private:
  void feed(std::string_view text) {
    sink_.feed(std::as_bytes(std::span(text.data(), text.size())));
  }

  template <class Part>
  void members(const Part& part) {
    bool first = true;
    for (const auto& [place, shard] : shards_) {
      const std::string& text = part(shard);
      if (text.empty()) continue;
      if (!std::exchange(first, false)) feed(",");
      feed(text);
    }
  }

  void buckets() {
    std::set<std::string> names;
    for (const auto& [place, shard] : shards_)
      for (const auto& [bucket, text] : shard.v3) names.insert(bucket);
    static const std::string nothing;
    bool first = true;
    for (const std::string& name : names) {
      std::string key = std::exchange(first, false) ? "" : ",";
      append_json_text(key, name);
      feed(key + ":{");
      members([&](const Shard& shard) -> const std::string& {
        const auto found = shard.v3.find(name);
        return found == shard.v3.end() ? nothing : found->second;
      });
      feed("}");
    }
  }

  RepodataSink& sink_;
  const ShardTable& table_;
  const std::map<std::size_t, Shard>& shards_;
};

}  // namespace

void feed_partial_document(RepodataSink& sink, const ShardTable& table,
                           const std::map<std::size_t, Shard>& shards) {
  PartialDocument(sink, table, shards).feed();
}

}  // namespace envlock
