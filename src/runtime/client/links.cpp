// Measures the links between workers, in both directions.
#include "scission/runtime/client/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "runtime/client/link_use.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t min_bytes = 1024;
constexpr std::size_t size_factor = 4;

/// One direction of a pair of systems.
struct Direction {
  std::string from;
  std::string to;
  Probe probe;
};

void validate(const LinkOptions& options) {
  const auto& bytes = options.bytes;
  const bool is_ascending =
      std::adjacent_find(bytes.begin(), bytes.end(), std::greater_equal<>()) == bytes.end();
  if (bytes.size() >= 2 && is_ascending) return;
  throw_invalid_argument("a link must be measured with two or more sizes, in ascending order");
}

using Workers = std::map<std::string, std::shared_ptr<Client>>;

/// The extra time of an answer with payload over an empty one.
Probe return_probe(const std::shared_ptr<Client>& client, double deadline_s) {
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
    if (workers.count(source) == 0) all.push_back({name, source, return_probe(client, deadline_s)});
  }
  for (const auto& [name, client] : workers) {
    // The caller's own directions are measured from this process, above.
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

std::vector<CurvePoint> measure_curve(const Probe& probe, const LinkOptions& options,
                                      const StopWatch& elapsed_s) {
  if (options.bytes.empty()) return {};
  const double start_s = elapsed_s();
  probe(options.bytes.front());
  std::vector<std::vector<double>> seconds(options.bytes.size());
  for (int round = 0; round < std::max(options.repeats, 1); ++round) {
    if (round > 0 && elapsed_s() - start_s >= options.max_time_s) break;
    for (std::size_t i = 0; i < options.bytes.size(); ++i) {
      std::this_thread::sleep_for(std::chrono::duration<double>(options.pause_s));
      seconds[i].push_back(probe(options.bytes[i]));
    }
  }
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < options.bytes.size(); ++i) {
    curve.push_back({static_cast<double>(options.bytes[i]), median(seconds[i])});
  }
  // Disturbances only lengthen times: a message takes no longer than a larger one.
  for (std::size_t i = curve.size() - 1; i-- > 0;) {
    curve[i].seconds = std::min(curve[i].seconds, curve[i + 1].seconds);
  }
  return curve;
}

std::vector<std::size_t> link_sizes(std::size_t largest_bytes) {
  const std::size_t largest = std::max(largest_bytes, min_bytes * size_factor);
  std::vector<std::size_t> sizes{min_bytes};
  while (sizes.back() <= largest / size_factor) sizes.push_back(sizes.back() * size_factor);
  if (sizes.back() == largest) return sizes;
  // The slope between two similar sizes would be noise.
  if (sizes.back() > largest / 2) sizes.pop_back();
  sizes.push_back(largest);
  return sizes;
}

Network measure_links(const std::map<std::string, std::shared_ptr<Client>>& workers,
                      const std::string& source, const LinkOptions& options) {
  validate(options);
  std::vector<Direction> directions = directions_of(workers, source, options.deadline_s);
  if (options.is_wanted) {
    std::erase_if(directions, [&](const Direction& direction) {
      return !options.is_wanted(direction.from, direction.to);
    });
  }
  std::vector<NetworkRow> rows;
  int done = 0;
  for (const Direction& direction : directions) {
    if (options.on_progress) {
      options.on_progress(done, static_cast<int>(directions.size()),
                          fmt::format("{} → {}", direction.from, direction.to));
    }
    rows.push_back(row_of(direction.from, direction.to,
                          measure_curve(direction.probe, options, steady_now_s)));
    ++done;
  }
  return Network(std::move(rows));
}

}  // namespace scission::runtime
