#include "print.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scission/base/units.hpp"
#include "table.hpp"

namespace scission::links {
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

std::optional<double> rate_of(const Link& link) {
  if (link.curve.empty()) return std::nullopt;
  const double bytes = link.curve.back().bytes - link.curve.front().bytes;
  const double seconds = link.curve.back().seconds - link.curve.front().seconds;
  if (seconds <= 0) return std::nullopt;
  return bytes / seconds / bytes_per_megabit;
}

std::string links_table(const Network& network) {
  if (network.rows().empty()) return {};
  const auto& sizes = network.rows().front().link.curve;
  apps::Table table({{"from", apps::Align::left},
                     {"to", apps::Align::left},
                     {format_bytes(sizes.front().bytes)},
                     {format_bytes(sizes.back().bytes)},
                     {"rate"}});
  for (const NetworkRow& row : network.rows()) {
    const auto& curve = row.link.curve;
    const auto rate = rate_of(row.link);
    table.add({row.source, row.destination, format_duration(curve.front().seconds),
               format_duration(curve.back().seconds),
               rate ? format_count(*rate * 1e6) + "bit/s" : "-"});
  }
  return table.text();
}

std::string links_json(const Network& network) {
  Json links = Json::array();
  for (const NetworkRow& row : network.rows()) {
    const auto rate = rate_of(row.link);
    links.push_back({{"from", row.source},
                     {"to", row.destination},
                     {"megabits_per_s", rate ? Json(*rate) : Json()},
                     {"points", points_of(row.link)}});
  }
  return Json{{"format", "scission-links"}, {"version", 1}, {"links", std::move(links)}}.dump() +
         "\n";
}

}  // namespace scission::links
