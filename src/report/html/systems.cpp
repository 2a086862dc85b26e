// Hosts and links: the conditions of the measurements.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "report/html/parts.hpp"
#include "scission/base.hpp"

namespace scission::html_report {
namespace {

struct Property {
  std::string name;
  std::function<std::string(const SystemProfile&)> text;  ///< empty if unknown
  bool is_setting = true;  ///< a difference can explain different times
};

std::string count_text(int count) { return count > 0 ? std::to_string(count) : std::string(); }

std::string backend_text(const SystemProfile& one) {
  const std::string& version = one.host.backend_version;
  return version.empty() ? one.host.backend : one.host.backend + " " + version;
}

std::string memory_text(const SystemProfile& one) {
  const auto bytes = static_cast<double>(one.host.memory_bytes);
  return bytes > 0 ? format_bytes(bytes) : std::string();
}

// "1", or "1, 4" if models were measured with different batches.
std::string batch_text(const SystemProfile& one) {
  std::vector<std::string> batches;
  for (const ModelProfile& model : one.models) {
    if (model.input_shape.empty()) continue;
    const std::string batch = std::to_string(model.input_shape.front());
    if (std::find(batches.begin(), batches.end(), batch) == batches.end()) {
      batches.push_back(batch);
    }
  }
  return fmt::format("{}", fmt::join(batches, ", "));
}

std::string pause_text(const SystemProfile& one) {
  return one.host.pause_s > 0 ? format_duration(one.host.pause_s) : "";
}

std::string clock_text(const SystemProfile& one) {
  const HostContext& host = one.host;
  if (!(host.clock_resolution_s > 0)) return {};
  return fmt::format("steps of {}, {} a reading", format_duration(host.clock_resolution_s),
                     format_duration(host.clock_overhead_s));
}

std::vector<Property> properties() {
  const auto of_host = [](std::string HostContext::*field) {
    return [field](const SystemProfile& one) { return one.host.*field; };
  };
  return {
      {"platform", [](const SystemProfile& one) { return one.platform; }, false},
      {"host", of_host(&HostContext::host), false},
      {"operating system", of_host(&HostContext::os)},
      {"processor", of_host(&HostContext::cpu)},
      {"cores", [](const SystemProfile& one) { return count_text(one.host.cores); }},
      {"threads", [](const SystemProfile& one) { return count_text(one.host.threads); }},
      {"memory", memory_text},
      {"device", of_host(&HostContext::device)},
      {"pause before each run", pause_text},
      {"backend", backend_text},
      {"optimised", [](const SystemProfile& one) { return one.host.is_optimized ? "yes" : ""; }},
      {"batch", batch_text},
      {"clock", clock_text},
      {"Scission", of_host(&HostContext::tool_version)},
      {"date", of_host(&HostContext::date), false}};
}

// Empty if no system has a value.
Cells property_cells(const Property& property, const std::vector<SystemProfile>& systems) {
  Cells cells = {row_header(property.name)};
  bool is_known = false;
  for (const SystemProfile& one : systems) {
    const std::string text = property.text(one);
    cells.push_back(word_cell(text.empty() ? "-" : text));
    is_known = is_known || !text.empty();
  }
  return is_known ? cells : Cells();
}

bool differs(const Property& property, const std::vector<SystemProfile>& systems) {
  return property.is_setting &&
         std::any_of(systems.begin(), systems.end(), [&](const SystemProfile& one) {
           return property.text(one) != property.text(systems.front());
         });
}

Cells link_cells(const NetworkRow& one) {
  const Link& link = one.link;
  const bool is_curve = !link.curve.empty();
  return {word_cell(one.source),
          word_cell(one.destination),
          number_cell(is_curve ? "-" : format_duration(link.ping_s())),
          number_cell(is_curve ? "-" : fmt::format("{:.6g} Mbit/s", link.megabits_per_s)),
          number_cell(is_curve ? std::to_string(link.curve.size()) : "-"),
          number_cell(format_duration(link.transfer_s(bytes_per_megabyte)))};
}

}  // namespace

html::Markup conditions(const HtmlReport& report) {
  std::vector<std::string> titles = {""};
  for (const std::string& label : labels_of(report.systems)) titles.push_back(label);
  std::vector<Cells> rows;
  std::vector<std::string> styles;
  for (const Property& property : properties()) {
    Cells cells = property_cells(property, report.systems);
    if (cells.empty()) continue;
    rows.push_back(std::move(cells));
    styles.emplace_back(differs(property, report.systems) ? "differs" : "same");
  }
  return html::element("section", {{"id", "systems"}, {"class", "conditions"}},
                       html::element("h2", "Systems and conditions") + table(titles, rows, styles));
}

html::Markup links(const HtmlReport& report) {
  if (!report.network) return {};
  std::vector<Cells> rows;
  for (const NetworkRow& one : report.network->rows()) rows.push_back(link_cells(one));
  return html::element(
      "section", {{"id", "links"}},
      html::element("h2", "Links") +
          table({"from", "to", "ping", "bandwidth", "measured points", "1 MB takes"}, rows));
}

}  // namespace scission::html_report
