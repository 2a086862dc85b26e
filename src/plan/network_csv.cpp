// Network files, written.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/plan/network.hpp"

namespace scission {
namespace {

constexpr const char* header = "source,destination,ping(ms),bandwidth(mbps)";
constexpr const char* full_header =
    "source,destination,ping(ms),bandwidth(mbps),energy(J/MB),price(per GB)";
constexpr const char* curve_header = "source,destination,bytes,seconds";

void check_name(const std::string& name, bool begins_line) {
  const bool is_fine = !name.empty() && text::trim(name) == name &&
                       name.find_first_of(",\n\r") == std::string::npos &&
                       !(begins_line && name.front() == '#');
  if (is_fine) return;
  const bool is_one_line = name.find_first_of("\n\r") == std::string::npos;
  throw Error(ErrorCode::invalid_argument,
              "is no name for a network file: without commas, line ends, a leading # and spaces "
              "around it",
              is_one_line ? name : "a name of several lines");
}

std::string ends_of(const NetworkRow& row) {
  check_name(row.source, true);
  check_name(row.destination, false);
  return row.source + "," + row.destination;
}

// The last for each pair of names: it alone counts.
std::vector<NetworkRow> rows_that_count(const Network& network) {
  std::map<std::pair<std::string, std::string>, std::size_t> last;
  const auto& rows = network.rows();
  for (std::size_t i = 0; i < rows.size(); ++i) last[{rows[i].source, rows[i].destination}] = i;
  std::vector<NetworkRow> counting;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (last[{rows[i].source, rows[i].destination}] == i) counting.push_back(rows[i]);
  }
  return counting;
}

bool has_prices(const Link& link) {
  return link.joules_per_byte.has_value() || link.price_per_byte.has_value();
}

// Of the figures next to the product, one that gives `per_byte` again when it is divided.
std::string figure(const std::optional<double>& per_byte, double bytes) {
  if (!per_byte) return {};
  const double product = *per_byte * bytes;
  for (const double near :
       {product, std::nextafter(product, 0), std::nextafter(product, INFINITY)}) {
    if (near / bytes == *per_byte) return fmt::format("{}", near);
  }
  return fmt::format("{}", product);
}

std::string link_line(const NetworkRow& row, bool with_prices) {
  const Link& link = row.link;
  // What the curve replaces.
  const double ping_ms = link.curve.empty() ? link.ping_ms : 0;
  const double megabits = link.curve.empty() ? link.megabits_per_s : 1;
  std::string line = fmt::format("{},{},{}", ends_of(row), ping_ms, megabits);
  if (with_prices) {
    line += fmt::format(",{},{}", figure(link.joules_per_byte, bytes_per_megabyte),
                        figure(link.price_per_byte, bytes_per_gigabyte));
  }
  return line + "\n";
}

std::string links_section(const std::vector<NetworkRow>& rows) {
  const bool with_prices =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return has_prices(row.link); });
  std::string lines;
  for (const NetworkRow& row : rows) {
    if (row.link.curve.empty() || has_prices(row.link)) lines += link_line(row, with_prices);
  }
  if (lines.empty()) return {};
  return fmt::format("{}\n{}", with_prices ? full_header : header, lines);
}

std::string curves_section(const std::vector<NetworkRow>& rows) {
  std::string lines;
  for (const NetworkRow& row : rows) {
    for (const CurvePoint& point : row.link.curve) {
      lines += fmt::format("{},{},{}\n", ends_of(row), point.bytes, point.seconds);
    }
  }
  return lines.empty() ? lines : fmt::format("{}\n{}", curve_header, lines);
}

}  // namespace

std::string format_network_csv(const Network& network) {
  const std::vector<NetworkRow> rows = rows_that_count(network);
  const std::string text = links_section(rows) + curves_section(rows);
  return text.empty() ? fmt::format("{}\n", header) : text;
}

void write_network(const Network& network, const std::filesystem::path& path) {
  write_file_atomically(path, format_network_csv(network));
}

}  // namespace scission
