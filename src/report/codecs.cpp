#include "scission/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/text_table.hpp"
#include "scission/base.hpp"
#include "scission/stats.hpp"

namespace scission {
namespace {

using text::Align;
using text::Table;

/// Bytes that cross behind each block but the last, by the block's last layer.
std::map<int, double> raw_bytes_of(const ModelProfile& profile) {
  std::map<int, double> raw;
  for (std::size_t i = 0; i + 1 < profile.blocks.size(); ++i) {
    const Block& block = profile.blocks[i].block;
    if (block.output_bytes > 0) raw[block.last_layer] = static_cast<double>(block.output_bytes);
  }
  return raw;
}

template <typename ValueOf>
double median_of(const std::vector<const CodecTiming*>& timings, ValueOf value_of) {
  std::vector<double> values;
  for (const CodecTiming* timing : timings) values.push_back(value_of(*timing));
  return median(std::move(values));
}

CodecSummary summary_of(const std::vector<const CodecTiming*>& timings,
                        const std::map<int, double>& raw) {
  CodecSummary summary;
  summary.codec = timings.front()->codec;
  summary.cuts = static_cast<int>(timings.size());
  summary.size_ratio = median_of(
      timings, [&](const CodecTiming& one) { return one.bytes / raw.at(one.last_layer); });
  summary.encode_s = median_of(timings, [](const auto& one) { return one.encode_seconds; });
  summary.decode_s = median_of(timings, [](const auto& one) { return one.decode_seconds; });
  summary.error = median_of(timings, [](const auto& one) { return one.error; });
  summary.agreement = median_of(timings, [](const auto& one) { return one.agreement; });
  bool has_accuracy = true;
  for (const CodecTiming* timing : timings) {
    summary.max_error = std::max(summary.max_error, timing->error);
    summary.min_agreement = std::min(summary.min_agreement, timing->agreement);
    has_accuracy = has_accuracy && timing->accuracy.has_value();
  }
  if (has_accuracy) {
    summary.accuracy = median_of(timings, [](const auto& one) { return *one.accuracy; });
  }
  return summary;
}

std::string error_text(double error) { return error == 0 ? "0" : fmt::format("{:.1e}", error); }

void take_smaller(const CodecTiming& timing, const CodecTiming*& smallest) {
  if (smallest == nullptr || timing.bytes < smallest->bytes) smallest = &timing;
}

}  // namespace

std::vector<CodecSummary> summarise_codecs(const ModelProfile& profile) {
  const std::map<int, double> raw = raw_bytes_of(profile);
  std::map<std::string, std::vector<const CodecTiming*>> timings;
  for (const CodecTiming& timing : profile.codecs) {
    if (raw.count(timing.last_layer) > 0) timings[timing.codec].push_back(&timing);
  }
  std::vector<CodecSummary> summaries;
  for (const auto& [codec, all] : timings) summaries.push_back(summary_of(all, raw));
  std::stable_sort(summaries.begin(), summaries.end(),
                   [](const CodecSummary& a, const CodecSummary& b) {
                     return std::tie(a.size_ratio, a.error) < std::tie(b.size_ratio, b.error);
                   });
  return summaries;
}

std::vector<CutSummary> summarise_cuts(const ModelProfile& profile, double min_agreement) {
  std::map<int, std::pair<const CodecTiming*, const CodecTiming*>> best;
  for (const CodecTiming& timing : profile.codecs) {
    auto& [lossless, smallest] = best[timing.last_layer];
    if (timing.error == 0) take_smaller(timing, lossless);
    if (timing.agreement >= min_agreement) take_smaller(timing, smallest);
  }
  std::vector<CutSummary> cuts;
  double weight_bytes = 0;
  for (const BlockTiming& timing : profile.blocks) {
    weight_bytes += static_cast<double>(timing.weight_bytes);
    const auto found = best.find(timing.block.last_layer);
    if (found == best.end()) continue;
    cuts.push_back({timing.block.last_layer, weight_bytes,
                    static_cast<double>(timing.block.output_bytes), found->second.first,
                    found->second.second});
  }
  return cuts;
}

std::string picture_sentence(const ModelProfile& profile) {
  const auto found = std::find_if(
      profile.codecs.begin(), profile.codecs.end(),
      [](const CodecTiming& one) { return one.codec == "jpeg" && one.last_layer == -1; });
  if (found == profile.codecs.end()) return {};
  return fmt::format("The input as the JPEG file that it came in: {}, decoded in {}.",
                     format_bytes(found->bytes), format_duration(found->decode_seconds));
}

std::string format_codecs(const ModelProfile& profile, TextWidth width) {
  const std::vector<CodecSummary> summaries = summarise_codecs(profile);
  if (summaries.empty()) return {};
  Table table({{"codec", Align::left},
               {"cuts"},
               {"of raw"},
               {"encode"},
               {"decode"},
               {"error"},
               {"largest"},
               {"agreement"},
               {"smallest"},
               {"accuracy"}},
              width);
  for (const CodecSummary& one : summaries) {
    table.add({one.codec, std::to_string(one.cuts), text::format_percent(one.size_ratio),
               format_duration(one.encode_s), format_duration(one.decode_s), error_text(one.error),
               error_text(one.max_error), text::format_percent(one.agreement),
               text::format_percent(one.min_agreement),
               one.accuracy ? text::format_percent(*one.accuracy) : "-"});
  }
  std::string heading =
      fmt::format("{}: codecs on {} input{}, medians over the cuts", profile.model,
                  profile.codec_inputs, profile.codec_inputs == 1 ? "" : "s");
  if (profile.accuracy) {
    heading +=
        fmt::format("; accuracy without a codec {}", text::format_percent(*profile.accuracy));
  }
  const std::string picture = picture_sentence(profile);
  return heading + "\n" + table.text() + (picture.empty() ? "" : picture + "\n");
}

}  // namespace scission
