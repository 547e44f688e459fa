#include "cli/import_roots.hpp"

#include <algorithm>
#include <utility>

namespace envlock {
namespace {

/// All names, each after what it needs; where they need each other, in some order.
std::vector<std::string> dependencies_first(const NameGraph& needs) {
  std::vector<std::string> order;
  std::set<std::string> seen;
  using Below = std::set<std::string>::const_iterator;
  for (const auto& [start, unused] : needs) {
    if (!seen.insert(start).second) continue;
    std::vector<std::pair<std::string, Below>> path{{start, needs.at(start).begin()}};
    while (!path.empty()) {
      auto& [name, next] = path.back();
      if (next == needs.at(name).end()) {
        order.push_back(name);
        path.pop_back();
        continue;
      }
      const std::string& below = *next++;
      if (needs.contains(below) && seen.insert(below).second)
        path.emplace_back(below, needs.at(below).begin());
    }
  }
  return order;
}

NameGraph reversed(const NameGraph& needs) {
  NameGraph out;
  for (const auto& [name, below] : needs) {
    for (const std::string& other : below) out[other].insert(name);
  }
  return out;
}

}  // namespace

std::vector<std::string> roots_of(const NameGraph& needs) {
  // Kosaraju: the names that need each other are those that reach the last one backwards.
  std::vector<std::string> order = dependencies_first(needs);
  const NameGraph needed_by = reversed(needs);
  std::map<std::string, std::size_t> circle_of;
  std::vector<std::vector<std::string>> circles;
  for (; !order.empty(); order.pop_back()) {
    if (circle_of.contains(order.back())) continue;
    std::vector<std::string> open{order.back()};
    circle_of.emplace(order.back(), circles.size());
    std::vector<std::string>& circle = circles.emplace_back();
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      circle.push_back(name);
      const auto above = needed_by.find(name);
      if (above == needed_by.end()) continue;
      for (const std::string& other : above->second) {
        if (needs.contains(other) && circle_of.emplace(other, circles.size() - 1).second)
          open.push_back(other);
      }
    }
  }
  std::vector<bool> is_needed(circles.size(), false);
  for (const auto& [name, below] : needs) {
    for (const std::string& other : below) {
      const auto circle = circle_of.find(other);
      if (circle != circle_of.end() && circle->second != circle_of.at(name))
        is_needed[circle->second] = true;
    }
  }
  std::vector<std::string> roots;
  for (std::size_t i = 0; i < circles.size(); ++i) {
    if (is_needed[i]) continue;
    const bool has_python = std::ranges::find(circles[i], "python") != circles[i].end();
    roots.push_back(has_python ? std::string("python") : *std::ranges::min_element(circles[i]));
  }
  std::ranges::sort(roots);
  return roots;
}

}  // namespace envlock
