#include "scission/plan/network.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr double max_ping_ms = 1e15;
constexpr double max_curve_s = 1e12;      // as a ping's; sums of them must stay finite
constexpr double max_curve_bytes = 1e15;  // whole numbers up to here are exact
constexpr std::string_view link_header = "source,destination,ping(ms),bandwidth(mbps)";
constexpr std::string_view curve_header = "source,destination,bytes,seconds";
constexpr std::string_view energy_column = "energy(J/MB)";
constexpr std::string_view price_column = "price(per GB)";

using Fields = std::vector<std::string_view>;

// --- Reading ---

// How specifically a row's end speaks of a system: not at all, by platform, or by name.
enum class Match { none, platform, name };

Match match(const std::string& end, const System& system) {
  if (end == system.name) return Match::name;
  return end == system.platform ? Match::platform : Match::none;
}

double parse_figure(std::string_view field, std::string_view column, const std::string& place) {
  const std::optional<double> value = text::to_double(field);
  if (!value) throw_damaged(fmt::format("{} is '{}', not a number", column, field), place);
  return *value;
}

double parse_amount(std::string_view field, std::string_view column, const std::string& place) {
  const double value = parse_figure(field, column, place);
  if (value < 0)
    throw_damaged(fmt::format("{} is {}, and must be 0 or more", column, value), place);
  return value;
}

void validate_link(const Link& link, const std::string& place) {
  if (link.ping_ms < 0 || link.ping_ms > max_ping_ms) {
    throw_damaged(fmt::format("ping(ms) is {}, not from 0 to {}", link.ping_ms, max_ping_ms),
                  place);
  }
  // The formula rounds to whole bytes a second, so less than that is no bandwidth at all.
  if (link.bytes_per_s() < 1 || std::isinf(link.bytes_per_s())) {
    throw_damaged(
        fmt::format("bandwidth(mbps) is {}, and must be above 0 and finite; leave the row out "
                    "where there is no link",
                    link.megabits_per_s),
        place);
  }
}

// The columns of old files are known by their position, and may have other names, but neither the
// other one's name nor another unit.
void validate_old_columns(const Fields& fields, const std::string& place) {
  const std::array<std::array<std::string_view, 2>, 2> units{
      {{"(ms)", ""}, {"(mbps)", "(mbit/s)"}}};
  for (std::size_t i = 2; i < fields.size(); ++i) {
    std::string name(fields[i]);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t bracket = std::min(name.find('('), name.size());
    const auto& own = units[i - 2];
    const bool has_unit = bracket < name.size();
    const bool is_known = std::find(own.begin(), own.end(), name.substr(bracket)) != own.end();
    const bool is_other = name.find(i == 2 ? "bandwidth" : "ping") != std::string::npos;
    if (!is_other && (!has_unit || is_known)) continue;
    throw_damaged(fmt::format("column {} is '{}': the header must be {}, pings in ms and "
                              "bandwidths in Mbit/s",
                              i + 1, fields[i], link_header),
                  place);
  }
}

// The columns of a section, by its header. Refuses a header of neither kind.
std::vector<std::string> read_header(const Fields& fields, bool is_first,
                                     const std::string& place) {
  const std::string text = fmt::format("{}", fmt::join(fields, ","));
  if (text == curve_header) return {fields.begin(), fields.end()};
  std::vector<std::string> columns{"source", "destination", "ping(ms)", "bandwidth(mbps)"};
  const bool is_like_curve = std::any_of(fields.begin(), fields.end(), [](std::string_view field) {
    return field == "bytes" || field == "seconds";
  });
  // How the four columns are spelt did not matter before there were others.
  const bool is_old = is_first && fields.size() <= columns.size() && !is_like_curve;
  if (is_old) validate_old_columns(fields, place);
  if (is_old || text == link_header) return columns;
  if (!text.starts_with(fmt::format("{},", link_header))) {
    throw_damaged(
        fmt::format("the header must be {}, or {} for measured curves", link_header, curve_header),
        place);
  }
  for (std::size_t i = columns.size(); i < fields.size(); ++i) {
    const bool is_twice = std::find(columns.begin(), columns.end(), fields[i]) != columns.end();
    if (is_twice || (fields[i] != energy_column && fields[i] != price_column)) {
      throw_damaged(
          fmt::format("column '{}' is unknown or there twice; after {} there may be {} and {}",
                      fields[i], link_header, energy_column, price_column),
          place);
    }
    columns.emplace_back(fields[i]);
  }
  return columns;
}

Link parse_link(const Fields& fields, const std::vector<std::string>& columns,
                const std::string& place) {
  Link link{parse_figure(fields[2], columns[2], place), parse_figure(fields[3], columns[3], place)};
  validate_link(link, place);
  for (std::size_t i = 4; i < fields.size(); ++i) {
    if (fields[i].empty()) continue;
    const double figure = parse_amount(fields[i], columns[i], place);
    if (columns[i] == energy_column) link.joules_per_byte = figure / bytes_per_megabyte;
    if (columns[i] == price_column) link.price_per_byte = figure / bytes_per_gigabyte;
  }
  return link;
}

CurvePoint parse_point(const Fields& fields, const std::string& place) {
  const CurvePoint point{parse_figure(fields[2], "bytes", place),
                         parse_figure(fields[3], "seconds", place)};
  if (!(point.bytes >= 0 && point.bytes <= max_curve_bytes) ||
      point.bytes != std::floor(point.bytes)) {
    throw_damaged(fmt::format("bytes is {}, and must be a whole number from 0 to 10^15", fields[2]),
                  place);
  }
  if (!(point.seconds >= 0 && point.seconds <= max_curve_s)) {
    throw_damaged(fmt::format("seconds is {}, not from 0 to 10^12", fields[3]), place);
  }
  return point;
}

void add_point(const CurvePoint& point, const std::string& place, std::vector<CurvePoint>& curve) {
  if (!curve.empty() && point.bytes <= curve.back().bytes) {
    throw_damaged(
        "bytes must ascend from row to row of a curve; sort its rows, and give each size once",
        place);
  }
  if (!curve.empty() && point.seconds < curve.back().seconds) {
    throw_damaged("seconds must not fall as bytes grow; measure again, or leave the point out",
                  place);
  }
  curve.push_back(point);
}

// Reads a network file line by line: sections of links and of curves, each under its header.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  void read_line(const Fields& fields, const std::string& place) {
    if (is_header(fields)) {
      columns_ = read_header(fields, columns_.empty(), place);
    } else if (columns_.empty()) {
      throw_damaged(fmt::format("the first line must be the header {}", link_header), place);
    } else {
      read_row(fields, place);
    }
  }

  // The rows of links in their order, then the curves in the order of their first points.
  std::vector<NetworkRow> finish() {
    if (columns_.empty())
      throw_damaged(fmt::format("is empty; it must begin with {}", link_header), file_);
    for (Curve& curve : curves_) rows_.push_back(row_of(curve));
    return std::move(rows_);
  }

 private:
  struct Curve {
    std::string source;
    std::string destination;
    std::vector<CurvePoint> points;
    std::string place;  // of the first point
  };

  bool is_curve() const { return columns_[2] == "bytes"; }

  // A later one has to be spelt in full, as "source" may be a system's name.
  bool is_header(const Fields& fields) const {
    if (fields[0] != "source" || columns_.empty()) return fields[0] == "source";
    return fields.size() >= 4 && fields[1] == "destination" && !text::to_double(fields[2]);
  }

  void read_row(const Fields& fields, const std::string& place) {
    if (fields.size() != columns_.size()) {
      throw_damaged(
          fmt::format("has {} fields where {} are wanted: {}{}", fields.size(), columns_.size(),
                      text::join(columns_, ","),
                      fields.size() > columns_.size() ? "; numbers have a point, as in 66.7" : ""),
          place);
    }
    if (fields[0].empty() || fields[1].empty()) {
      throw_damaged("source and destination must be named", place);
    }
    std::string source(fields[0]);
    std::string destination(fields[1]);
    if (is_curve()) {
      add_point(parse_point(fields, place), place, points_of(source, destination, place));
    } else {
      rows_.push_back(
          {std::move(source), std::move(destination), parse_link(fields, columns_, place)});
    }
  }

  std::vector<CurvePoint>& points_of(const std::string& source, const std::string& destination,
                                     const std::string& place) {
    const auto [found, is_new] =
        curve_index_.try_emplace(std::pair(source, destination), curves_.size());
    if (is_new) curves_.push_back({source, destination, {}, place});
    return curves_[found->second].points;
  }

  // A curve replaces ping and bandwidth of the rows for the same pair and keeps the last one's
  // energy and price.
  NetworkRow row_of(Curve& curve) const {
    if (curve.points.size() < 2) {
      throw_damaged(fmt::format("the curve from {} to {} has one point and needs two or more",
                                curve.source, curve.destination),
                    curve.place);
    }
    NetworkRow row{std::move(curve.source), std::move(curve.destination), {}};
    row.link.curve = std::move(curve.points);
    for (const NetworkRow& other : rows_) {
      if (other.source != row.source || other.destination != row.destination) continue;
      row.link.joules_per_byte = other.link.joules_per_byte;
      row.link.price_per_byte = other.link.price_per_byte;
    }
    return row;
  }

  std::string file_;
  std::vector<std::string> columns_;  // of the present section; empty before the first header
  std::vector<NetworkRow> rows_;
  std::vector<Curve> curves_;
  std::map<std::pair<std::string, std::string>, std::size_t> curve_index_;
};

// Linear between the points; see Link::transfer_s(). O(log points).
double on_curve(const std::vector<CurvePoint>& curve, double bytes) {
  if (bytes <= curve.front().bytes) return curve.front().seconds;
  const auto high =
      std::lower_bound(curve.begin() + 1, curve.end() - 1, bytes,
                       [](const CurvePoint& point, double wanted) { return point.bytes < wanted; });
  const auto low = high - 1;
  return std::lerp(low->seconds, high->seconds, (bytes - low->bytes) / (high->bytes - low->bytes));
}

// --- Writing ---

void validate_name(const std::string& name, bool begins_line) {
  const bool is_fine = !name.empty() && text::trim(name) == name &&
                       name.find_first_of(",\n\r") == std::string::npos &&
                       !(begins_line && name.front() == '#');
  if (is_fine) return;
  const bool is_one_line = name.find_first_of("\n\r") == std::string::npos;
  throw_invalid_argument(
      "is not a valid name in a network file: commas, line ends, a leading # and surrounding "
      "spaces are not allowed",
      is_one_line ? name : "a name of several lines");
}

std::string ends_of(const NetworkRow& row) {
  validate_name(row.source, true);
  validate_name(row.destination, false);
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
  return fmt::format("{}\n{}",
                     with_prices ? fmt::format("{},{},{}", link_header, energy_column, price_column)
                                 : std::string(link_header),
                     lines);
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

double Link::ping_s() const { return ping_ms / milliseconds_per_second; }

double Link::bytes_per_s() const { return std::round(megabits_per_s * bytes_per_megabit); }

double Link::transfer_s(double bytes) const {
  return curve.empty() ? ping_s() + bytes / bytes_per_s() : on_curve(curve, bytes);
}

double Link::busy_s(double bytes) const {
  return curve.empty() ? bytes / bytes_per_s() : on_curve(curve, bytes) - curve.front().seconds;
}

Network::Network(std::vector<NetworkRow> rows) : rows_(std::move(rows)) {}

std::optional<Link> Network::find(const System& source, const System& destination) const {
  std::optional<Link> best;
  std::pair best_match{Match::none, Match::none};
  for (const NetworkRow& row : rows_) {
    const std::pair row_match{match(row.source, source), match(row.destination, destination)};
    if (row_match.first == Match::none || row_match.second == Match::none) continue;
    if (best && row_match < best_match) continue;
    best = row.link;
    best_match = row_match;
  }
  return best;
}

Network read_network(const std::filesystem::path& path) {
  return parse_network(read_file(path), path.string());
}

Network parse_network(std::string_view content, const std::string& place) {
  Reader reader(place);
  for_each_line(content, place, [&](const Fields& fields, const std::string& line) {
    reader.read_line(fields, line);
  });
  return Network(reader.finish());
}

std::string format_network_csv(const Network& network) {
  const std::vector<NetworkRow> rows = rows_that_count(network);
  const std::string text = links_section(rows) + curves_section(rows);
  return text.empty() ? fmt::format("{}\n", link_header) : text;
}

void write_network(const Network& network, const std::filesystem::path& path) {
  write_file_atomically(path, format_network_csv(network));
}

}  // namespace scission
