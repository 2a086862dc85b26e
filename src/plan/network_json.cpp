// Measured links as JSON.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "scission/base.hpp"
#include "scission/plan/network.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

Json points_of(const Link& link) {
  Json points = Json::array();
  for (const CurvePoint& point : link.curve) {
    points.push_back(
        {{"bytes", static_cast<std::int64_t>(point.bytes)}, {"seconds", point.seconds}});
  }
  return points;
}

}  // namespace

std::optional<double> Link::curve_megabits_per_s() const {
  if (curve.empty()) return std::nullopt;
  const double bytes = curve.back().bytes - curve.front().bytes;
  const double seconds = curve.back().seconds - curve.front().seconds;
  if (seconds <= 0) return std::nullopt;
  return bytes / seconds / bytes_per_megabit;
}

std::string format_links_json(const Network& network) {
  Json links = Json::array();
  for (const NetworkRow& row : network.rows()) {
    const auto rate = row.link.curve_megabits_per_s();
    links.push_back({{"from", row.source},
                     {"to", row.destination},
                     {"megabits_per_s", rate ? Json(*rate) : Json(nullptr)},
                     {"points", points_of(row.link)}});
  }
  return Json{{"format", "scission-links"}, {"version", 1}, {"links", std::move(links)}}.dump() +
         "\n";
}

}  // namespace scission
