// Profiles as files: our JSON, field by field as in docs/profile-format.md, and folders of
// profiles.
#include "base/require.hpp"
#include "scission/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/text.hpp"
#include "model/byte_range_json.hpp"
#include "stats/summary_json.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

constexpr JsonFormat format{"scission-profile", profile_format_version, "profile",
                            "benchmark again"};

// Omits unknown values.
template <typename Number>
void put(Json& json, const char* key, Number value) {
  if (value > 0) json[key] = value;
}

void put(Json& json, const char* key, const Interval& interval) {
  if (interval.high > 0) json[key] = to_json(interval);
}

Json to_json(const HostContext& host) {
  Json json = {{"host", host.host},
               {"os", host.os},
               {"cpu", host.cpu},
               {"cores", host.cores},
               {"threads", host.threads},
               {"memory_bytes", host.memory_bytes},
               {"backend", host.backend},
               {"backend_version", host.backend_version},
               {"tool_version", host.tool_version},
               {"date", host.date}};
  if (!host.device.empty()) json["device"] = host.device;
  if (!host.split.empty()) json["split"] = host.split;
  if (host.is_optimized) json["optimized"] = true;
  if (!host.stress.empty()) json["stress"] = host.stress;
  if (!host.governor.empty()) json["governor"] = host.governor;
  put(json, "pause_s", host.pause_s);
  put(json, "clock_resolution_s", host.clock_resolution_s);
  put(json, "clock_overhead_s", host.clock_overhead_s);
  return json;
}

Json to_json(const BlockTiming& timing) {
  Json json = {{"first_layer", timing.block.first_layer},   {"last_layer", timing.block.last_layer},
               {"output_bytes", timing.block.output_bytes}, {"seconds", timing.seconds},
               {"layer_types", timing.layer_types},         {"parameters", timing.parameters}};
  put_byte_range(json, "min_output_bytes", "max_output_bytes", timing.block.bytes_seen);
  put(json, "weight_bytes", timing.weight_bytes);
  put(json, "peak_activation_bytes", timing.peak_activation_bytes);
  put(json, "flops", timing.flops);
  put(json, "interval", timing.interval);
  put(json, "cold_seconds", timing.cold_seconds);
  const Interval& setup = timing.setup_interval;  // noise can put it below 0
  put(json, "setup_seconds", std::max(0.0, timing.setup_seconds));
  put(json, "setup_interval", Interval{std::max(0.0, setup.low), std::max(0.0, setup.high)});
  if (timing.summary.count > 0) json["summary"] = to_json(timing.summary);
  return json;
}

// The model's input and lossless codecs are what the absent fields mean.
Json to_json(const CodecTiming& timing) {
  Json json = {{"codec", timing.codec}};
  if (timing.last_layer >= 0) json["last_layer"] = timing.last_layer;
  json["bytes"] = timing.bytes;
  json["bytes_p95"] = timing.bytes_p95;
  json["encode_seconds"] = timing.encode_seconds;
  put(json, "encode_interval", timing.encode_interval);
  json["decode_seconds"] = timing.decode_seconds;
  put(json, "decode_interval", timing.decode_interval);
  put(json, "error", timing.error);
  put(json, "cosine_distance", 1 - timing.cosine);
  if (timing.agreement < 1) json["agreement"] = timing.agreement;
  if (timing.accuracy) json["accuracy"] = *timing.accuracy;
  return json;
}

Json to_json(const ModelProfile& profile) {
  Json json = {{"model", profile.model},
               {"input_shape", profile.input_shape},
               {"warmup", profile.warmup},
               {"repetitions", profile.repetitions},
               {"whole_seconds", profile.whole_seconds}};
  if (!profile.passes.empty()) json["passes"] = profile.passes;
  if (profile.whole.count > 0) json["whole"] = to_json(profile.whole);
  put(json, "whole_interval", profile.whole_interval);
  put(json, "sum_ratio_interval", profile.sum_ratio_interval);
  put(json, "pass_deviation", profile.pass_deviation);
  put(json, "cold_seconds", profile.cold_seconds);
  put(json, "load_seconds", profile.load_seconds);
  put(json, "measuring_seconds", profile.measuring_seconds);
  put(json, "weight_bytes", profile.weight_bytes);
  put(json, "peak_activation_bytes", profile.peak_activation_bytes);
  put(json, "peak_rss_bytes", profile.peak_rss_bytes);
  if (!profile.warnings.empty()) json["warnings"] = profile.warnings;
  json["blocks"] =
      json_array(profile.blocks, [](const BlockTiming& timing) { return to_json(timing); });
  put(json, "codec_inputs", profile.codec_inputs);
  if (profile.accuracy) json["accuracy"] = *profile.accuracy;
  if (!profile.codecs.empty()) {
    json["codecs"] =
        json_array(profile.codecs, [](const CodecTiming& timing) { return to_json(timing); });
  }
  return json;
}

// Earlier versions wrote "cpu after pauses of 0.05 s at 0.5 of its speed".
void take_pause(HostContext& host) {
  constexpr std::string_view words = " after pauses of ";
  const std::size_t begin = host.device.find(words);
  const std::size_t end = host.device.find(" s", begin + words.size());
  if (begin == std::string::npos || end == std::string::npos) return;
  const std::size_t digits = begin + words.size();
  host.pause_s = text::to_double(host.device.substr(digits, end - digits)).value_or(0);
  host.device.erase(begin, end + 2 - begin);
}

HostContext parse_host(const JsonField& json) {
  HostContext host;
  host.host = json.text_or("host");
  host.os = json.text_or("os");
  host.cpu = json.text_or("cpu");
  host.cores = json.small_count_or_0("cores");
  host.threads = json.small_count_or_0("threads");
  host.memory_bytes = json.count_or_0("memory_bytes");
  host.backend = json.text_or("backend");
  host.backend_version = json.text_or("backend_version");
  host.tool_version = json.text_or("tool_version");
  host.date = json.text_or("date");
  host.device = json.text_or("device");
  host.split = json.text_or("split");
  host.stress = json.text_or("stress");
  host.governor = json.text_or("governor");
  host.is_optimized = json.contains("optimized") && json.at("optimized").flag();
  host.pause_s = json.amount_or_0("pause_s");
  take_pause(host);
  host.clock_resolution_s = json.amount_or_0("clock_resolution_s");
  host.clock_overhead_s = json.amount_or_0("clock_overhead_s");
  return host;
}

Interval interval_or_none(const JsonField& json, const char* key) {
  return json.contains(key) ? parse_interval(json.at(key)) : Interval();
}

BlockTiming parse_block(const JsonField& json) {
  BlockTiming timing;
  timing.block.first_layer = json.at("first_layer").small_count();
  timing.block.last_layer = json.at("last_layer").small_count();
  timing.block.output_bytes = json.at("output_bytes").count();
  timing.block.bytes_seen = read_byte_range(json, "min_output_bytes", "max_output_bytes");
  timing.seconds = json.at("seconds").amount();
  if (json.contains("summary")) timing.summary = parse_summary(json.at("summary"));
  timing.layer_types = json.text_or("layer_types");
  timing.parameters = json.count_or_0("parameters");
  timing.weight_bytes = json.count_or_0("weight_bytes");
  timing.peak_activation_bytes = json.count_or_0("peak_activation_bytes");
  timing.flops = json.count_or_0("flops");
  timing.interval = interval_or_none(json, "interval");
  timing.cold_seconds = json.amount_or_0("cold_seconds");
  timing.setup_seconds = json.amount_or_0("setup_seconds");
  timing.setup_interval = interval_or_none(json, "setup_interval");
  return timing;
}

CodecTiming parse_codec(const JsonField& json) {
  CodecTiming timing;
  timing.codec = json.at("codec").name();
  timing.last_layer = json.contains("last_layer") ? json.at("last_layer").small_count() : -1;
  timing.bytes = json.at("bytes").amount();
  timing.bytes_p95 = json.at("bytes_p95").amount();
  timing.encode_seconds = json.at("encode_seconds").amount();
  timing.encode_interval = interval_or_none(json, "encode_interval");
  timing.decode_seconds = json.at("decode_seconds").amount();
  timing.decode_interval = interval_or_none(json, "decode_interval");
  timing.error = json.amount_or_0("error");
  timing.cosine = 1 - json.amount_or_0("cosine_distance");
  timing.agreement = json.amount_if("agreement").value_or(1);
  timing.accuracy = json.amount_if("accuracy");
  return timing;
}

// The fields that were added to version 1 later.
void parse_circumstances(const JsonField& json, ModelProfile& profile) {
  profile.whole_interval = interval_or_none(json, "whole_interval");
  profile.sum_ratio_interval = interval_or_none(json, "sum_ratio_interval");
  profile.pass_deviation = json.amount_or_0("pass_deviation");
  profile.cold_seconds = json.amount_or_0("cold_seconds");
  profile.load_seconds = json.amount_or_0("load_seconds");
  profile.measuring_seconds = json.amount_or_0("measuring_seconds");
  profile.weight_bytes = json.count_or_0("weight_bytes");
  profile.peak_activation_bytes = json.count_or_0("peak_activation_bytes");
  profile.peak_rss_bytes = json.count_or_0("peak_rss_bytes");
  profile.passes = json.each_of("passes", &JsonField::small_count);
  profile.warnings = json.each_of("warnings", &JsonField::text);
}

ModelProfile parse_model(const JsonField& json) {
  ModelProfile profile;
  profile.model = json.at("model").name();
  profile.input_shape = json.each_of("input_shape", &JsonField::count);
  profile.warmup = json.small_count_or_0("warmup");
  profile.repetitions = json.small_count_or_0("repetitions");
  profile.whole_seconds = json.amount_or_0("whole_seconds");
  parse_circumstances(json, profile);
  if (json.contains("whole")) profile.whole = parse_summary(json.at("whole"));
  profile.blocks = json.at("blocks").each(parse_block);
  profile.codec_inputs = json.small_count_or_0("codec_inputs");
  profile.accuracy = json.amount_if("accuracy");
  profile.codecs = json.each_of("codecs", parse_codec);
  return profile;
}

SystemProfile parse_system(const nlohmann::json& document, const std::string& place) {
  validate_format(document, format, place);
  const JsonField json(document, place);
  SystemProfile profile;
  profile.platform = json.at("platform").name();
  profile.name = json.at("name").name();
  if (json.contains("host")) profile.host = parse_host(json.at("host"));
  std::set<std::string> seen;
  const JsonField models = json.at("models");
  for (const JsonField& field : models.elements()) {
    profile.models.push_back(parse_model(field));
    validate(profile.models.back(), place);
    if (!seen.insert(profile.models.back().model).second) {
      field.at("model").fail("appears twice");
    }
  }
  return profile;
}

// As parse_profile_json(), but empty for JSON without the marker of a profile.
std::optional<SystemProfile> parse_if_profile_json(std::string_view text,
                                                   const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  if (!has_marker(document, format)) return std::nullopt;
  return parse_system(document, place);
}

namespace fs = std::filesystem;

SystemProfile read_dat(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::size_t dash = stem.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == stem.size()) {
    throw_damaged("a .dat must be called PLATFORM-NAME.dat, as in edge-box.dat", path.string());
  }
  SystemProfile profile;
  profile.platform = stem.substr(0, dash);
  profile.name = stem.substr(dash + 1);
  profile.models = parse_profile_dat(read_file(path), path.string());
  return profile;
}

// Empty for a file that is not marked as a profile.
std::optional<SystemProfile> read_if_profile(const fs::path& path) {
  if (path.extension() == ".dat") return read_dat(path);
  if (path.extension() == ".json") return parse_if_profile_json(read_file(path), path.string());
  return std::nullopt;
}

// A .dat beside a .json of the same name is a copy of it.
bool is_copy(fs::path path) {
  std::error_code ignored;
  if (path.extension() != ".dat") return false;
  path.replace_extension(".json");
  return fs::is_regular_file(path, ignored) && read_if_profile(path).has_value();
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error)) {
    throw Error(ErrorCode::not_found, "is a file; name the folder with the profiles",
                folder.string());
  }
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorCode::not_found, "no such folder of profiles",
                folder.empty() ? "''" : folder.string());
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (error) throw Error(ErrorCode::io, "cannot be read: " + error.message(), folder_text(folder));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string format_profile_json(const SystemProfile& profile) {
  Json json = {{"format", format.marker},       {"version", profile_format_version},
               {"platform", profile.platform},  {"name", profile.name},
               {"host", to_json(profile.host)}, {"models", Json::array()}};
  for (const ModelProfile& model : profile.models) {
    validate(model, fmt::format("profile {}-{}", profile.platform, profile.name));
    json["models"].push_back(to_json(model));
  }
  return format_json(json);
}

SystemProfile parse_profile_json(std::string_view text, const std::string& place) {
  return parse_system(parse_json(text, place), place);
}

void write_profile(const SystemProfile& profile, const fs::path& path) {
  write_file_atomically(path, format_profile_json(profile));
}

SystemProfile read_profile(const fs::path& path) {
  if (path.extension() == ".json") return parse_profile_json(read_file(path), path.string());
  if (path.extension() == ".dat") return read_dat(path);
  throw Error(ErrorCode::unsupported, "a profile's name ends in .json or .dat", path.string());
}

std::vector<SystemProfile> read_profiles(const fs::path& folder,
                                         std::vector<fs::path>* passed_over) {
  std::vector<SystemProfile> profiles;
  std::map<std::string, fs::path> file_of;
  for (const fs::path& path : files_in(folder)) {
    if (is_copy(path)) continue;
    std::optional<SystemProfile> profile = read_if_profile(path);
    if (!profile) {
      if (passed_over != nullptr && path.extension() == ".json") passed_over->push_back(path);
      continue;
    }
    const auto [known, is_new] = file_of.emplace(profile->name, path);
    if (!is_new) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("describes the system '{}', as does {}; keep one of them",
                              profile->name, known->second.filename().string()),
                  path.string());
    }
    profiles.push_back(*std::move(profile));
  }
  if (!profiles.empty()) return profiles;
  throw Error(ErrorCode::not_found,
              "holds no profile, neither PLATFORM-NAME.json nor PLATFORM-NAME.dat; make one with "
              "scission-benchmark",
              folder.string());
}

}  // namespace scission
