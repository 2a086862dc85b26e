// The query as a resource-constrained shortest path.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/r_c_shortest_paths.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>

#include "methods.hpp"
#include "plan_sums.hpp"
#include "support/plan_arcs.hpp"

namespace scission::bench {
namespace {

constexpr int most_sums = 3;
constexpr int labels_that_fit = 20'000'000;

// Block `block` runs on `to`; its input is on `from`. To the target: block = number of blocks.
struct Step {
  int index = 0;
  int block = 0;
  int from = 0;
  int to = 0;
  double seconds = 0;
};

struct Node {
  int index = 0;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Node, Step>;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

struct Label {
  double seconds = 0;
  std::uint64_t visited = 0;
  double weights = 0;  // of the stage so far
  double activations = 0;
  std::array<double, most_sums> sums{};

  bool operator==(const Label& other) const { return seconds == other.seconds; }
  bool operator<(const Label& other) const { return seconds < other.seconds; }
};

struct Dominates {
  bool operator()(const Label& a, const Label& b) const {
    for (int i = 0; i < most_sums; ++i) {
      if (a.sums[i] > b.sums[i]) return false;
    }
    return a.seconds <= b.seconds && (a.visited & ~b.visited) == 0 && a.weights <= b.weights &&
           a.activations <= b.activations;
  }
};

struct Rules {
  const PartitionProblem& problem;
  const Query& query;
  std::vector<SumLimit> limits;
  std::vector<double> memory;
};

// Takes a label along a step; false where a limit forbids it.
class Extend {
 public:
  explicit Extend(const Rules& rules) : rules_(&rules) {}

  bool operator()(const Graph& graph, Label& next, const Label& label, const Edge& edge) const {
    const Step& step = graph[edge];
    if (step.block == rules_->problem.block_count()) return finish(next, label);
    next = label;
    next.seconds += step.seconds;
    return visit(next, step) && hold(next, step) && add_sums(next, step);
  }

 private:
  // Labels at the target differ only in their cost.
  bool finish(Label& next, const Label& label) const {
    for (std::size_t i = 0; i < rules_->limits.size(); ++i) {
      if (label.sums[i] > most(rules_->limits[i])) return false;
    }
    next = {};
    next.seconds = label.seconds;
    return true;
  }

  static bool begins_stage(const Step& step) { return step.block == 0 || step.from != step.to; }

  bool visit(Label& next, const Step& step) const {
    if (rules_->query.can_revisit || !begins_stage(step)) return true;
    const std::uint64_t bit = std::uint64_t{1} << step.to;
    if (next.visited & bit) return false;
    next.visited |= bit;
    return true;
  }

  bool hold(Label& next, const Step& step) const {
    if (begins_stage(step)) next.weights = next.activations = 0;
    if (rules_->memory[step.to] == HUGE_VAL) return true;
    const BlockMemory& memory = rules_->problem.memory[step.block];
    next.weights += memory.weight_bytes;
    next.activations = std::max(next.activations, memory.activation_bytes);
    return next.weights + next.activations <= rules_->memory[step.to];
  }

  static double most(const SumLimit& limit) {
    return limit.most * (1 + 1e-12) + (limit.may_fall ? 1e-15 : 0);
  }

  bool add_sums(Label& next, const Step& step) const {
    const PartitionProblem& problem = rules_->problem;
    for (std::size_t i = 0; i < rules_->limits.size(); ++i) {
      const SumLimit& limit = rules_->limits[i];
      if (!limit.run.empty())
        next.sums[i] += limit.run[step.to * problem.blocks.size() + step.block];
      if (!limit.is_in.empty() && limit.is_in[step.from] && !limit.is_in[step.to]) {
        next.sums[i] += problem.bytes_into(step.block, rules_->query.input_bytes);
      }
      if (!limit.may_fall && next.sums[i] > most(limit)) return false;
    }
    return true;
  }

  const Rules* rules_;
};

struct Watch : boost::default_r_c_shortest_paths_visitor {
  CpuDeadline* deadline;
  int label_count = 0;

  explicit Watch(CpuDeadline& until) : deadline(&until) {}

  template <typename AnyLabel>
  void on_label_feasible(const AnyLabel&, const Graph&) {
    deadline->check();
    if (++label_count > labels_that_fit) throw OutOfTime{};
  }
};

// Node 0 is the start, the last the end, 1 + block · systems + system where a block has run.
class Network {
 public:
  explicit Network(const Rules& rules) : rules_(rules), graph_(node(blocks(), 0) + 1) {
    for (int block = 0; block < blocks(); ++block) {
      for (int from = 0; from < systems(); ++from) add_steps(block, from);
    }
    for (int system = 0; system < systems(); ++system) {
      add({0, blocks(), system, system, 0}, node(blocks() - 1, system), end());
    }
    for (int i = 0; i <= end(); ++i) graph_[i].index = i;
  }

  const Graph& graph() const { return graph_; }
  int end() const { return node(blocks(), 0); }

  Plan plan_of(std::vector<Edge> path) const {
    Plan plan;
    for (auto edge = path.rbegin(); edge != path.rend(); ++edge) {
      const Step& step = graph_[*edge];
      if (step.block == blocks()) break;
      if (step.block == 0) plan.source = step.from;
      if (step.block == 0 || step.from != step.to) {
        plan.stages.push_back({step.to, step.block, step.block});
      }
      plan.stages.back().last_block = step.block;
    }
    return plan;
  }

 private:
  int blocks() const { return rules_.problem.block_count(); }
  int systems() const { return rules_.problem.system_count(); }
  int node(int block, int system) const { return 1 + block * systems() + system; }

  void add(Step step, int from, int to) {
    step.index = edge_count_++;
    boost::add_edge(from, to, step, graph_);
  }

  void add_steps(int block, int from) {
    if (block == 0 && !testing::may_hold_input(rules_.problem, rules_.query, from)) return;
    const double bytes = rules_.problem.bytes_into(block, rules_.query.input_bytes);
    for (int to = 0; to < systems(); ++to) {
      if (to != from && !rules_.problem.link(from, to)) continue;
      const double hop_s = to == from ? 0 : rules_.problem.link(from, to)->transfer_s(bytes);
      const double seconds = hop_s + rules_.problem.block_s[to][block];
      add({0, block, from, to, seconds}, block == 0 ? 0 : node(block - 1, from), node(block, to));
    }
  }

  const Rules& rules_;
  Graph graph_;
  int edge_count_ = 0;
};

}  // namespace

std::optional<Plan> best_by_boost(const PartitionProblem& problem, const Query& query,
                                  CpuDeadline& deadline) {
  const Rules rules{problem, query, sum_limits(problem, query), memory_limits(problem, query)};
  if (rules.limits.size() > most_sums || problem.system_count() > 64) throw OutOfTime{};
  const Network network(rules);
  std::vector<Edge> path;
  Label last;
  boost::r_c_shortest_paths(network.graph(), get(&Node::index, network.graph()),
                            get(&Step::index, network.graph()), 0, network.end(), path, last,
                            Label{}, Extend(rules), Dominates{},
                            boost::default_r_c_shortest_paths_allocator(), Watch(deadline));
  if (path.empty()) return std::nullopt;
  return network.plan_of(std::move(path));
}

}  // namespace scission::bench
