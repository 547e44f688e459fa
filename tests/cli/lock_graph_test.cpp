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
  const LockGraph graph(lock, linux_64);
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
  const LockGraph graph(lock, linux_64);
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
  const LockGraph graph(lock, linux_64);
  CHECK(names(graph, graph.dependencies_first()) ==
        std::vector<std::string>{"__glibc", "openssl", "pip", "tzdata", "python", "numpy"});
}

TEST_CASE("requests_for: requests for every platform and for this one, by name") {
  const Lockfile lock = small_lock();
  const LockGraph graph(lock, linux_64);
  const auto node = [&](std::string_view name) -> const LockGraph::Node& {
    return graph.nodes()[graph.find(name).value()];
  };
  const auto found = requests_for(lock.inputs, linux_64, node("python"));
  REQUIRE(found.size() == 2);
  CHECK(found[0].spec == "python 3.12.*");
  CHECK(found[1].spec == "python !=3.12.0");
  CHECK(requests_for(lock.inputs, Platform::parse("win-64").value(), node("python")).size() == 1);
  CHECK(requests_for(lock.inputs, linux_64, node("openssl")).empty());
}

TEST_CASE(
    "LockGraph: packages of PyPI need one another and conda's, extras where nobody else does") {
  Lockfile lock = small_lock();
  LockedPypi tool = pypi("tool", "1", "");
  tool.requires_dist = {"NumPy>=2", "Plug_In ; extra == 'all'", "helper[x]>1; os_name == 'posix'",
                        "absent", "shared; extra == 'all'"};
  LockedPypi helper = pypi("helper", "2", "");
  helper.requires_dist = {"shared"};
  lock.platforms.at(linux_64).pypi = {helper, pypi("plug-in", "1", ""), pypi("shared", "1", ""),
                                      tool};
  lock.inputs.files[0].pip = {"Tool >=1", "./other"};
  const LockGraph graph(lock, linux_64);
  const auto node = [&](std::string_view name) -> const LockGraph::Node& {
    return graph.nodes()[graph.find(name).value()];
  };
  std::vector<std::string> needs;
  for (const LockGraph::Edge& edge : node("tool").needs)
    needs.push_back(graph.nodes()[edge.node].name);
  CHECK(needs == std::vector<std::string>{"helper", "numpy", "plug-in", "shared"});
  CHECK(node("shared").needed_by.size() == 2);
  CHECK(node("numpy").needed_by.back().spec == "NumPy>=2");
  CHECK(node("tool").origin() == "PyPI");
  CHECK_FALSE(node("tool").is_virtual());
  const auto found = requests_for(lock.inputs, linux_64, node("tool"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec == "Tool >=1");
}

}  // namespace envlock::test
