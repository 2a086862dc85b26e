// Links between systems.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// One point of a measured transfer curve.
struct SCISSION_EXPORT CurvePoint {
  double bytes = 0;
  double seconds = 0;

  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

/// One direction of a connection: a ping and a bandwidth, or a measured curve.
struct SCISSION_EXPORT Link {
  double ping_ms = 0;         ///< time that one transfer costs whatever its size
  double megabits_per_s = 0;  ///< a byte a second at least, unless there is a curve
  /// Where measured: 2 points or more, bytes strictly ascending, seconds never falling. It then
  /// counts instead of ping and bandwidth.
  std::vector<CurvePoint> curve = {};
  std::optional<double> joules_per_byte = {};  ///< energy, both ends together
  std::optional<double> price_per_byte = {};   ///< money, in the user's currency

  double ping_s() const;       ///< in seconds
  double bytes_per_s() const;  ///< a whole number, as the original rounds it

  /// ping + bytes / round(Mbit/s × 125 000), the original's formula (scission_predict.py).
  /// With a curve: linear between its points, the first point's time below the first, the last
  /// segment's slope beyond the last.
  double transfer_s(double bytes) const;
  /// How long one transfer keeps the next one waiting: transfer_s() without what passes while
  /// nothing is sent, the ping or a curve's time of its smallest transfer.
  double busy_s(double bytes) const;

  friend bool operator==(const Link&, const Link&) = default;
};

/// A machine, by name. What is not known is left empty.
struct SCISSION_EXPORT System {
  std::string name;
  std::string platform;
  std::optional<double> power_w = {};         ///< drawn while it computes
  std::optional<double> price_per_hour = {};  ///< of computing, in the user's currency
  std::optional<double> memory_bytes = {};    ///< what weights and activations may take

  friend bool operator==(const System&, const System&) = default;
};

/// One row of a network file. Each end is the name of a system or of a platform.
struct SCISSION_EXPORT NetworkRow {
  std::string source;
  std::string destination;
  Link link;
};

/// Directed links, stated for systems or for whole platforms.
class SCISSION_EXPORT Network {
 public:
  Network() = default;
  /// Takes the rows as they are; read_network() checks them.
  explicit Network(std::vector<NetworkRow> rows);

  /// The link from one system to another; empty when no row speaks of it. Of several rows the
  /// most specific wins: both ends by system, then the source, then the destination, then
  /// both by platform; of equals the last.
  std::optional<Link> find(const System& source, const System& destination) const;

  const std::vector<NetworkRow>& rows() const { return rows_; }  ///< in their order

 private:
  std::vector<NetworkRow> rows_;
};

/// CSV with the header `source,destination,ping(ms),bandwidth(mbps)`, after which there may be the
/// columns energy(J/MB) and price(per GB) in any order, an empty field not being known; spaces
/// around fields, empty lines and lines that begin with # are allowed. The header
/// `source,destination,bytes,seconds` begins a section of measured curves, one row a point; a curve
/// replaces ping and bandwidth of the rows for the same pair, wherever they are, and keeps the last
/// one's energy and price. docs/network-format.md has it in full.
/// Throws Error(not_found | io | damaged) with file and line; a ping below 0, a bandwidth below a
/// byte a second, and a curve of one point, unsorted or falling, are damaged too.
SCISSION_EXPORT Network read_network(const std::filesystem::path& path);
SCISSION_EXPORT Network parse_network(std::string_view text, const std::string& place);

/// The text of a network file that reads back as links equal to these; of several rows for the same
/// names the last is written, as it alone counts. First all links, then all curves. A curve whose
/// energy or price is known has a row of links too, as the format wants, of ping 0 and 1 Mbit/s.
/// Throws Error(invalid_argument) on a name that no such file can hold: an empty one, one with a
/// comma, a line's end or spaces around it, and a source that begins with #.
SCISSION_EXPORT std::string format_network_csv(const Network& network);

/// Writes it in one step. Throws as format_network_csv() does, and Error(io).
SCISSION_EXPORT void write_network(const Network& network, const std::filesystem::path& path);

}  // namespace scission
