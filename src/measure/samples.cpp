#include "measure/samples.hpp"

#include <algorithm>
#include <functional>

namespace scission {
namespace {

void add(std::vector<double>& sums, const std::vector<double>& seconds) {
  std::transform(sums.begin(), sums.end(), seconds.begin(), sums.begin(), std::plus<>());
}

}  // namespace

std::vector<double> Samples::chains() const {
  std::vector<double> sums(rounds(), 0.0);
  for (const std::vector<double>& block : blocks) add(sums, block);
  return sums;
}

std::vector<double> Samples::totals() const {
  std::vector<double> sums = chains();
  add(sums, whole);
  return sums;
}

}  // namespace scission
