#include "report/html/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "profile/common_blocks.hpp"
#include "scission/base.hpp"

namespace scission::html_report {
namespace {

using html::Markup;

ModelPart model_part(const HtmlReport& report, const std::vector<std::string>& labels,
                     const std::string& name) {
  ModelPart part;
  part.name = name;
  std::vector<NamedProfile> profiles;
  for (std::size_t i = 0; i < report.systems.size(); ++i) {
    const SystemProfile& system = report.systems[i];
    const ModelProfile* model = system.find(name);
    if (model == nullptr) continue;
    part.columns.push_back({labels[i], &system, model});
    profiles.push_back({labels[i], model});
  }
  const std::vector<Block> blocks = common_blocks(profiles);
  for (Column& column : part.columns) column.blocks = merged_timings(*column.model, blocks);
  return part;
}

// The first column, the header of the row, always counts as known.
std::vector<bool> known_columns(std::size_t count, const std::vector<Cells>& rows) {
  const std::string unknown = number_cell("-").str();
  std::vector<bool> is_known(count, rows.empty());
  is_known[0] = true;
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < count; ++i) {
      if (cells[i].str() != unknown) is_known[i] = true;
    }
  }
  return is_known;
}

Markup shown(const Cells& cells, const std::vector<bool>& is_shown) {
  Markup content;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (is_shown[i]) content += cells[i];
  }
  return content;
}

}  // namespace

std::vector<std::string> labels_of(const std::vector<SystemProfile>& systems) {
  std::vector<std::string> plain;
  for (const SystemProfile& one : systems) plain.push_back(one.platform + "-" + one.name);
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto same = std::count(plain.begin(), plain.end(), plain[i]);
    const auto before =
        std::count(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(i), plain[i]);
    labels.push_back(same == 1 ? plain[i] : fmt::format("{} ({})", plain[i], before + 1));
  }
  return labels;
}

std::vector<ModelPart> model_parts(const HtmlReport& report) {
  const std::vector<std::string> labels = labels_of(report.systems);
  std::vector<ModelPart> parts;
  for (const SystemProfile& system : report.systems) {
    for (const ModelProfile& model : system.models) {
      const auto known = std::find_if(parts.begin(), parts.end(), [&](const ModelPart& part) {
        return part.name == model.model;
      });
      if (known != parts.end()) continue;
      parts.push_back(model_part(report, labels, model.model));
      parts.back().anchor = fmt::format("model-{}", parts.size());
    }
  }
  return parts;
}

// --- Tables ---

html::Markup table(const std::vector<std::string>& titles, const std::vector<Cells>& rows,
                   const std::vector<std::string>& styles) {
  const std::vector<bool> is_shown = known_columns(titles.size(), rows);
  Markup head;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const bool is_number = !rows.empty() && rows.front()[i].str().starts_with("<td class=\"n");
    if (is_shown[i]) {
      head += html::element("th", {{"scope", "col"}, {"class", is_number ? "n" : "w"}}, titles[i]);
    }
  }
  Markup body;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    body += html::element("tr", {{"class", styles.empty() ? "row" : styles[i]}},
                          shown(rows[i], is_shown));
  }
  return html::element("div", {{"class", "scroll"}},
                       html::element("table", html::element("thead", html::element("tr", head)) +
                                                  html::element("tbody", body)));
}

html::Markup number_cell(std::string_view text) {
  return html::element("td", {{"class", "n"}}, text);
}

html::Markup word_cell(std::string_view text) { return html::element("td", text); }

html::Markup row_header(std::string_view text) {
  return html::element("th", {{"scope", "row"}}, text);
}

html::Markup fold(std::string_view summary, bool is_open, const html::Markup& content) {
  html::Attributes attributes;
  if (is_open) attributes.emplace_back("open", "");
  return html::element("details", attributes, html::element("summary", summary) + content);
}

// --- Figures ---

html::Markup time_cell(double seconds, const Interval& interval) {
  const std::string time = format_duration(seconds);
  if (!(interval.high > 0) || !(seconds > 0)) return number_cell(time);
  const double reach = std::max(interval.high - seconds, seconds - interval.low);
  const std::string ends = fmt::format("95 % interval: {} to {}", format_duration(interval.low),
                                       format_duration(interval.high));
  return html::element(
      "td", {{"class", "n"}, {"title", ends}},
      html::text(time + " ") + html::element("small", "±" + percent(reach / seconds)));
}

std::string percent(double share) {
  const double whole = 100 * share;
  return std::abs(whole) < 9.95 ? fmt::format("{:.1f} %", whole) : fmt::format("{:.0f} %", whole);
}

std::string signed_percent(double share) {
  return (share > 0 ? "+" : share < 0 ? "−" : "") + percent(std::abs(share));
}

std::string ratio_text(double ratio) {
  if (!std::isfinite(ratio)) return "-";
  const int decimals = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0;
  return fmt::format("×{:.{}f}", ratio, decimals);
}

std::string bytes_or_dash(double bytes) { return bytes > 0 ? format_bytes(bytes) : "-"; }

}  // namespace scission::html_report
