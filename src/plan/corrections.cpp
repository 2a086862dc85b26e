// Corrections of systems' times by what runs have shown, and their file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/require.hpp"
#include "scission/base.hpp"
#include "scission/plan/problem.hpp"

namespace scission {
namespace {

constexpr JsonFormat corrections_format{"scission-corrections", 1, "file of corrections",
                                        "learn them again"};

void require_same_model(const std::string& model, const std::string& other) {
  if (model == other) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("are of the model {}, not of {}; learn them from runs of {}", other,
                          model, model),
              "corrections");
}

void scale(std::vector<double>& seconds, double factor) {
  for (double& one : seconds) one *= factor;
}

SystemCorrection parse_correction(const JsonField& json) {
  SystemCorrection correction{json.at("system").name(), json.at("factor").amount(),
                              json.amount_or_0("stage_s"), json.small_count_or_0("stages")};
  if (!(correction.factor > 0)) json.at("factor").fail("must be above 0");
  return correction;
}

}  // namespace

SystemCorrection Corrections::of(std::string_view system) const {
  for (const SystemCorrection& one : systems) {
    if (one.system == system) return one;
  }
  return {std::string(system)};
}

Corrections merge_corrections(const Corrections& earlier, const Corrections& newer) {
  if (earlier.systems.empty()) return newer;
  require_same_model(newer.model, earlier.model);
  std::map<std::string, SystemCorrection> by_name;
  for (const Corrections* some : {&earlier, &newer}) {
    for (const SystemCorrection& one : some->systems) by_name[one.system] = one;
  }
  Corrections all{newer.model, {}};
  for (const auto& [name, correction] : by_name) all.systems.push_back(correction);
  return all;
}

void apply_corrections(const Corrections& corrections, PartitionProblem& problem) {
  require_same_model(problem.model, corrections.model);
  if (!problem.corrections.empty()) {
    throw_invalid_argument("the problem's times are corrected already", "corrections");
  }
  for (std::size_t system = 0; system < problem.systems.size(); ++system) {
    const SystemCorrection one = corrections.of(problem.systems[system].name);
    if (one.factor == 1 && one.stage_s == 0) continue;
    problem.corrections.push_back(one);
    scale(problem.block_s[system], one.factor);
    const std::vector<double> none(problem.blocks.size(), 0.0);
    if (problem.setup_s.empty()) problem.setup_s.assign(problem.systems.size(), none);
    scale(problem.setup_s[system], one.factor);
    for (double& setup_s : problem.setup_s[system]) setup_s += one.stage_s;
  }
}

std::string format_corrections_json(const Corrections& corrections) {
  using Json = nlohmann::ordered_json;
  const auto system_json = [](const SystemCorrection& one) {
    return Json{{"system", one.system},
                {"factor", one.factor},
                {"stage_s", one.stage_s},
                {"stages", one.stages}};
  };
  return format_json(Json{{"format", corrections_format.marker},
                          {"version", corrections_format.newest_version},
                          {"model", corrections.model},
                          {"systems", json_array(corrections.systems, system_json)}});
}

Corrections parse_corrections_json(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  validate_format(document, corrections_format, place);
  const JsonField json(document, place);
  return {json.at("model").name(), json.at("systems").each(parse_correction)};
}

Corrections read_corrections(const std::filesystem::path& path) {
  return parse_corrections_json(read_file(path), path.string());
}

}  // namespace scission
