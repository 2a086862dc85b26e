#include "scission/profile.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/csv.hpp"

namespace scission {
namespace {

constexpr std::string_view codec_columns =
    "platform,system,model,batch,inputs,layer,head_weight_bytes,raw_bytes,codec,bytes,bytes_p95,"
    "encode_seconds,encode_low,encode_high,decode_seconds,decode_low,decode_high,error,cosine,"
    "agreement,accuracy,accuracy_without\n";

/// What is known of a cut from the blocks before it.
struct Head {
  std::int64_t weight_bytes = 0;
  std::int64_t output_bytes = 0;
};

std::map<int, Head> heads_of(const ModelProfile& model) {
  std::map<int, Head> heads;
  std::int64_t weight_bytes = 0;
  for (const BlockTiming& timing : model.blocks) {
    weight_bytes += timing.weight_bytes;
    heads[timing.block.last_layer] = {weight_bytes, timing.block.output_bytes};
  }
  return heads;
}

std::string interval_cells(const Interval& interval) {
  return interval.high > 0 ? fmt::format("{},{}", interval.low, interval.high) : ",";
}

std::string share_cell(const std::optional<double>& share) {
  return share ? fmt::format("{}", *share) : "";
}

std::string place_cells(const CodecTiming& timing, const std::map<int, Head>& heads) {
  if (timing.last_layer < 0) return ",0,";
  const Head& head = heads.at(timing.last_layer);
  return fmt::format("{},{},{}", timing.last_layer, head.weight_bytes, head.output_bytes);
}

std::string codec_rows(const SystemProfile& system, const ModelProfile& model) {
  const std::string names = fmt::format(
      "{},{},{},{},{}", csv_cell(system.platform), csv_cell(system.name), csv_cell(model.model),
      model.input_shape.empty() ? "" : std::to_string(model.input_shape.front()),
      model.codec_inputs);
  const std::map<int, Head> heads = heads_of(model);
  std::string rows;
  for (const CodecTiming& timing : model.codecs) {
    rows += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", names,
                        place_cells(timing, heads), timing.codec, timing.bytes, timing.bytes_p95,
                        timing.encode_seconds, interval_cells(timing.encode_interval),
                        timing.decode_seconds, interval_cells(timing.decode_interval), timing.error,
                        timing.cosine, timing.agreement, share_cell(timing.accuracy),
                        share_cell(model.accuracy));
  }
  return rows;
}

}  // namespace

std::string format_codecs_csv(const SystemProfile& profile) {
  std::string csv(codec_columns);
  for (const ModelProfile& model : profile.models) csv += codec_rows(profile, model);
  return csv;
}

}  // namespace scission
