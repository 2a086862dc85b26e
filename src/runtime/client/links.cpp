#include "scission/runtime/client/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "runtime/client/link_curve.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t smallest = 1024;
constexpr std::size_t step = 4;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A direction that can be probed.
struct Direction {
  std::string from;
  std::string to;
  Probe probe;
};

void check(const LinkOptions& options) {
  const auto& bytes = options.bytes;
  const bool rises =
      std::adjacent_find(bytes.begin(), bytes.end(), std::greater_equal<>()) == bytes.end();
  if (bytes.size() >= 2 && rises) return;
  throw Error(ErrorCode::invalid_argument, "a link is measured with two sizes or more, rising");
}

using Workers = std::map<std::string, std::shared_ptr<Client>>;

/// What an answer of so many bytes takes longer than an empty one.
Probe way_back(const std::shared_ptr<Client>& client, double deadline_s) {
  return [client, deadline_s](std::size_t bytes) {
    const double empty_s = client->probe_back(0, deadline_s);
    return std::max(0.0, client->probe_back(bytes, deadline_s) - empty_s);
  };
}

std::vector<Direction> directions_of(const Workers& workers, const std::string& source,
                                     double deadline_s) {
  std::vector<Direction> all;
  for (const auto& [name, client] : workers) {
    if (source.empty() || name == source) continue;
    all.push_back({source, name, [client = client, deadline_s](std::size_t bytes) {
                     return client->probe(bytes, deadline_s);
                   }});
    if (workers.count(source) == 0) all.push_back({name, source, way_back(client, deadline_s)});
  }
  for (const auto& [name, client] : workers) {
    // What the caller itself can send is already there.
    if (name == source) continue;
    for (const auto& [other, ignored] : workers) {
      if (other == name) continue;
      all.push_back({name, other, [client = client, other = other, deadline_s](std::size_t bytes) {
                       return client->probe_peer(other, bytes, deadline_s);
                     }});
    }
  }
  return all;
}

NetworkRow row_of(const std::string& from, const std::string& to, std::vector<CurvePoint> curve) {
  NetworkRow row{from, to, {}};
  row.link.curve = std::move(curve);
  return row;
}

}  // namespace

std::vector<std::size_t> link_sizes(std::size_t largest) {
  largest = std::max(largest, smallest * step);
  std::vector<std::size_t> sizes{smallest};
  while (sizes.back() <= largest / step) sizes.push_back(sizes.back() * step);
  if (sizes.back() == largest) return sizes;
  // Two sizes close together would make a slope of noise.
  if (sizes.back() > largest / 2) sizes.pop_back();
  sizes.push_back(largest);
  return sizes;
}

Network measure_links(const std::map<std::string, std::shared_ptr<Client>>& workers,
                      const std::string& source, const LinkOptions& options) {
  check(options);
  const std::vector<Direction> directions = directions_of(workers, source, options.deadline_s);
  std::vector<NetworkRow> rows;
  int done = 0;
  for (const Direction& direction : directions) {
    if (options.on_progress) {
      options.on_progress(done, static_cast<int>(directions.size()),
                          fmt::format("{} → {}", direction.from, direction.to));
    }
    rows.push_back(
        row_of(direction.from, direction.to, measure_curve(direction.probe, options, now_s)));
    ++done;
  }
  return Network(std::move(rows));
}

}  // namespace scission::runtime
