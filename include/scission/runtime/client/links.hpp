// The links between workers, measured.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// What is measured of a link, and for how long.
struct SCISSION_EXPORT LinkOptions {
  std::vector<std::size_t> bytes;  ///< two or more, ascending; link_sizes() makes them
  int repeats = 9;                 ///< of each size, at most; the median counts
  double max_time_s = 20;          ///< of one direction of a pair
  double deadline_s = 30;          ///< of one probe
  /// Before each probe: between requests a link is idle, and both ends have other things in mind.
  double pause_s = 0.02;
  std::function<void(int done, int total, const std::string& what)> on_progress;
};

/// 1 KiB, and four times as much each, up to `largest`, which is the last; 4 KiB at least.
SCISSION_EXPORT std::vector<std::size_t> link_sizes(std::size_t largest);

/// Times every pair in both directions, one after the other, over the transport that requests take,
/// and makes curves of the medians, rising by force (the larger of its own and the one
/// before). Workers must know one another already (announce_peers()). A hop's time includes the way
/// back of its empty answer. `source` is the caller's own system, empty for none. What comes back
/// to the caller comes in an answer whose way a hop has already paid: that direction's times are
/// what the bytes take longer than an empty answer. Throws Error(io) when a worker is away,
/// Error(invalid_argument) on sizes that are not two or more and ascending.
SCISSION_EXPORT Network measure_links(const std::map<std::string, std::shared_ptr<Client>>& workers,
                                      const std::string& source, const LinkOptions& options);

}  // namespace scission::runtime
