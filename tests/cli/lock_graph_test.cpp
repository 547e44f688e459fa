#include "cli/lock_graph.hpp"

#include <catch2/catch.hpp>

#include "tests/cli/small_lock.hpp"

namespace envlock::test {
namespace {

const Platform linux_64 = Platform::parse("linux-64").value();

std::vector<std::string> names(const LockGraph& graph, const std::vector<LockGraph::NodeId>& ids) {
  std::vector<std::string> result;
  for (const LockGraph::NodeId id : ids) result.push_back(graph.nodes()[id].name);
  return result;
}

}  // namespace

TEST_CASE("LockGraph: edges go both ways, to virtual packages too") {
  const Lockfile lock = small_lock();
  const LockGraph graph(lock.platforms.at(linux_64));
  const LockGraph::Node& openssl = graph.nodes()[graph.find("openssl").value()];
  REQUIRE(openssl.needed_by.size() == 1);
  CHECK(graph.nodes()[openssl.needed_by[0].node].name == "python");
  CHECK(openssl.needed_by[0].spec == "openssl >=3.3,<4.0a0");
  REQUIRE(openssl.needs.size() == 1);
  CHECK(graph.nodes()[openssl.needs[0].node].name == "__glibc");
  CHECK(graph.nodes()[graph.find("__glibc").value()].package == nullptr);
  CHECK_FALSE(graph.find("opensll"));
}

TEST_CASE("LockGraph: the shortest way is taken, and none where there is no need") {
  const Lockfile lock = small_lock();
  const LockGraph graph(lock.platforms.at(linux_64));
  const LockGraph::NodeId openssl = graph.find("openssl").value();
  const auto ways = graph.shortest_ways(openssl);
  const auto numpy = graph.find("numpy").value();
  REQUIRE(ways[numpy]);
  CHECK(graph.nodes()[ways[numpy]->node].name == "python");
  CHECK(ways[numpy]->spec == "python >=3.12,<3.13.0a0");
  CHECK_FALSE(ways[graph.find("tzdata").value()]);
}

TEST_CASE("LockGraph: each package comes after what it needs, also where two need each other") {
  const Lockfile lock = small_lock();
  const LockGraph graph(lock.platforms.at(linux_64));
  CHECK(names(graph, graph.dependencies_first()) ==
        std::vector<std::string>{"__glibc", "openssl", "pip", "tzdata", "python", "numpy"});
}

TEST_CASE("requests_for: requests for every platform and for this one, by name") {
  const Lockfile lock = small_lock();
  const auto found = requests_for(lock.inputs, linux_64, "python");
  REQUIRE(found.size() == 2);
  CHECK(found[0].spec == "python 3.12.*");
  CHECK(found[1].spec == "python !=3.12.0");
  CHECK(requests_for(lock.inputs, Platform::parse("win-64").value(), "python").size() == 1);
  CHECK(requests_for(lock.inputs, linux_64, "openssl").empty());
}

}  // namespace envlock::test
