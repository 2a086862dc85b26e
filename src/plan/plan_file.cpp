#include "plan/plan_file.hpp"

#include <fmt/format.h>

#include <limits>

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr const char* format_marker = "scission-plans";
constexpr int format_version = 1;

void check_format(const nlohmann::json& json, const std::string& place) {
  const auto marker = json.find("format");
  if (marker != json.end() && *marker == format_marker) return;
  throw Error(ErrorCode::damaged,
              fmt::format("is no plan: it lacks \"format\": \"{}\"; write it with "
                          "scission-predict --json",
                          format_marker),
              place);
}

void check_version(const JsonField& field, const std::string& place) {
  const std::int64_t version = field.count();
  if (version <= format_version) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("is a plan of format version {}, newer than {}, the newest this program "
                          "reads",
                          version, format_version),
              place);
}

Placement read_stage(const JsonField& json, int expected_first) {
  Placement stage;
  stage.system = json.at("system").text();
  stage.first_layer = json.at("first_layer").small_count();
  stage.last_layer = json.at("last_layer").small_count();
  if (stage.system.empty()) json.at("system").fail("must not be empty");
  if (stage.last_layer == std::numeric_limits<int>::max())
    json.at("last_layer").fail("is too large");
  if (stage.first_layer != expected_first) {
    json.at("first_layer")
        .fail(fmt::format("must be {}: the stages' layers are in order, without gaps from 0",
                          expected_first));
  }
  if (stage.last_layer < stage.first_layer) {
    json.at("last_layer").fail("must not be below first_layer");
  }
  return stage;
}

}  // namespace

void check_plan_format(const nlohmann::json& document, const std::string& place) {
  check_format(document, place);
  const JsonField json(document, place);
  check_version(json.at("version"), place);
}

std::vector<Placement> read_placements(const JsonField& stages) {
  std::vector<Placement> placements;
  int first = 0;
  for (const JsonField& stage : stages.elements()) {
    placements.push_back(read_stage(stage, first));
    first = placements.back().last_layer + 1;
  }
  if (placements.empty()) stages.fail("must hold a stage");
  return placements;
}

}  // namespace scission
