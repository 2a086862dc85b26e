#include "onnx/block_times.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "scission/base.hpp"

namespace scission::onnx {
namespace {

std::string folder_of(std::string_view name) {
  const std::size_t end = name.rfind('/');
  return end == std::string_view::npos ? "" : std::string(name.substr(0, end));
}

struct Operation {
  std::string name;
  std::int64_t start_us = 0;
  std::int64_t us = 0;

  std::int64_t end_us() const { return start_us + us; }
};

bool has_types(const nlohmann::json& event) {
  const auto is_number = [&](const char* field) {
    return !event.contains(field) || event[field].is_number_integer();
  };
  return event.is_object() && event.contains("name") && event["name"].is_string() &&
         is_number("ts") && is_number("dur");
}

// The operations of each run. Those within the body of another one are left out. The profile is an
// array of events, one on each line, and may have hundreds of megabytes as a document. Nothing
// where a line cannot be read: ONNX Runtime writes names with quotes as they are.
std::vector<std::vector<Operation>> runs_of(const std::string& profile) {
  constexpr std::string_view suffix = "_kernel_time";
  std::vector<std::vector<Operation>> runs;
  std::vector<Operation> open;
  std::istringstream lines(profile);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('{')) continue;  // the array's brackets
    if (line.ends_with(',')) line.pop_back();
    const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    if (!has_types(event)) return {};
    const std::string name = event.value("name", "");
    if (name == "model_run") {
      std::sort(open.begin(), open.end(), [](const Operation& a, const Operation& b) {
        return a.start_us != b.start_us ? a.start_us < b.start_us : a.us > b.us;
      });
      runs.emplace_back();
      for (Operation& operation : open) {
        const bool is_inside = !runs.back().empty() &&
                               operation.start_us < runs.back().back().end_us() &&
                               operation.end_us() <= runs.back().back().end_us();
        if (!is_inside) runs.back().push_back(std::move(operation));
      }
      open.clear();
    } else if (name.ends_with(suffix)) {
      open.push_back({name.substr(0, name.size() - suffix.size()),
                      event.value("ts", std::int64_t{0}), event.value("dur", std::int64_t{0})});
    }
  }
  return runs;
}

// Seconds of each block in one run, then how many operations each has; last the seconds of
// operations of unknown blocks, which count as their predecessor's.
std::vector<double> block_times_of(const std::vector<Operation>& run, const BlockNames& names) {
  std::vector<double> seconds(2 * names.blocks() + 1, 0.0);
  int current = 0;
  for (const Operation& operation : run) {
    const double operation_s = static_cast<double>(operation.us) * 1e-6;
    const int block = names.find(operation.name);
    if (block == BlockNames::unknown) seconds.back() += operation_s;
    if (block >= 0) current = block;
    seconds[current] += operation_s;
    ++seconds[names.blocks() + current];
  }
  return seconds;
}

}  // namespace

BlockNames::BlockNames(const ReadModel& model, const std::vector<Block>& blocks)
    : count_(blocks.size()) {
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    for (int layer = blocks[block].first_layer; layer <= blocks[block].last_layer; ++layer) {
      for (const int node : model.layers[layer].nodes) add(model, node, static_cast<int>(block));
    }
  }
  for (std::size_t node = 0; node < model.nodes.makes.size(); ++node) {
    if (model.nodes.is_fixed[node]) add_names(model, static_cast<int>(node), any);
  }
}

void BlockNames::add_names(const ReadModel& model, int node, int block) {
  const auto add_name = [&](const std::string& name) {
    const auto [known, is_new] = names_.emplace(name, block);
    if (!is_new && known->second != block) known->second = unknown;
  };
  const std::string& name = model.nodes.node(node).name();
  if (name.empty() && block != any) has_unnamed_ = true;
  if (!name.empty()) add_name(name);
  for (const int value : model.nodes.makes[node]) add_name(model.nodes.values[value].name);
}

void BlockNames::add(const ReadModel& model, int node, int block) {
  add_names(model, node, block);
  const std::string folder = folder_of(model.nodes.node(node).name());
  if (folder.empty()) return;
  const auto [known, is_new] = folders_.emplace(folder, block);
  if (!is_new && known->second != block) known->second = unknown;
}

int BlockNames::find(std::string_view name) const {
  constexpr std::string_view fused = "fused ";
  if (name.starts_with(fused)) name.remove_prefix(fused.size());
  for (std::string_view rest = name; !rest.empty(); rest = rest.substr(0, rest.rfind('_'))) {
    const auto found = names_.find(std::string(rest));
    if (found != names_.end()) return found->second;
    if (rest.find('_') == std::string_view::npos) break;
  }
  const auto found = folders_.find(folder_of(name));
  return found == folders_.end() ? unknown : found->second;
}

std::vector<double> middle_half_means(std::vector<std::vector<double>> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const std::vector<double>& a, const std::vector<double>& b) {
              return std::reduce(a.begin(), a.end()) < std::reduce(b.begin(), b.end());
            });
  const std::size_t first = runs.size() / 4;
  const std::size_t end = runs.size() - runs.size() / 4;
  std::vector<double> means(runs.front().size(), 0.0);
  for (std::size_t run = first; run < end; ++run) {
    for (std::size_t i = 0; i < means.size(); ++i) {
      means[i] += runs[run][i] / static_cast<double>(end - first);
    }
  }
  return means;
}

std::vector<double> block_times_of_profile(const std::string& profile, const BlockNames& names,
                                           double whole_s) {
  constexpr double max_unknown = 0.25;
  if (names.has_unnamed()) return {};
  std::vector<std::vector<double>> runs;
  for (const std::vector<Operation>& run : runs_of(profile)) {
    runs.push_back(block_times_of(run, names));
  }
  if (runs.size() < 2) return {};
  runs.erase(runs.begin());
  const std::vector<double> means = middle_half_means(std::move(runs));
  const auto counts = means.begin() + static_cast<std::ptrdiff_t>(names.blocks());
  std::vector<double> seconds(means.begin(), counts);
  const double sum_s = std::reduce(seconds.begin(), seconds.end());
  if (sum_s <= 0 || means.back() > max_unknown * sum_s) return {};
  // What runs between two operations is no part of the profile.
  const double between_s = std::max(0.0, whole_s - sum_s) / std::reduce(counts, means.end() - 1);
  const double scale = std::min(1.0, whole_s / sum_s);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    seconds[i] = scale * seconds[i] + between_s * counts[static_cast<std::ptrdiff_t>(i)];
  }
  return seconds;
}

std::vector<double> boundary_times(const std::vector<double>& extra_s,
                                   const std::vector<double>& crossing_bytes) {
  std::vector<double> seconds(extra_s.size(), 0.0);
  const std::size_t last = extra_s.size() - 1;
  const double fixed_s = std::max(0.0, *std::min_element(extra_s.begin(), extra_s.end()));
  for (std::size_t block = 0; block < extra_s.size(); ++block) {
    const double begin = block == 0 ? 0 : crossing_bytes[block];
    const double end = block == last ? 0 : crossing_bytes[block + 1];
    if (block > 0) seconds[block] += fixed_s;
    if (begin + end <= 0) continue;
    const double converting_s = (extra_s[block] - fixed_s) / (begin + end);
    seconds[block] += converting_s * begin;
    if (block < last) seconds[block + 1] += converting_s * end;
  }
  return seconds;
}

}  // namespace scission::onnx
