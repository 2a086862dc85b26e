// What the verification of a model's segments found, as text and as JSON.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_field.hpp"
#include "scission/prepare.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

std::string verdict_text(const BatchComparison& verdict) {
  if (!verdict.model_runs) {
    return fmt::format("not compared, the model itself refuses it ({})", verdict.message);
  }
  if (verdict.bit_equal) {
    return verdict.message.empty() ? "bit-equal" : "bit-equal; " + verdict.message;
  }
  if (!verdict.message.empty()) return fmt::format("not equal, {}", verdict.message);
  if (!std::isfinite(verdict.largest_difference)) return "not equal, not even in shape";
  return fmt::format("not equal, elements differ by up to {:.3g}", verdict.largest_difference);
}

std::string batch_text(const BatchComparison& verdict) {
  if (verdict.batch > 0) return fmt::format("batch {}", verdict.batch);
  return verdict.factor == 1 ? "the inputs as given"
                             : fmt::format("{} times the batch", verdict.factor);
}

std::string exit_lines(const BatchComparison& verdict) {
  std::string lines;
  for (const ExitRuns& runs : verdict.exits) {
    lines += fmt::format("{}, {}: taken by {} of {} runs", batch_text(verdict), runs.exit,
                         runs.taken, runs.taken + runs.not_taken);
    if (runs.taken == 0) lines += "; the answer given there is not compared";
    if (runs.not_taken == 0) lines += "; what comes after it is not compared";
    lines += "\n";
  }
  return lines;
}

Json exit_json(const ExitRuns& runs) {
  return {{"exit", runs.exit}, {"taken", runs.taken}, {"went_on", runs.not_taken}};
}

Json verdict_json(const BatchComparison& verdict) {
  Json exits = Json::array();
  for (const ExitRuns& runs : verdict.exits) exits.push_back(exit_json(runs));
  return {{"batch", verdict.batch},
          {"factor", verdict.factor},
          {"model_runs", verdict.model_runs},
          {"bit_equal", verdict.bit_equal},
          {"largest_difference", verdict.largest_difference},
          {"message", verdict.message},
          {"exits", std::move(exits)}};
}

}  // namespace

std::string format_verdicts(const std::vector<BatchComparison>& verdicts, bool any_batch) {
  std::string lines;
  for (const BatchComparison& verdict : verdicts) {
    lines += fmt::format("{}: {}\n", batch_text(verdict), verdict_text(verdict));
    lines += exit_lines(verdict);
  }
  if (!verdicts.empty() && !any_batch) {
    lines += "other batches: not compared, the segments are for this batch alone\n";
  }
  return lines;
}

void require_equal_results(const std::vector<BatchComparison>& verdicts,
                           const std::filesystem::path& folder) {
  for (const BatchComparison& verdict : verdicts) {
    const bool is_fine = verdict.model_runs ? verdict.bit_equal : verdict.factor != 1;
    if (is_fine) continue;
    if (!verdict.model_runs) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("written, but not verified: the model itself does not run on this "
                              "machine or input ({})",
                              verdict.message),
                  folder.string());
    }
    throw Error(ErrorCode::mismatch,
                fmt::format("the segments do not give what the model gives for {}: {}",
                            batch_text(verdict), verdict_text(verdict)),
                folder.string());
  }
}

std::string format_segments_json(const std::filesystem::path& folder,
                                 const SegmentManifest& manifest,
                                 const std::vector<BatchComparison>& verdicts) {
  Json json = {{"folder", folder.string()}, {"manifest", Json::parse(format_manifest(manifest))}};
  if (verdicts.empty()) return format_json(json);
  json["verified"] = Json::array();
  for (const auto& verdict : verdicts) json["verified"].push_back(verdict_json(verdict));
  return format_json(json);
}

}  // namespace scission
