#include "scission/profile.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ctime>
#include <fstream>
#include <limits>
#include <set>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "base/this_machine.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

// Seconds; sums of times up to this limit stay finite.
constexpr double max_s = 1e12;

bool is_amount(double value) { return value >= 0 && value <= max_s; }

bool is_interval(const Interval& interval) {
  return is_amount(interval.low) && is_amount(interval.high);
}

bool is_summary(const Summary& summary) {
  return summary.count >= 0 && is_amount(summary.median) && is_amount(summary.p5) &&
         is_amount(summary.p95) && is_amount(summary.mad) && is_interval(summary.interval);
}

bool are_passes(const std::vector<int>& passes, int rounds) {
  std::int64_t sum = 0;
  for (const int pass : passes) {
    if (pass < 1) return false;
    sum += pass;
  }
  return passes.empty() || sum == rounds;
}

// The first fault of the model's own fields, or empty.
std::string fault_of(const ModelProfile& profile) {
  if (profile.blocks.empty()) return "has no blocks";
  if (!is_amount(profile.whole_seconds)) return "whole_seconds must be a number from 0 to 10^12";
  if (!is_summary(profile.whole)) {
    return "the whole model's summary must consist of numbers from 0 to 10^12";
  }
  if (!is_interval(profile.whole_interval) || !is_interval(profile.sum_ratio_interval)) {
    return "its intervals must consist of numbers from 0 to 10^12";
  }
  if (!is_amount(profile.cold_seconds) || !is_amount(profile.load_seconds) ||
      !is_amount(profile.measuring_seconds)) {
    return "its times must be numbers from 0 to 10^12";
  }
  if (profile.weight_bytes < 0 || profile.peak_activation_bytes < 0 || profile.peak_rss_bytes < 0) {
    return "its memory must be 0 bytes or more";
  }
  if (!are_passes(profile.passes, profile.repetitions)) {
    return "its passes must each be 1 round or more and add up to its repetitions";
  }
  return {};
}

// The first fault of a block that must begin at `first_layer`, or empty.
std::string fault_of(const BlockTiming& timing, int first_layer) {
  const Block& block = timing.block;
  if (block.first_layer != first_layer) {
    return fmt::format("begins at layer {} instead of {}", block.first_layer, first_layer);
  }
  if (block.last_layer < block.first_layer) {
    return fmt::format("ends at layer {}, before its first layer, {}", block.last_layer,
                       block.first_layer);
  }
  if (block.last_layer == std::numeric_limits<int>::max()) return "its last layer is too large";
  if (!is_amount(timing.seconds)) return "its seconds must be a number from 0 to 10^12";
  if (!is_summary(timing.summary)) return "its summary must consist of numbers from 0 to 10^12";
  if (!is_interval(timing.interval)) return "its interval must consist of numbers from 0 to 10^12";
  if (!is_amount(timing.cold_seconds)) return "its cold_seconds must be a number from 0 to 10^12";
  if (!is_amount(std::abs(timing.setup_seconds))) {
    return "its setup_seconds must be a number up to 10^12";
  }
  if (timing.flops < 0) return "its flops must be 0 or more";
  if (block.output_bytes < 0) return "its output must be 0 bytes or more";
  if (timing.parameters < 0) return "its parameters must be 0 or more";
  if (timing.weight_bytes < 0 || timing.peak_activation_bytes < 0) {
    return "its memory must be 0 bytes or more";
  }
  return {};
}

bool is_share(double value) { return value >= 0 && value <= 1; }

// Letters, digits, "-" and "+"; "raw" is no codec.
bool is_codec_name(std::string_view name) {
  return !name.empty() && name != "raw" &&
         std::all_of(name.begin(), name.end(), [](unsigned char letter) {
           return std::isalnum(letter) != 0 || letter == '-' || letter == '+';
         });
}

// The first fault of what is stated of a codec at a cut, or empty.
std::string fault_of(const CodecTiming& timing) {
  constexpr double max_bytes = 0x1p62;
  const auto is_size = [](double bytes) { return bytes >= 0 && bytes <= max_bytes; };
  if (!is_codec_name(timing.codec)) {
    return "its codec must be named by letters, digits, - and +, and not raw";
  }
  if (!is_size(timing.bytes) || !is_size(timing.bytes_p95)) {
    return "its bytes must be numbers from 0 to 2^62";
  }
  if (!is_amount(timing.encode_seconds) || !is_amount(timing.decode_seconds)) {
    return "its times must be numbers from 0 to 10^12";
  }
  if (!is_interval(timing.encode_interval) || !is_interval(timing.decode_interval)) {
    return "its intervals must consist of numbers from 0 to 10^12";
  }
  if (!is_amount(timing.error)) return "its error must be a number from 0 to 10^12";
  if (!(timing.cosine >= -1 && timing.cosine <= 1)) return "its cosine must be from -1 to 1";
  if (!is_share(timing.agreement)) return "its agreement must be a number from 0 to 1";
  if (!is_share(timing.accuracy.value_or(0))) return "its accuracy must be a number from 0 to 1";
  return {};
}

// The first fault of what is stated of codecs, or empty. O(codecs log codecs).
std::string fault_of_codecs(const ModelProfile& profile) {
  if (profile.codec_inputs < 0) return "its codec_inputs must be 0 or more";
  if (!is_share(profile.accuracy.value_or(0))) return "its accuracy must be a number from 0 to 1";
  std::set<int> cuts = {-1};
  for (const BlockTiming& timing : profile.blocks) cuts.insert(timing.block.last_layer);
  std::set<std::pair<int, std::string_view>> seen;
  for (const CodecTiming& timing : profile.codecs) {
    std::string fault = fault_of(timing);
    if (fault.empty() && cuts.count(timing.last_layer) == 0) {
      fault = "is neither at the end of a block nor at the input";
    }
    if (fault.empty() && !seen.emplace(timing.last_layer, timing.codec).second) {
      fault = "appears twice";
    }
    if (fault.empty()) continue;
    return fmt::format("codec '{}' after layer {}: {}", timing.codec, timing.last_layer, fault);
  }
  return {};
}

// The text after the separator in the first line of the file that begins with `key`; empty if there
// is no such line.
std::string value_of(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || text::trim(line.substr(0, at)) != key) continue;
    std::string_view value = text::trim(std::string_view(line).substr(at + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

// x86 names the processor in /proc/cpuinfo; ARM boards name the board in the device tree, as a
// string that ends with a zero byte.
std::string cpu_name() {
  std::string name = value_of("/proc/cpuinfo", "model name", ':');
  if (!name.empty()) return name;
  std::ifstream board("/proc/device-tree/model");
  std::getline(board, name, '\0');
  return name;
}

// Of the first processor; empty where the system does not let the frequency be chosen, as in VMs.
std::string frequency_governor() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::string governor;
  std::getline(file, governor);
  return clean_text(governor);
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char date[] = "0000-00-00T00:00:00Z";
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return date;
}

}  // namespace

double ModelProfile::blocks_seconds() const {
  double sum = 0;
  for (const BlockTiming& timing : blocks) sum += timing.seconds;
  return sum;
}

std::optional<double> ModelProfile::precision() const {
  constexpr int min_rounds = 6;  // 2 · 2^-6 is the first below 5 %
  constexpr double share_that_matters = 0.01;
  if (whole.count < min_rounds) return std::nullopt;
  double sum = 0;
  for (const BlockTiming& timing : blocks) sum += timing.summary.median;
  double widest = relative_width(whole);
  for (const BlockTiming& timing : blocks) {
    if (timing.summary.median <= share_that_matters * sum) continue;
    widest = std::max(widest, relative_width(timing.summary));
  }
  return widest;
}

double ModelProfile::difference() const {
  return whole_seconds > 0 ? blocks_seconds() / whole_seconds - 1 : 0;
}

int ModelProfile::layers() const { return blocks.empty() ? 0 : blocks.back().block.last_layer + 1; }

const ModelProfile* SystemProfile::find(const std::string& model) const {
  for (const ModelProfile& profile : models) {
    if (profile.model == model) return &profile;
  }
  return nullptr;
}

std::vector<std::string> known_models(const std::vector<SystemProfile>& profiles) {
  std::vector<std::string> names;
  for (const SystemProfile& profile : profiles) {
    for (const ModelProfile& model : profile.models) names.push_back(model.model);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string find_known_model(const std::vector<SystemProfile>& profiles, std::string name) {
  const std::vector<std::string> known = known_models(profiles);
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

void validate(const ModelProfile& profile, const std::string& place) {
  const auto fail = [&](const std::string& fault) {
    throw_damaged(fmt::format("model {}: {}", profile.model, fault), place);
  };
  if (const std::string fault = fault_of(profile); !fault.empty()) fail(fault);
  int first_layer = 0;
  for (std::size_t index = 0; index < profile.blocks.size(); ++index) {
    const std::string fault = fault_of(profile.blocks[index], first_layer);
    if (!fault.empty()) fail(fmt::format("block {}: {}", index, fault));
    first_layer = profile.blocks[index].block.last_layer + 1;
  }
  if (const std::string fault = fault_of_codecs(profile); !fault.empty()) fail(fault);
}

HostContext this_host() {
  HostContext context;
  context.host = host_name();
  context.os = value_of("/etc/os-release", "PRETTY_NAME", '=');
  context.cpu = cpu_name();
  context.cores = usable_cores();
  context.memory_bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  context.tool_version = version();
  context.date = date_now();
  context.governor = frequency_governor();
  return context;
}

}  // namespace scission
