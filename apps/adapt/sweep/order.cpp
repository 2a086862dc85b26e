#include "adapt/sweep/order.hpp"

#include <numeric>
#include <random>
#include <utility>

namespace scission::sweep {
namespace {

// std::shuffle's order is every library's own.
template <typename Element>
void shuffle(std::vector<Element>& elements, std::mt19937_64& random) {
  for (std::size_t left = elements.size(); left > 1; --left) {
    std::swap(elements[left - 1], elements[random() % left]);
  }
}

}  // namespace

std::vector<Visit> measuring_order(const std::vector<std::vector<int>>& conditions,
                                   std::size_t plans, int blocks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Visit> visits;
  std::vector<std::size_t> order(plans);
  for (int block = 0; block < blocks; ++block) {
    std::vector<std::vector<int>> shuffled = conditions;
    shuffle(shuffled, random);
    for (std::vector<int>& levels : shuffled) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      shuffle(order, random);
      visits.push_back({block, std::move(levels), order});
    }
  }
  return visits;
}

}  // namespace scission::sweep
