#include "print.hpp"

#include <fmt/format.h>

#include "scission/base/units.hpp"
#include "table.hpp"

namespace scission::compare {
namespace {

using apps::Align;
using apps::Table;

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

void add_row(Table& table, const std::string& what, const TimeComparison& time) {
  const bool is_tested = time.evidence != Evidence::none;
  table.add({what, format_duration(time.before_s), format_duration(time.after_s),
             format_ratio(time), is_tested ? format_interval(time.ratio_interval) : "-",
             is_tested ? format_p(time.p) : "-", to_string(time.evidence), outcome(time)});
}

std::string layers_of(const Block& block) {
  return block.first_layer == block.last_layer
             ? fmt::format("layer {}", block.first_layer)
             : fmt::format("layers {} - {}", block.first_layer, block.last_layer);
}

bool has_changed(const TimeComparison& time) {
  return time.change == Change::slower || time.change == Change::faster;
}

std::string heading(const ModelComparison& model) {
  std::string text = fmt::format("\n{}: of {} blocks {} slower, {} faster, {} unchanged",
                                 model.model, model.blocks.size(), model.count(Change::slower),
                                 model.count(Change::faster), model.count(Change::unchanged));
  const int unknown = model.count(Change::unknown);
  if (unknown > 0) text += fmt::format(", {} without a known spread", unknown);
  return text + "\n";
}

std::string format_model(const ModelComparison& model, bool shows_all) {
  Table table({{"what", Align::left},
               {"before"},
               {"after"},
               {"ratio"},
               {"95 % interval"},
               {"p"},
               {"tested by", Align::left},
               {"outcome", Align::left}});
  const bool knows_whole = model.whole.before_s > 0 && model.whole.after_s > 0;
  if (knows_whole) add_row(table, "whole", model.whole);
  add_row(table, "sum of blocks", model.sum);
  for (const BlockComparison& block : model.blocks) {
    if (shows_all || has_changed(block.time)) add_row(table, layers_of(block.block), block.time);
  }
  return heading(model) + table.text();
}

bool was_tested(const ModelComparison& model) {
  return model.whole.evidence != Evidence::none || model.sum.evidence != Evidence::none ||
         model.count(Change::unknown) < static_cast<int>(model.blocks.size());
}

std::string verdict(const ProfileComparison& comparison) {
  std::string slower;
  bool is_tested = false;
  for (const ModelComparison& model : comparison.models) {
    if (model.is_slower()) slower += (slower.empty() ? "" : ", ") + model.model;
    is_tested = is_tested || was_tested(model);
  }
  if (!is_tested) return "\nNothing could be tested: a profile without spread tells ratios only.\n";
  return slower.empty() ? "\nNothing is slower beyond noise.\n"
                        : fmt::format("\nSlower beyond noise: {}.\n", slower);
}

}  // namespace

std::string format_comparison(const ProfileComparison& comparison, bool shows_all) {
  std::string text;
  for (const std::string& note : comparison.notes) text += fmt::format("note: {}\n", note);
  for (const ModelComparison& model : comparison.models) text += format_model(model, shows_all);
  text += verdict(comparison);
  return text.front() == '\n' ? text.substr(1) : text;
}

}  // namespace scission::compare
