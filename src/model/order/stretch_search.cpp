#include "model/order/stretch_search.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>

namespace scission::order {
namespace {

constexpr std::size_t most_downsets = 4096;
constexpr std::size_t beam_width = 32;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

struct Found {
  std::int64_t cost = 0;
  std::vector<int> order;  // numbers in the stretch
};

// Layer by layer through the downsets: all sets of so many layers that may have run, each with the
// cheapest way to it.
class LevelSearch {
 public:
  LevelSearch(const Stretch& stretch, std::size_t width, std::size_t most_sets)
      : stretch_(stretch), width_(width), most_sets_(most_sets), level_{stretch.start()} {}

  // Nothing when there are more than most_sets sets.
  std::optional<Found> run() {
    for (int count = 0; count < stretch_.size(); ++count) {
      if (!find_candidates()) return std::nullopt;
      keep_best();
      advance();
    }
    return Found{level_.front().cost, way_to(level_.front())};
  }

 private:
  struct Candidate {
    std::uint64_t set = 0;
    std::int64_t cost = 0;
    std::int64_t alive = 0;
    int parent = 0;  // in the level
    int layer = 0;
  };

  struct Step {
    int previous = -1;
    int layer = 0;
  };

  bool find_candidates() {
    candidates_.clear();
    index_of_.clear();
    for (int parent = 0; parent < static_cast<int>(level_.size()); ++parent) {
      for (int layer : level_[parent].ready) add_candidate(parent, layer);
      if (sets_ + candidates_.size() > most_sets_) return false;
    }
    sets_ += candidates_.size();
    return true;
  }

  // Of two ways to the same set the cheaper one stays, the first on ties.
  void add_candidate(int parent, int layer) {
    const StretchState& state = level_[parent];
    const std::int64_t alive = stretch_.alive_after(state, layer);
    const Candidate candidate{Stretch::toggled(state.set, layer), state.cost + alive, alive, parent,
                              layer};
    const auto [entry, is_new] = index_of_.try_emplace(candidate.set, candidates_.size());
    if (is_new) {
      candidates_.push_back(candidate);
    } else if (candidate.cost < candidates_[entry->second].cost) {
      candidates_[entry->second] = candidate;
    }
  }

  void keep_best() {
    if (candidates_.size() <= width_) return;
    const auto rank = [](const Candidate& candidate) {
      return std::tuple(candidate.cost, candidate.alive, candidate.parent, candidate.layer);
    };
    std::sort(candidates_.begin(), candidates_.end(),
              [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
    candidates_.resize(width_);
  }

  void advance() {
    std::vector<StretchState> next;
    next.reserve(candidates_.size());
    for (const Candidate& candidate : candidates_) {
      const StretchState& parent = level_[candidate.parent];
      next.push_back(stretch_.after(parent, candidate.layer));
      next.back().last_step = static_cast<int>(steps_.size());
      steps_.push_back({parent.last_step, candidate.layer});
    }
    level_ = std::move(next);
  }

  std::vector<int> way_to(const StretchState& state) const {
    std::vector<int> order;
    for (int step = state.last_step; step >= 0; step = steps_[step].previous) {
      order.push_back(steps_[step].layer);
    }
    std::reverse(order.begin(), order.end());
    return order;
  }

  const Stretch& stretch_;
  std::size_t width_;
  std::size_t most_sets_;
  std::size_t sets_ = 0;
  std::vector<StretchState> level_;
  std::vector<Candidate> candidates_;
  std::unordered_map<std::uint64_t, std::size_t> index_of_;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<int> best_order(const Stretch& stretch) {
  if (stretch.size() < 2) return stretch.layers();
  std::optional<Found> found = LevelSearch(stretch, unlimited, most_downsets).run();
  if (!found) found = LevelSearch(stretch, beam_width, unlimited).run();
  if (found->cost >= stretch.given_cost()) return stretch.layers();
  for (int& number : found->order) number = stretch.layers()[number];
  return std::move(found->order);
}

}  // namespace scission::order
