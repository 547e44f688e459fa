#include "cli/tree_command.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "cli/json_output.hpp"
#include "cli/lock_graph.hpp"
#include "cli/lock_input.hpp"
#include "verify/diff/question.hpp"

namespace envlock {
namespace {

using NodeId = LockGraph::NodeId;

constexpr std::size_t deepest = 1000;  ///< More levels than any real lock has.

std::size_t read_depth(const ParsedArgs& args) {
  if (!args.has("depth")) return deepest;
  const std::string text = args.value("depth");
  std::size_t depth = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (fault != std::errc{} || end != text.data() + text.size() || depth > deepest) {
    throw UsageError("'--depth' takes a number from 0 to 1000, not '" + text + "'");
  }
  return depth;
}

/// Draws each package with what it needs below it; a package whose part was drawn already is marked
/// instead of drawn again.
class TreePrinter {
 public:
  TreePrinter(Console& console, const LockGraph& graph, std::size_t depth)
      : console_(console), graph_(graph), depth_(depth), drawn_(graph.nodes().size(), 0) {}

  /// Without recursion, because a hostile lock may be deep.
  void draw(NodeId root) {
    struct Level {
      NodeId node;
      std::vector<NodeId> below;
      std::size_t next = 0;
      std::string indent;
    };
    std::vector<Level> path;
    const auto visit = [&](NodeId node, const std::string& branch, const std::string& indent) {
      // At the last level nobody's part is drawn, so nothing can refer to it.
      std::vector<NodeId> below;
      if (path.size() < depth_) below = children(node);
      std::string_view mark;
      if (std::ranges::any_of(path, [&](const Level& level) { return level.node == node; })) {
        mark = below.empty() ? "" : " (needs each other)";
        below.clear();
      } else if (!below.empty() && std::exchange(drawn_[node], 1) != 0) {
        mark = " (see above)";
        below.clear();
      }
      print(branch, node, mark, path.empty());
      path.push_back({node, std::move(below), 0, indent});
    };
    visit(root, "", "");
    while (!path.empty()) {
      Level& level = path.back();
      if (level.next == level.below.size()) {
        path.pop_back();
        continue;
      }
      const NodeId child = level.below[level.next++];
      const bool last = level.next == level.below.size();
      const std::string indent = level.indent;
      visit(child, indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "));
    }
  }

 private:
  /// What a package needs, without the virtual packages, which nobody installs.
  [[nodiscard]] std::vector<NodeId> children(NodeId node) const {
    std::vector<NodeId> below;
    for (const LockGraph::Edge& edge : graph_.nodes()[node].needs) {
      const bool twice = !below.empty() && below.back() == edge.node;
      if (!graph_.nodes()[edge.node].is_virtual() && !twice) below.push_back(edge.node);
    }
    return below;
  }

  void print(const std::string& branch, NodeId id, std::string_view mark, bool is_root) {
    const LockGraph::Node& node = graph_.nodes()[id];
    Line line;
    line.add(branch, Tone::dim).add(node.name, is_root ? Tone::bold : Tone::plain);
    line.add(' ' + node.version);
    if (console_.settings().verbosity > 0) {
      line.add(
          (node.build.empty() ? "" : ' ' + node.build) + " (" + std::string(node.origin()) + ")",
          Tone::dim);
    } else if (node.pypi != nullptr) {
      line.add(" (" + std::string(node.origin()) + ")", Tone::dim);
    }
    console_.out(line.add(mark, Tone::dim));
  }

  Console& console_;
  const LockGraph& graph_;
  std::size_t depth_;
  std::vector<char> drawn_;
};

void print_text(Console& console, const LockGraph& graph, std::size_t depth,
                bool is_question_known) {
  TreePrinter printer(console, graph, depth);
  std::vector<NodeId> reached;
  std::vector<char> needed(graph.nodes().size(), 0);
  const auto reach = [&](NodeId node) {
    if (std::exchange(needed[node], 1) == 0) reached.push_back(node);
  };
  const auto reach_below = [&] {
    for (; !reached.empty();) {
      const NodeId at = reached.back();
      reached.pop_back();
      for (const LockGraph::Edge& edge : graph.nodes()[at].needs) reach(edge.node);
    }
  };
  const auto draw = [&](NodeId node) {
    printer.draw(node);
    reach(node);
  };
  for (NodeId node = 0; node < graph.nodes().size(); ++node) {
    if (graph.nodes()[node].is_requested()) draw(node);
  }
  reach_below();
  bool said = false;
  // Of what is left first what no other needs, then what is only in rings.
  for (const bool rings : {false, true}) {
    for (NodeId node = 0; node < graph.nodes().size(); ++node) {
      const LockGraph::Node& one = graph.nodes()[node];
      if (one.is_virtual() || needed[node] != 0) continue;
      if (!rings && std::ranges::any_of(one.needed_by, [&](const LockGraph::Edge& edge) {
            return edge.node != node;
          }))
        continue;
      if (!std::exchange(said, true))
        console.out(is_question_known
                        ? "not needed by anything that you asked for:"
                        : "what was asked for is not known (imported lock); no other package "
                          "needs these:");
      draw(node);
      reach_below();
    }
  }
}

void write_json(JsonWriter& json, const LockGraph& graph, const Platform& platform) {
  json.member("platform", platform.subdir());
  json.key("packages").begin_array();
  for (const LockGraph::Node& node : graph.nodes()) {
    if (node.is_virtual()) continue;
    json.begin_object().member("name", node.name).member("version", node.version);
    if (node.package != nullptr) {
      json.member("build", node.build).member("channel", node.package->channel);
    } else {
      json.member("manager", "pypi");
    }
    json.member("requested", node.is_requested());
    json.key("needs").begin_array();
    for (const LockGraph::Edge& edge : node.needs) {
      json.begin_object().member("name", graph.nodes()[edge.node].name);
      json.member("spec", edge.spec).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

ExitCode tree(const ParsedArgs& args, Context& context) {
  const std::size_t depth = read_depth(args);
  const Lockfile lock = load_lock(args.positional(0, "envlock.lock"));
  const Platform platform = choose_platform(lock, args);
  const LockGraph graph(lock, platform);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok,
                             [&](JsonWriter& json) { write_json(json, graph, platform); });
  }
  print_text(context.console, graph, depth, knows_question(lock));
  return ExitCode::ok;
}

}  // namespace

Command tree_command() {
  return {{.name = "tree",
           .summary = "Show what needs what inside a lock",
           .description =
               "Draws each package that you asked for with what it needs below it. A package whose "
               "part of the tree was drawn before is marked '(see above)'. With -v each line shows "
               "build and channel too. With --json every package is listed once with what it "
               "needs.",
           .positionals = {lock_argument()},
           .groups = {{.title = "Options",
                       .options = {one_platform_option(),
                                   {.name = "depth",
                                    .value = "N",
                                    .help = "how many levels below the packages asked for",
                                    .fallback = "all"}}}},
           .examples = {{"The whole tree of ./envlock.lock", "envlock tree"},
                        {"One level, for another platform",
                         "envlock tree --depth 1 --platform osx-arm64"}},
           .exits = {ExitCode::invalid_input, ExitCode::untrusted}},
          tree};
}

}  // namespace envlock
