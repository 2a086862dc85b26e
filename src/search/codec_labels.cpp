#include "search/codec_labels.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace scission::search_detail {
namespace {

// Adds the label unless another dominates it, and drops those that it dominates.
void add_undominated(CodecLabel label, std::vector<CodecLabel>& labels) {
  const auto is_better = [&](const CodecLabel& other) { return other.dominates(label); };
  if (std::any_of(labels.begin(), labels.end(), is_better)) return;
  std::erase_if(labels, [&](const CodecLabel& other) { return label.dominates(other); });
  labels.push_back(std::move(label));
}

// The steps of a plan as nodes; label states do not matter here.
std::vector<Node> nodes_of(const Plan& plan, int block_count) {
  std::vector<Node> nodes;
  const auto add = [&](Step step, int block, int system, int choice) {
    Node& node = nodes.emplace_back();
    node.step = step;
    node.block = block;
    node.system = system;
    node.choice = choice;
  };
  add(Step::source, 0, 0, plan.source);
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    const bool is_first = stage.first_block == 0;
    add(is_first ? Step::first_system : Step::next_system, stage.first_block, at, stage.system);
    at = stage.system;
    add(Step::end, stage.first_block, at, stage.last_block + 1);
  }
  if (plan.destination) add(Step::destination, block_count, at, *plan.destination);
  return nodes;
}

}  // namespace

bool CodecLabel::dominates(const CodecLabel& other) const {
  for (std::size_t i = 0; i < spent.size(); ++i) {
    if (spent[i] > other.spent[i]) return false;
  }
  for (std::size_t i = 0; i < busy.size(); ++i) {
    if (busy[i] > other.busy[i]) return false;
  }
  return spent[0] < other.spent[0] || codecs < other.codecs;
}

Cost CodecLabels::min_relaxed_cost() const {
  Cost least = unreachable;
  for (const CodecLabel& label : labels) least = std::min(least, label.relaxed_cost);
  return least;
}

CodecChooser::CodecChooser(const Enumeration& e, const Steps& steps)
    : e_(e),
      steps_(steps),
      graph_(*e.graph),
      tracks_busy_(graph_.longest() < unreachable || e.period_weight > 0 || e.prefers_period),
      folds_(graph_.constraints().in_platform_order && !graph_.constraints().return_to) {}

bool CodecChooser::is_needed(const Enumeration& e) {
  return e.graph->has_codecs() && (!e.sums.empty() || e.graph->longest() < unreachable ||
                                   e.period_weight > 0 || e.prefers_period);
}

CodecLabels CodecChooser::start() const {
  CodecLabel nothing;
  nothing.spent.assign(1 + e_.sums.size(), 0);
  if (tracks_busy_ && folds_) nothing.busy.assign(2, 0);
  return {{}, {std::move(nothing)}};
}

std::vector<std::size_t> CodecChooser::resources_after(const CodecLabels& before,
                                                       const Node& node) const {
  std::vector<std::size_t> resources = before.resources;
  if (!tracks_busy_ || folds_) return resources;
  const auto add = [&](int from, int to) {
    const std::size_t pair = static_cast<std::size_t>(from) * graph_.system_count() + to;
    if (std::find(resources.begin(), resources.end(), pair) == resources.end()) {
      resources.push_back(pair);
    }
  };
  if (node.step == Step::end) add(node.system, node.system);
  if (!is_hop(node)) return resources;
  add(node.system, node.system);
  add(node.system, node.choice);
  add(node.choice, node.choice);
  return resources;
}

// False if every completion exceeds a limit.
bool CodecChooser::add_sums(const Node& node, int codec, CodecLabel& label) const {
  label.relaxed_cost += steps_.cost(node, *e_.relaxed, codec);
  label.spent[0] += steps_.cost(node, *e_.objective, codec);
  for (std::size_t i = 0; i < e_.sums.size(); ++i) {
    const SumBound& sum = e_.sums[i];
    Cost& spent = label.spent[1 + i];
    spent += steps_.cost(node, *sum.costs, codec);
    if (sum.max >= unreachable) continue;
    const Cost rest = steps_.min_rest(node, *sum.to_go);
    if (rest >= unreachable || spent + rest > sum.max) return false;
  }
  return true;
}

bool CodecChooser::add_busy(const Node& node, int codec, const std::vector<std::size_t>& resources,
                            CodecLabel& label) const {
  if (!tracks_busy_) return true;
  if (folds_) return add_folded(node, codec, label);
  label.busy.resize(resources.size(), 0);
  bool is_within = true;
  const auto add = [&](int from, int to, Cost time) {
    const std::size_t pair = static_cast<std::size_t>(from) * graph_.system_count() + to;
    const auto found = std::find(resources.begin(), resources.end(), pair);
    Cost& busy = label.busy[static_cast<std::size_t>(found - resources.begin())];
    busy += time;
    is_within = is_within && busy <= graph_.longest();
  };
  if (node.step == Step::end) add(node.system, node.system, busy_time(graph_, node));
  if (!is_hop(node)) return is_within;
  add(node.system, node.system, graph_.encode_time(node.system, node.block, codec));
  add(node.system, node.choice, graph_.hop_time(node.system, node.choice, node.block, codec));
  add(node.choice, node.choice, graph_.decode_time(node.choice, node.block, codec));
  return is_within;
}

// The aggregated form (folds_), for plans that use no system and no link twice: busy[1] is the busy
// time of the present system so far, busy[0] the longest of the systems and links before it. A new
// hop completes the present system, whose time then needs no entry. False if a time exceeds the
// limit.
bool CodecChooser::add_folded(const Node& node, int codec, CodecLabel& label) const {
  Cost& left = label.busy[0];
  Cost& present = label.busy[1];
  if (node.step == Step::end) present += busy_time(graph_, node);
  if (!is_hop(node)) return present <= graph_.longest();
  present += graph_.encode_time(node.system, node.block, codec);
  const Cost link = graph_.hop_time(node.system, node.choice, node.block, codec);
  if (std::max(present, link) > graph_.longest()) return false;
  // Where only a limit counts, what keeps it does not matter any more.
  const bool counts = e_.period_weight > 0 || e_.prefers_period;
  if (counts) left = std::max({left, present, link});
  present = graph_.decode_time(node.choice, node.block, codec);
  return present <= graph_.longest();
}

// Calls `found` with every label after the node's choice, until it returns false.
template <typename Found>
void CodecChooser::extend(const CodecLabels& before, const Node& node, Found found) const {
  const std::vector<std::size_t> resources = resources_after(before, node);
  bool goes_on = true;
  for (const CodecLabel& label : before.labels) {
    const auto with = [&](int codec) {
      if (!goes_on) return;
      CodecLabel next = label;
      if (!add_sums(node, codec, next) || !add_busy(node, codec, resources, next)) return;
      const bool enters = node.step == Step::first_system || node.step == Step::next_system ||
                          node.step == Step::destination;
      if (enters) next.codecs.push_back(codec);
      goes_on = found(std::move(next));
    };
    if (is_hop(node)) {
      graph_.for_each_codec(node.system, node.choice, node.block, with);
    } else {
      with(Plan::raw);
    }
  }
}

CodecLabels CodecChooser::after(const CodecLabels& before, const Node& node) const {
  CodecLabels next;
  next.resources = resources_after(before, node);
  extend(before, node, [&](CodecLabel label) {
    add_undominated(std::move(label), next.labels);
    return true;
  });
  return next;
}

bool CodecChooser::allows(const CodecLabels& before, const Node& node) const {
  bool is_any = false;
  extend(before, node, [&](const CodecLabel&) {
    is_any = true;
    return false;
  });
  return is_any;
}

Cost CodecChooser::period_of(const CodecLabel& label) const {
  Cost longest = 0;
  for (const Cost busy : label.busy) longest = std::max(longest, busy);
  return longest;
}

std::optional<RankedPlan> CodecChooser::best(const Plan& stages, const CodecLabels& labels) const {
  using Rank = std::tuple<Cost, Cost, std::vector<int>>;
  std::optional<std::pair<Rank, Plan>> best;
  Cost least = unreachable;
  for (const CodecLabel& label : labels.labels) {
    Plan plan = coded(stages, label.codecs);
    const Cost cost = e_.exact_cost(plan);
    least = std::min(least, cost);
    Rank rank{e_.prefers_period ? period_of(label) : Cost{0}, cost, label.codecs};
    if (!best || rank < best->first) best.emplace(std::move(rank), std::move(plan));
  }
  if (!best) return std::nullopt;
  return RankedPlan{std::move(best->second), least};
}

std::optional<RankedPlan> CodecChooser::best(const Plan& stages) const {
  CodecLabels labels = start();
  for (const Node& node : nodes_of(stages, graph_.block_count())) labels = after(labels, node);
  return best(stages, labels);
}

std::size_t CodecChooser::row_width() const {
  return 1 + e_.sums.size() + (tracks_busy_ && folds_ ? 2 : 0);
}

std::vector<Cost> CodecChooser::rows(const CodecLabels& labels) const {
  std::vector<Cost> rows;
  for (const CodecLabel& label : labels.labels) {
    rows.insert(rows.end(), label.spent.begin(), label.spent.end());
    rows.insert(rows.end(), label.busy.begin(), label.busy.end());
  }
  return rows;
}

}  // namespace scission::search_detail
