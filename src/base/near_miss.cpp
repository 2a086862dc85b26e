#include "base/near_miss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/text.hpp"

namespace scission {
namespace {

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // row[j]: from the letters of a so far to the first j of b; before and earlier: one and two up.
  std::vector<std::size_t> earlier(b.size() + 1), before(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    earlier.swap(before);
    before.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = before[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, replaced});
      const bool is_exchange =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (is_exchange) row[j] = std::min(row[j], earlier[j - 2] + 1);
    }
  }
  return row.back();
}

std::string near_miss(std::string_view name, const std::vector<std::string>& known) {
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    // A word of which nothing stays is no miss of it.
    if (distance >= least || distance >= std::max(name.size(), candidate.size())) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known,
                       std::string_view otherwise) {
  const std::string nearest = near_miss(name, known);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  return std::string(otherwise) + (known.empty() ? "none" : text::join(known, ", "));
}

}  // namespace scission
