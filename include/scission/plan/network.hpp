// Links between systems.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"

namespace scission {

/// One point of a measured transfer curve.
struct SCISSION_EXPORT CurvePoint {
  double bytes = 0;
  double seconds = 0;

  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

/// One direction of a connection: a ping and a bandwidth, or a measured curve.
struct SCISSION_EXPORT Link {
  double ping_ms = 0;         ///< time of a transfer that does not depend on its size
  double megabits_per_s = 0;  ///< at least a byte a second, unless there is a curve
  /// If not empty, it replaces ping and bandwidth: 2 points or more, bytes strictly ascending,
  /// seconds never falling.
  std::vector<CurvePoint> curve = {};
  std::optional<double> joules_per_byte = {};  ///< energy, both ends together
  std::optional<double> price_per_byte = {};   ///< money, in the user's currency

  double ping_s() const;       ///< in seconds
  double bytes_per_s() const;  ///< rounded to a whole number, as in the original

  /// ping + bytes / round(Mbit/s × 125 000), the original's formula (scission_predict.py).
  /// With a curve: linear between its points, the first point's time below the first, the last
  /// segment's slope beyond the last.
  double transfer_s(double bytes) const;
  /// The time for which a transfer occupies the link: transfer_s() without the ping, or without the
  /// first point's time of a curve.
  double busy_s(double bytes) const;

  /// The rate between the curve's ends, in Mbit/s; empty without a curve, and where the larger
  /// message takes no longer.
  std::optional<double> curve_megabits_per_s() const;

  friend bool operator==(const Link&, const Link&) = default;
};

/// A machine. Empty values are unknown.
struct SCISSION_EXPORT System {
  std::string name;
  std::string platform;
  std::optional<double> power_w = {};         ///< drawn while it computes
  std::optional<double> price_per_hour = {};  ///< of computing, in the user's currency
  std::optional<double> memory_bytes = {};    ///< limit on weights and activations
  double pause_s = 0;                         ///< HostContext::pause_s of its profile

  friend bool operator==(const System&, const System&) = default;
};

/// One row of a network file. Each end names a system or a platform.
struct SCISSION_EXPORT NetworkRow {
  std::string source;
  std::string destination;
  Link link;
};

/// Directed links between systems or whole platforms.
class SCISSION_EXPORT Network {
 public:
  Network() = default;
  /// Does not validate the rows; read_network() does.
  explicit Network(std::vector<NetworkRow> rows);

  /// The link from one system to another; empty when no row matches. Of several rows the most
  /// specific one applies: both ends by system, then the source, then the destination, then both by
  /// platform; of equally specific rows the last.
  std::optional<Link> find(const System& source, const System& destination) const;

  const std::vector<NetworkRow>& rows() const { return rows_; }  ///< in their order

 private:
  std::vector<NetworkRow> rows_;
};

/// CSV with the header `source,destination,ping(ms),bandwidth(mbps)`, optionally followed by
/// energy(J/MB) and price(per GB) in any order, where an empty field means unknown. Spaces around
/// fields, empty lines and lines that begin with # are allowed. The header
/// `source,destination,bytes,seconds` begins a section of measured curves, one row a point; a curve
/// replaces ping and bandwidth of all rows for the same pair and keeps the last one's energy and
/// price. docs/network-format.md specifies the format.
/// Throws Error(not_found | io | damaged) with file and line, also for a ping below 0, a bandwidth
/// below a byte a second, and a curve of one point, unsorted or falling.
SCISSION_EXPORT Network read_network(const std::filesystem::path& path);
SCISSION_EXPORT Network parse_network(std::string_view text, const std::string& place);

/// The text of a network file that parses to equal links: first all links, then all curves. Of
/// several rows for the same names only the last, which applies, is written. A curve with a known
/// energy or price also gets a row of links, with ping 0 and 1 Mbit/s, as the format requires.
/// Throws Error(invalid_argument) for a name that the format cannot represent: empty, with a comma,
/// a line end or surrounding spaces, or a source that begins with #.
SCISSION_EXPORT std::string format_network_csv(const Network& network);

/// Writes the file atomically. Throws as format_network_csv() does, and Error(io).
SCISSION_EXPORT void write_network(const Network& network, const std::filesystem::path& path);

/// The links and their curves as JSON, on one line.
SCISSION_EXPORT std::string format_links_json(const Network& network);

}  // namespace scission
