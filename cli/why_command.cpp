#include "cli/why_command.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "cli/json_output.hpp"
#include "cli/lock_graph.hpp"
#include "cli/lock_input.hpp"
#include "cli/pip_list.hpp"
#include "fetch/atomic_file.hpp"
#include "model/environment.hpp"
#include "model/error.hpp"
#include "model/readable_spec.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"
#include "verify/diff/question.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;
using NodeId = LockGraph::NodeId;

/// The way from something that the user asked for to the package in question.
struct Chain {
  std::vector<LockRequest> requests;  ///< Those that the first link answers.
  struct Link {
    NodeId node = 0;
    std::string spec;  ///< What the link before it asks for; empty for the first.
  };
  std::vector<Link> links;
};

struct Answer {
  Platform platform;
  NodeId target = 0;
  std::vector<Chain> chains;  ///< Shortest first, then by name.
};

[[noreturn]] void throw_not_there(const Lockfile& lock, const Platform& platform,
                                  const LockGraph& graph, const std::string& name) {
  std::string hint;
  for (const auto& [other, content] : lock.platforms) {
    const bool has = std::ranges::any_of(content.packages,
                                         [&](const LockedPackage& package) {
                                           return package.record.name == name;
                                         }) ||
                     std::ranges::any_of(content.pypi, [&](const LockedPypi& package) {
                       return project_key(package.name) == project_key(name);
                     });
    if (has && hint.empty())
      hint = "it is locked for " + other.subdir() + ": add '--platform " + other.subdir() + "'";
  }
  std::vector<std::string_view> names;
  for (const LockGraph::Node& node : graph.nodes()) names.push_back(node.name);
  if (const auto near = nearest_word(name, names); hint.empty() && near) {
    hint = "did you mean '" + *near + "'?";
  }
  throw UsageError("no package '" + name + "' is locked for " + platform.subdir(), hint);
}

std::vector<Chain> chains_to(const LockGraph& graph, NodeId target, const LockInputs& inputs,
                             const Platform& platform) {
  const std::vector<std::optional<LockGraph::Edge>> ways = graph.shortest_ways(target);
  std::vector<Chain> chains;
  for (NodeId start = 0; start < graph.nodes().size(); ++start) {
    const LockGraph::Node& node = graph.nodes()[start];
    if (!node.is_requested() || !ways[start]) continue;
    Chain chain{requests_for(inputs, platform, node), {{start, {}}}};
    for (NodeId at = start; at != target; at = ways[at]->node) {
      chain.links.push_back({ways[at]->node, ways[at]->spec});
    }
    chains.push_back(std::move(chain));
  }
  std::ranges::stable_sort(chains, {}, [](const Chain& chain) { return chain.links.size(); });
  return chains;
}

/// Names the file of each line of a `pip:` list that came by "-r FILE", of which the lock has the
/// lines alone: by what is included now, where that has the very line.
void name_included_files(std::vector<Chain>& chains, const Lockfile& lock,
                         const std::string& folder) {
  std::map<std::pair<std::string, std::string>, std::string> files;
  for (const LockInputs::File& file : lock.inputs.files) {
    if (file.pip.empty() && file.platform_pip.empty()) continue;
    try {
      constexpr std::size_t most_bytes = std::size_t{1} << 20U;
      Environment environment =
          parse_environment(read_file(fs::path(folder) / file.path, most_bytes), file.path);
      include_requirement_files(environment, folder);
      for (const Environment::File& part : environment.files) {
        for (const RequestedSpec& line : part.pip)
          files.emplace(std::pair(file.path, line.text), line.place.file);
      }
    } catch (const Error&) {
      // What is there now may be anything: the lock's own answer stays.
    }
  }
  for (Chain& chain : chains) {
    for (LockRequest& request : chain.requests) {
      const auto known = files.find(std::pair(request.file, request.spec));
      if (known != files.end()) request.file = known->second;
    }
  }
}

std::string requests_text(const std::vector<LockRequest>& requests) {
  std::string text;
  for (const LockRequest& request : requests) {
    text += (text.empty() ? "" : ", ") + request.file + ": " + readable_spec(request.spec);
  }
  return text;
}

std::string title(const LockGraph::Node& node) { return node.name + ' ' + node.version; }

void print_edges(Console& console, const LockGraph& graph, std::string_view heading,
                 const std::vector<LockGraph::Edge>& edges) {
  if (edges.empty()) return;
  std::size_t width = 0;
  for (const auto& edge : edges) width = std::max(width, title(graph.nodes()[edge.node]).size());
  console.out("");
  console.out(Line().add(heading, Tone::bold));
  for (const LockGraph::Edge& edge : edges) {
    std::string left = title(graph.nodes()[edge.node]);
    left.resize(width, ' ');
    console.out(Line("  ").add(left).add("  ").add(edge.spec, Tone::dim));
  }
}

void print_text(Console& console, const LockGraph& graph, const Answer& answer,
                bool is_question_known) {
  const LockGraph::Node& node = graph.nodes()[answer.target];
  Line head;
  head.add(node.name, Tone::bold).add(' ' + node.version);
  head.add((node.pypi != nullptr ? "" : ' ' + node.build) + " (");
  head.add(node.is_virtual() ? "assumed of the target" : std::string(node.origin()));
  console.out(head.add(", " + answer.platform.subdir() + ")"));
  print_edges(console, graph, "needed by", node.needed_by);
  print_edges(console, graph, "held back by", node.constrained_by);
  console.out("");
  if (answer.chains.empty()) {
    console.out(is_question_known ? "nothing that you asked for needs it"
                                  : "what was asked for is not known (imported lock)");
    return;
  }
  console.out(Line().add("what you asked for that leads to it, shortest way first", Tone::bold));
  for (const Chain& chain : answer.chains) {
    Line line("  ");
    for (const Chain::Link& link : chain.links) {
      if (link.node != chain.links.front().node) line.add(" -> ", Tone::dim);
      line.add(graph.nodes()[link.node].name);
    }
    const std::string requests = requests_text(chain.requests);
    console.out(requests.empty() ? line : line.add("  (" + requests + ")", Tone::dim));
  }
}

void write_edges(JsonWriter& json, const LockGraph& graph, std::string_view key,
                 const std::vector<LockGraph::Edge>& edges) {
  json.key(key).begin_array();
  for (const LockGraph::Edge& edge : edges) {
    const LockGraph::Node& node = graph.nodes()[edge.node];
    json.begin_object().member("name", node.name).member("version", node.version);
    json.member("spec", edge.spec).end_object();
  }
  json.end_array();
}

void write_json(JsonWriter& json, const LockGraph& graph, const Answer& answer) {
  const LockGraph::Node& node = graph.nodes()[answer.target];
  json.member("platform", answer.platform.subdir());
  json.member("name", node.name).member("version", node.version).member("build", node.build);
  json.member("virtual", node.is_virtual());
  if (node.pypi != nullptr) json.member("manager", "pypi");
  json.member("requested", node.is_requested());
  write_edges(json, graph, "needed_by", node.needed_by);
  write_edges(json, graph, "constrained_by", node.constrained_by);
  json.key("chains").begin_array();
  for (const Chain& chain : answer.chains) {
    json.begin_object().key("requests").begin_array();
    for (const LockRequest& request : chain.requests) {
      json.begin_object().member("file", request.file).member("spec", request.spec).end_object();
    }
    json.end_array().key("links").begin_array();
    for (const Chain::Link& link : chain.links) {
      const LockGraph::Node& at = graph.nodes()[link.node];
      json.begin_object().member("name", at.name).member("version", at.version);
      json.member("spec", link.spec).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

ExitCode why(const ParsedArgs& args, Context& context) {
  const std::string name = to_lower(args.positional(0));
  const std::string file = args.positional(1, "envlock.lock");
  const Lockfile lock = load_lock(file);
  const Platform platform = choose_platform(lock, args);
  const LockGraph graph(lock, platform);
  const std::optional<NodeId> target = graph.find_project(name);
  if (!target) throw_not_there(lock, platform, graph, name);
  Answer answer{platform, *target, chains_to(graph, *target, lock.inputs, platform)};
  name_included_files(answer.chains, lock, lock_folder(file));
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok,
                             [&](JsonWriter& json) { write_json(json, graph, answer); });
  }
  print_text(context.console, graph, answer, knows_question(lock));
  return ExitCode::ok;
}

}  // namespace

Command why_command() {
  return {
      {.name = "why",
       .summary = "Say why a package is in a lock",
       .description =
           "Lists who needs the package, and for each thing that you asked for and that leads "
           "to it the shortest way there. NAME may be a virtual package such as __glibc.",
       .positionals = {{.name = "NAME", .help = "the package", .required = true}, lock_argument()},
       .groups = {{.title = "Options", .options = {one_platform_option()}}},
       .examples = {{"Why openssl is there", "envlock why openssl"},
                    {"For another platform, from a lock elsewhere",
                     "envlock why vc14_runtime envs/gpu.lock --platform win-64"}},
       .exits = {ExitCode::invalid_input, ExitCode::untrusted}},
      why};
}

}  // namespace envlock
