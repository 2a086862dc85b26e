#include "search/best_first.hpp"

#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

namespace scission::search_detail {
namespace {

// One way to go on from a state: `choice` is a system or an end; `cost` is that step's cost and
// the least cost from there to the end of the plan.
struct Option {
  Cost cost;
  int choice;

  friend auto operator<=>(const Option&, const Option&) = default;
};

// Options from the cheapest on, sorted only as far as anybody asked.
class RankedOptions {
 public:
  explicit RankedOptions(std::vector<Option> options) : options_(std::move(options)) {
    std::make_heap(options_.rbegin(), options_.rend(), std::greater<>());
  }

  // nullptr when there are not that many.
  const Option* at(std::size_t rank) {
    if (rank >= options_.size()) return nullptr;
    for (; sorted_ <= rank; ++sorted_) {
      std::pop_heap(options_.rbegin(), options_.rend() - static_cast<long>(sorted_),
                    std::greater<>());
    }
    return &options_[rank];
  }

 private:
  std::vector<Option> options_;  // [0, sorted_) in order, the rest a heap that grows backwards
  std::size_t sorted_ = 0;
};

// What is to be chosen next.
enum class Step { source, first_system, end, next_system };

constexpr int no_parent = -1;

// The plans that begin like `parent` and go on with the rank-th or a later option of its state.
struct Node {
  Cost before;  // cost of the beginning
  int parent;
  Step step;
  int block;   // where the plan stands: blocks before it are run
  int system;  // who runs, or ran last; for first_system the source
  std::size_t rank;
  int choice;  // of the best member
};

struct Entry {
  Cost cost;  // of the best member, exact
  int node;
};

}  // namespace

class BestFirst::Impl {
 public:
  Impl(const Space& space, const CostToGo& cost_to_go)
      : space_(space), cost_to_go_(cost_to_go), frontier_(Later{this}) {
    const std::size_t states = static_cast<std::size_t>(space.block_count() + 1) *
                               static_cast<std::size_t>(space.system_count());
    for (std::vector<int>& index : option_index_) index.assign(states, -1);
    push({0, no_parent, Step::source, 0, 0, 0, 0});
  }

  std::optional<Plan> next() {
    while (!frontier_.empty()) {
      const int taken = frontier_.top().node;
      frontier_.pop();
      push_next_sibling(taken);
      if (breaks_share_limit(taken)) continue;
      if (is_complete(taken)) return plan_of(taken);
      push_child(taken);
    }
    return std::nullopt;
  }

 private:
  // Orders the frontier: the smaller cost first, then the smaller choice at the first difference.
  struct Later {
    const Impl* impl;
    bool operator()(const Entry& a, const Entry& b) const {
      if (a.cost != b.cost) return a.cost > b.cost;
      return impl->choices(a.node) > impl->choices(b.node);
    }
  };

  bool is_complete(int index) const {
    const Node& node = nodes_[index];
    return node.step == Step::end && node.choice == space_.block_count();
  }

  void push(Node node) {
    const Option* option = options(node).at(node.rank);
    if (option == nullptr) return;
    node.choice = option->choice;
    nodes_.push_back(node);
    frontier_.push({node.before + option->cost, static_cast<int>(nodes_.size()) - 1});
  }

  void push_next_sibling(int index) {
    Node sibling = nodes_[index];
    ++sibling.rank;
    push(sibling);
  }

  void push_child(int index) {
    const Node node = nodes_[index];
    const int choice = node.choice;
    switch (node.step) {
      case Step::source:
        return push({0, index, Step::first_system, 0, choice, 0, 0});
      case Step::first_system:
        return push({space_.enter_first(node.system, choice), index, Step::end, 0, choice, 0, 0});
      case Step::end:
        return push({node.before + space_.run(node.system, node.block, choice), index,
                     Step::next_system, choice, node.system, 0, 0});
      case Step::next_system:
        return push({node.before + space_.enter(node.block, node.system, choice), index, Step::end,
                     node.block, choice, 0, 0});
    }
  }

  // The options of a state depend on nothing but the state, so they are made once.
  RankedOptions& options(const Node& node) {
    int& index =
        option_index_[static_cast<int>(node.step)]
                     [static_cast<std::size_t>(node.block) * space_.system_count() + node.system];
    if (index < 0) {
      index = static_cast<int>(ranked_.size());
      ranked_.emplace_back(list_options(node.step, node.block, node.system));
    }
    return ranked_[index];
  }

  std::vector<Option> list_options(Step step, int block, int system) const {
    std::vector<Option> list;
    const auto add = [&list](Cost cost, int choice) {
      if (cost < unreachable) list.push_back({cost, choice});
    };
    switch (step) {
      case Step::source:
        for (int source : space_.sources()) add(least_from_source(source), source);
        break;
      case Step::first_system:
        for (int to = 0; to < space_.system_count(); ++to) {
          add(space_.enter_first(system, to) + cost_to_go_.begin(0, to), to);
        }
        break;
      case Step::end:
        for (int end = block + 1; end <= space_.furthest_end(block, system); ++end) {
          add(space_.run(system, block, end) + cost_to_go_.leave(end, system), end);
        }
        break;
      case Step::next_system:
        for (int to = 0; to < space_.system_count(); ++to) {
          add(space_.enter(block, system, to) + cost_to_go_.begin(block, to), to);
        }
        break;
    }
    return list;
  }

  Cost least_from_source(int source) const {
    Cost least = unreachable;
    for (int to = 0; to < space_.system_count(); ++to) {
      least = std::min(least, space_.enter_first(source, to) + cost_to_go_.begin(0, to));
    }
    return least;
  }

  // From the root down. Siblings are not on the way: a node's parent is a choice made.
  std::vector<int> choices(int index) const {
    std::vector<int> path;
    for (; index != no_parent; index = nodes_[index].parent) path.push_back(nodes_[index].choice);
    std::reverse(path.begin(), path.end());
    return path;
  }

  Plan plan_of(int index) const {
    Plan plan;
    for (; index != no_parent; index = nodes_[index].parent) {
      const Node& node = nodes_[index];
      if (node.step == Step::source) plan.source = node.choice;
      if (node.step == Step::end) plan.stages.push_back({node.system, node.block, node.choice - 1});
    }
    std::reverse(plan.stages.begin(), plan.stages.end());
    return plan;
  }

  // Compares with what the plan so far and the slowest possible rest add up to, so a set is
  // dropped only when no member can keep the limit; for a complete plan that is exact.
  bool breaks_share_limit(int index) const {
    if (space_.share_limits().empty() || nodes_[index].step != Step::end) return false;
    const Plan plan = plan_of(index);
    Cost total = space_.slowest_rest(nodes_[index].choice);
    std::vector<Cost> of_platform(space_.platform_count(), 0);
    for (const Stage& stage : plan.stages) {
      const Cost ran = space_.run(stage.system, stage.first_block, stage.last_block + 1);
      of_platform[space_.platform(stage.system)] += ran;
      total += ran;
    }
    return std::any_of(space_.share_limits().begin(), space_.share_limits().end(),
                       [&](const ShareLimit& limit) {
                         return static_cast<double>(of_platform[limit.platform]) >
                                limit.share * (1 + limit_slack) * static_cast<double>(total);
                       });
  }

  const Space& space_;
  const CostToGo& cost_to_go_;
  std::vector<Node> nodes_;
  std::vector<RankedOptions> ranked_;
  std::vector<int> option_index_[4];  // for each kind of step [block, system] → ranked_, or −1
  std::priority_queue<Entry, std::vector<Entry>, Later> frontier_;
};

BestFirst::BestFirst(const Space& space, const CostToGo& cost_to_go)
    : impl_(std::make_unique<Impl>(space, cost_to_go)) {}

BestFirst::~BestFirst() = default;

std::optional<Plan> BestFirst::next() { return impl_->next(); }

}  // namespace scission::search_detail
