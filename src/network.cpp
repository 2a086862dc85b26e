#include "scission/network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "scission/error.hpp"
#include "scission/file.hpp"
#include "scission/units.hpp"
#include "text.hpp"

namespace scission {
namespace {

constexpr double most_ping_ms = 1e15;
constexpr std::string_view header = "source,destination,ping(ms),bandwidth(mbps)";
constexpr std::string_view curve_header = "source,destination,bytes,seconds";

// How specifically a row's end speaks of a system: not at all, by platform, or by name.
enum class Match { none, platform, name };

Match match(const std::string& end, const System& system) {
  if (end == system.name) return Match::name;
  return end == system.platform ? Match::platform : Match::none;
}

[[noreturn]] void refuse(const std::string& message, const std::string& place) {
  throw Error(ErrorCode::damaged, message, place);
}

double parse_figure(std::string_view field, std::string_view column, const std::string& place) {
  const std::optional<double> value = text::to_double(field);
  if (!value) refuse(fmt::format("{} is '{}', not a number", column, field), place);
  return *value;
}

double parse_amount(std::string_view field, std::string_view column, const std::string& place) {
  const double value = parse_figure(field, column, place);
  if (value < 0) refuse(fmt::format("{} is {}, and must be 0 or more", column, value), place);
  return value;
}

void validate_link(const Link& link, const std::string& place) {
  if (link.ping_ms < 0 || link.ping_ms > most_ping_ms) {
    refuse(fmt::format("ping(ms) is {}, not from 0 to {}", link.ping_ms, most_ping_ms), place);
  }
  // The formula rounds to whole bytes a second, so less than that is no bandwidth at all.
  if (link.bytes_per_s() < 1 || std::isinf(link.bytes_per_s())) {
    refuse(fmt::format("bandwidth(mbps) is {}, and must be above 0 and finite; leave the row out "
                       "where there is no link",
                       link.megabits_per_s),
           place);
  }
}

// Reads a network file line by line: sections of links and of curves, each under its header.
class Reader {
 public:
  explicit Reader(const std::string& place) : file_(place) {}

  void read_line(const std::vector<std::string_view>& fields, int line_number) {
    place_ = fmt::format("{}:{}", file_, line_number);
    if (fields[0] == "source") {
      end_curve();
      read_header(fields);
    } else if (columns_.empty()) {
      refuse(fmt::format("the first line must be the header {}", header), place_);
    } else {
      require_fields(fields);
      is_curve() ? add_point(fields) : add_link(fields);
    }
  }

  std::vector<NetworkRow> finish() {
    end_curve();
    if (columns_.empty()) refuse(fmt::format("is empty; it must begin with {}", header), file_);
    return std::move(rows_);
  }

 private:
  bool is_curve() const { return columns_[2] == "bytes"; }

  void read_header(const std::vector<std::string_view>& fields) {
    columns_.assign(fields.begin(), fields.end());
    const bool is_known = columns_.size() >= 4 && columns_[1] == "destination" &&
                          ((columns_[2] == "ping(ms)" && columns_[3] == "bandwidth(mbps)") ||
                           (is_curve() && columns_[3] == "seconds" && columns_.size() == 4));
    if (!is_known) {
      refuse(fmt::format("the header must be {}, or {} for measured curves", header, curve_header),
             place_);
    }
    for (std::size_t i = 4; i < columns_.size(); ++i) {
      const bool is_twice = std::find(columns_.begin(), columns_.begin() + static_cast<long>(i),
                                      columns_[i]) != columns_.begin() + static_cast<long>(i);
      if ((columns_[i] == "energy(J/MB)" || columns_[i] == "price(per GB)") && !is_twice) continue;
      refuse(
          fmt::format("column '{}' is unknown or there twice; after {} there may be energy(J/MB) "
                      "and price(per GB)",
                      columns_[i], header),
          place_);
    }
  }

  void require_fields(const std::vector<std::string_view>& fields) const {
    if (fields.size() != columns_.size()) {
      refuse(fmt::format("has {} fields where {} are wanted: {}", fields.size(), columns_.size(),
                         text::join(columns_, ",")),
             place_);
    }
    if (fields[0].empty() || fields[1].empty()) {
      refuse("source and destination must be named", place_);
    }
  }

  void add_link(const std::vector<std::string_view>& fields) {
    Link link{parse_figure(fields[2], columns_[2], place_),
              parse_figure(fields[3], columns_[3], place_)};
    validate_link(link, place_);
    for (std::size_t i = 4; i < fields.size(); ++i) {
      if (fields[i].empty()) continue;
      const double figure = parse_amount(fields[i], columns_[i], place_);
      if (columns_[i] == "energy(J/MB)") {
        link.joules_per_byte = figure / bytes_per_megabyte;
      } else {
        link.price_per_byte = figure / bytes_per_gigabyte;
      }
    }
    rows_.push_back({std::string(fields[0]), std::string(fields[1]), std::move(link)});
  }

  void add_point(const std::vector<std::string_view>& fields) {
    const bool goes_on =
        is_in_curve_ && rows_.back().source == fields[0] && rows_.back().destination == fields[1];
    if (!goes_on) begin_curve(fields);
    std::vector<CurvePoint>& curve = rows_.back().link.curve;
    const CurvePoint point{parse_amount(fields[2], "bytes", place_),
                           parse_amount(fields[3], "seconds", place_)};
    if (!curve.empty() && !(point.bytes > curve.back().bytes)) {
      refuse("bytes must ascend from row to row of a curve; sort the rows, each size once", place_);
    }
    if (!curve.empty() && point.seconds < curve.back().seconds) {
      refuse("seconds must not fall as bytes grow; measure again, or leave the point out", place_);
    }
    curve.push_back(point);
  }

  // A curve replaces ping and bandwidth of an earlier row for the same pair and keeps the rest.
  void begin_curve(const std::vector<std::string_view>& fields) {
    end_curve();
    NetworkRow row{std::string(fields[0]), std::string(fields[1]), {}};
    for (const NetworkRow& earlier : rows_) {
      if (earlier.source != row.source || earlier.destination != row.destination) continue;
      if (!earlier.link.curve.empty()) {
        refuse(fmt::format("the curve from {} to {} is in two places; keep its rows together",
                           row.source, row.destination),
               place_);
      }
      row.link = earlier.link;
    }
    rows_.push_back(std::move(row));
    is_in_curve_ = true;
    curve_place_ = place_;
  }

  void end_curve() {
    if (is_in_curve_ && rows_.back().link.curve.size() < 2) {
      refuse("a curve needs two points or more", curve_place_);
    }
    is_in_curve_ = false;
  }

  std::string file_;
  std::string place_;
  std::vector<std::string> columns_;
  std::vector<NetworkRow> rows_;
  bool is_in_curve_ = false;  // the last row is one that points are added to
  std::string curve_place_;
};

// Linear between the points; see Link::transfer_s().
double on_curve(const std::vector<CurvePoint>& curve, double bytes) {
  if (bytes <= curve.front().bytes) return curve.front().seconds;
  std::size_t next = 1;
  while (next + 1 < curve.size() && curve[next].bytes < bytes) ++next;
  const CurvePoint& low = curve[next - 1];
  const CurvePoint& high = curve[next];
  return low.seconds +
         (bytes - low.bytes) / (high.bytes - low.bytes) * (high.seconds - low.seconds);
}

}  // namespace

double Link::ping_s() const { return ping_ms / milliseconds_per_second; }

double Link::bytes_per_s() const { return std::round(megabits_per_s * bytes_per_megabit); }

double Link::transfer_s(double bytes) const {
  return curve.empty() ? ping_s() + bytes / bytes_per_s() : on_curve(curve, bytes);
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
  int line_number = 0;
  for (std::string_view line : text::split(content, '\n')) {
    ++line_number;
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string_view> fields = text::split(line, ',');
    for (std::string_view& field : fields) field = text::trim(field);
    reader.read_line(fields, line_number);
  }
  return Network(reader.finish());
}

}  // namespace scission
