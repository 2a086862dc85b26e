#include "scission/network.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "scission/error.hpp"
#include "scission/file.hpp"
#include "scission/units.hpp"
#include "text.hpp"

namespace scission {
namespace {

constexpr std::size_t column_count = 4;
constexpr double most_ping_ms = 1e15;
constexpr std::string_view header = "source,destination,ping(ms),bandwidth(mbps)";

// How specifically a row's end speaks of a system: not at all, by platform, or by name.
enum class Match { none, platform, name };

Match match(const std::string& end, const System& system) {
  if (end == system.name) return Match::name;
  return end == system.platform ? Match::platform : Match::none;
}

double parse_figure(std::string_view field, std::string_view column, const std::string& place) {
  const std::optional<double> value = text::to_double(field);
  if (!value) {
    throw Error(ErrorCode::damaged, fmt::format("{} is '{}', not a number", column, field), place);
  }
  return *value;
}

NetworkRow parse_row(const std::vector<std::string_view>& fields, const std::string& place) {
  if (fields.size() != column_count) {
    throw Error(
        ErrorCode::damaged,
        fmt::format("has {} fields where {} are wanted: {}", fields.size(), column_count, header),
        place);
  }
  if (fields[0].empty() || fields[1].empty()) {
    throw Error(ErrorCode::damaged, "source and destination must be named", place);
  }
  const Link link{parse_figure(fields[2], "ping(ms)", place),
                  parse_figure(fields[3], "bandwidth(mbps)", place)};
  if (link.ping_ms < 0 || link.ping_ms > most_ping_ms) {
    throw Error(ErrorCode::damaged,
                fmt::format("ping(ms) is {}, not from 0 to {}", link.ping_ms, most_ping_ms), place);
  }
  // The formula rounds to whole bytes a second, so less than that is no bandwidth at all.
  if (link.bytes_per_s() < 1 || std::isinf(link.bytes_per_s())) {
    throw Error(ErrorCode::damaged,
                fmt::format("bandwidth(mbps) is {}, and must be above 0 and finite; leave the row "
                            "out where there is no link",
                            link.megabits_per_s),
                place);
  }
  return {std::string(fields[0]), std::string(fields[1]), link};
}

}  // namespace

double Link::ping_s() const { return ping_ms / milliseconds_per_second; }

double Link::bytes_per_s() const { return std::round(megabits_per_s * bytes_per_megabit); }

double Link::transfer_s(double bytes) const { return ping_s() + bytes / bytes_per_s(); }

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
  std::vector<NetworkRow> rows;
  bool header_seen = false;
  int line_number = 0;
  for (std::string_view line : text::split(content, '\n')) {
    ++line_number;
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string_view> fields = text::split(line, ',');
    for (std::string_view& field : fields) field = text::trim(field);
    const std::string line_place = fmt::format("{}:{}", place, line_number);
    if (!header_seen && fields[0] == "source") {
      header_seen = true;
      continue;
    }
    if (!header_seen) {
      throw Error(ErrorCode::damaged, fmt::format("the first line must be the header {}", header),
                  line_place);
    }
    rows.push_back(parse_row(fields, line_place));
  }
  if (!header_seen) {
    throw Error(ErrorCode::damaged, fmt::format("is empty; it must begin with {}", header), place);
  }
  return Network(std::move(rows));
}

}  // namespace scission
