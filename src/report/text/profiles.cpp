// Profiles, their comparison and the links between systems as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text_table.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

using text::Align;
using text::Table;

// --- Two profiles ---

// "< 0.0001", "0.031"
std::string format_p(double p) {
  constexpr double least = 1e-4;
  if (p < least) return "< 0.0001";
  return p < 0.1 ? fmt::format("{:.2g}", p) : fmt::format("{:.2f}", p);
}

std::string format_interval(const Interval& interval) {
  return fmt::format("{:.3f} - {:.3f}", interval.low, interval.high);
}

std::string format_ratio(const TimeComparison& time) {
  return time.before_s > 0 ? fmt::format("{:.3f}", time.ratio) : "-";
}

std::string outcome(const TimeComparison& time) {
  if (time.change == Change::unknown) return "no spread known";
  return to_string(time.change);
}

void add_time(Table& table, const std::string& what, const TimeComparison& time) {
  const bool is_tested = time.evidence != Evidence::none;
  // Of times only the first: a quotient of two medians may contradict the ratio.
  table.add({what, format_duration(is_tested ? time.before_median_s : time.before_s),
             format_ratio(time), is_tested ? format_interval(time.ratio_interval) : "-",
             is_tested ? format_p(time.p) : "-", to_string(time.evidence), outcome(time)});
}

bool has_changed(const TimeComparison& time) {
  return time.change == Change::slower || time.change == Change::faster;
}

std::string comparison_heading(const ModelComparison& model) {
  std::string text = fmt::format("\n{}: of {} blocks {} slower, {} faster, {} unchanged",
                                 model.model, model.blocks.size(), model.count(Change::slower),
                                 model.count(Change::faster), model.count(Change::unchanged));
  const int unknown = model.count(Change::unknown);
  if (unknown > 0) text += fmt::format(", {} without a known spread", unknown);
  return text + "\n";
}

std::string format_model(const ModelComparison& model, bool shows_all, TextWidth width) {
  Table table({{"what", Align::left},
               {"before"},
               {"ratio"},
               {"95 % interval"},
               {"p"},
               {"tested by", Align::left},
               {"outcome", Align::left}},
              width);
  const bool knows_whole = model.whole.before_s > 0 && model.whole.after_s > 0;
  if (knows_whole) add_time(table, "whole", model.whole);
  add_time(table, "sum of blocks", model.sum);
  for (const BlockComparison& block : model.blocks) {
    if (shows_all || has_changed(block.time))
      add_time(table, text::layers_text(block.block.first_layer, block.block.last_layer),
               block.time);
  }
  return comparison_heading(model) + table.text();
}

bool was_tested(const ModelComparison& model) {
  return model.whole.evidence != Evidence::none || model.sum.evidence != Evidence::none ||
         model.count(Change::unknown) < static_cast<int>(model.blocks.size());
}

std::string comparison_verdict(const ProfileComparison& comparison) {
  std::string slower;
  bool is_tested = false;
  for (const ModelComparison& model : comparison.models) {
    if (model.is_slower()) slower += (slower.empty() ? "" : ", ") + model.model;
    is_tested = is_tested || was_tested(model);
  }
  if (!is_tested) return "\nNothing could be tested: a profile without spread gives ratios only.\n";
  return slower.empty() ? "\nNothing is slower beyond noise.\n"
                        : fmt::format("\nSlower beyond noise: {}.\n", slower);
}

// --- A setup ---

std::string or_dash(const std::string& text) { return text.empty() ? "–" : text; }

std::string precision_cell(const SystemProfile& system, const std::string& only) {
  std::optional<double> widest;
  for (const ModelProfile& model : system.models) {
    if (!only.empty() && model.model != only) continue;
    if (const auto width = whole_half_width(model)) widest = std::max(widest.value_or(0), *width);
  }
  return widest ? fmt::format("±{:.1f} %", 100 * *widest) : "–";
}

std::string systems_table(const std::vector<SystemProfile>& profiles, const std::string& only,
                          TextWidth width) {
  Table table({{"system", Align::left},
               {"models"},
               {"measured", Align::left},
               {"threads"},
               {"versions", Align::left},
               {"governor", Align::left},
               {"precision"}},
              width);
  for (const SystemProfile& system : profiles) {
    const HostContext& host = system.host;
    const std::string versions =
        host.tool_version + (host.backend_version.empty() ? "" : "/" + host.backend_version);
    table.add({system.platform + "-" + system.name, std::to_string(system.models.size()),
               or_dash(host.date.substr(0, 10)),
               host.threads > 0 ? std::to_string(host.threads) : "–", or_dash(versions),
               or_dash(host.governor), precision_cell(system, only)});
  }
  return table.text();
}

std::string link_cell(const std::optional<Link>& link) {
  if (!link) return "missing";
  if (link->curve.empty()) {
    return fmt::format("{:g} ms, {:g} Mbit/s", link->ping_ms, link->megabits_per_s);
  }
  const auto rate = link->curve_megabits_per_s();
  if (!rate) return "curve";
  return *rate < 1000 ? fmt::format("curve, {:.3g} Mbit/s", *rate)
                      : fmt::format("curve, {:.3g} Gbit/s", *rate / 1000);
}

std::string setup_links(const std::vector<SetupLink>& links, TextWidth width) {
  if (links.empty()) return {};
  Table table({{"link", Align::left}, {"", Align::left}}, width);
  for (const SetupLink& link : links)
    table.add({link.from + " → " + link.to, link_cell(link.link)});
  return "\n" + table.text();
}

/// At how many cuts each system has measured each codec of each model; empty where none has any.
std::string setup_codecs(const std::vector<SystemProfile>& profiles, const std::string& only,
                         TextWidth width) {
  std::map<std::pair<std::string, std::string>, std::vector<int>> cuts;  // [model, codec][system]
  std::vector<text::Column> columns{{"model", Align::left}, {"codec", Align::left}};
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    columns.push_back({profiles[i].name});
    for (const ModelProfile& model : profiles[i].models) {
      if (!only.empty() && model.model != only) continue;
      for (const CodecTiming& timing : model.codecs) {
        std::vector<int>& row = cuts[{model.model, timing.codec}];
        row.resize(profiles.size());
        ++row[i];
      }
    }
  }
  if (cuts.empty()) return {};
  Table table(std::move(columns), width);
  for (const auto& [names, counts] : cuts) {
    std::vector<std::string> row{names.first, names.second};
    for (const int count : counts) row.push_back(count > 0 ? std::to_string(count) : "–");
    table.add(std::move(row));
  }
  return "\nCuts at which codecs were measured:\n" + table.text();
}

// `first` begins the first line, spaces the others.
std::string paragraph(const std::string& first, const std::string& text, TextWidth width) {
  constexpr std::size_t min_width = 20;
  if (!width) return first + text + "\n";
  std::string lines;
  std::string indent = first;
  for (const std::string& line :
       text::wrapped(text, std::max(min_width, *width - std::min(*width, first.size())))) {
    lines += indent + line + "\n";
    indent = std::string(first.size(), ' ');
  }
  return lines;
}

std::string findings_text(const SetupCheck& check, TextWidth width) {
  if (check.is_fine()) return "\nFine: nothing is missing or unusual.\n";
  std::string text = fmt::format("\n{} to fix:\n", check.findings.size());
  for (const SetupFinding& finding : check.findings) {
    text += paragraph("- ", finding.text, width) + paragraph("    ", finding.remedy, width);
  }
  return text;
}

}  // namespace

std::string format_comparison(const ProfileComparison& comparison, bool shows_all,
                              TextWidth width) {
  std::string text;
  for (const std::string& note : comparison.notes) text += fmt::format("note: {}\n", note);
  for (const ModelComparison& model : comparison.models)
    text += format_model(model, shows_all, width);
  text += comparison_verdict(comparison);
  return text.front() == '\n' ? text.substr(1) : text;
}

std::string format_setup(const std::vector<SystemProfile>& profiles, const SetupCheck& check,
                         const std::string& model, TextWidth width) {
  return systems_table(profiles, model, width) + setup_links(check.links, width) +
         setup_codecs(profiles, model, width) + findings_text(check, width);
}

std::string format_links(const Network& network, TextWidth width) {
  if (network.rows().empty()) return {};
  const auto& sizes = network.rows().front().link.curve;
  Table table({{"from", Align::left},
               {"to", Align::left},
               {format_bytes(sizes.front().bytes)},
               {format_bytes(sizes.back().bytes)},
               {"rate"}},
              width);
  for (const NetworkRow& row : network.rows()) {
    const auto& curve = row.link.curve;
    const auto rate = row.link.curve_megabits_per_s();
    table.add({row.source, row.destination, format_duration(curve.front().seconds),
               format_duration(curve.back().seconds),
               rate ? format_count(*rate * 1e6) + "bit/s" : "-"});
  }
  return table.text();
}

}  // namespace scission
