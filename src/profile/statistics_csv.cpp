// The fork's statistics, as in its published models_profiling/*-stats.csv.
#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "scission/base/units.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission {
namespace {

constexpr double bytes_per_mebibyte = 1 << 20;

/// As Python prints it: the fewest digits that read back as the very same number, and always a
/// point or an exponent.
std::string python_float(double number) {
  std::string digits = fmt::format("{}", number);
  if (digits.find_first_not_of("-0123456789") == std::string::npos) digits += ".0";
  return digits;
}

template <typename CellOf>
std::string row(std::string_view name, const ModelProfile& model, CellOf cell_of) {
  std::string cells(name);
  for (const BlockTiming& timing : model.blocks) cells += fmt::format(",{}", cell_of(timing));
  return cells + "\n";
}

std::string layers_of(const BlockTiming& timing) {
  return layer_range(timing.block.first_layer, timing.block.last_layer);
}

double output_mebibytes(const BlockTiming& timing) {
  const auto payload = static_cast<double>(timing.block.output_bytes);
  return (payload + static_cast<double>(npy_header_bytes)) / bytes_per_mebibyte;
}

std::string block_details(const BlockTiming& timing) {
  std::string cells = layers_of(timing);
  for (const std::string_view type : text::split(timing.layer_types, ' ')) {
    if (!type.empty()) cells += "," + csv_cell(type);
  }
  return cells + "\n";
}

std::string stanza(const ModelProfile& model) {
  std::string text = csv_cell(model.model) + "\n";
  text += row("layers", model, layers_of);
  text += row("flops", model, [](const BlockTiming& timing) { return timing.flops; });
  text += row("params", model, [](const BlockTiming& timing) { return timing.parameters; });
  text += row("output", model,
              [](const BlockTiming& timing) { return python_float(output_mebibytes(timing)); });
  text += row("times", model, [](const BlockTiming& timing) {
    return python_float(timing.seconds * milliseconds_per_second);
  });
  text += "\nblock details:\n";
  for (const BlockTiming& timing : model.blocks) text += block_details(timing);
  return text + "\n\n";
}

}  // namespace

std::string format_statistics_csv(const SystemProfile& profile) {
  std::string text;
  for (const ModelProfile& model : profile.models) text += stanza(model);
  return text;
}

}  // namespace scission
