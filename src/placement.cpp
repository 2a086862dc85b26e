#include "scission/placement.hpp"

#include "plan_file.hpp"
#include "scission/error.hpp"
#include "scission/file.hpp"

namespace scission {

std::vector<Placement> read_placements(const std::filesystem::path& path) {
  const std::string place = path.string();
  const nlohmann::json document = parse_json(read_file(path), place);
  check_plan_format(document, place);
  const JsonField json(document, place);
  const JsonField plans = json.at("plans");
  const std::vector<JsonField> all = plans.elements();
  if (all.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "holds no plan: none met its query; ask scission-predict with fewer limits", place);
  }
  const JsonField stages = all.front().at("stages");
  return read_placements(stages);
}

}  // namespace scission
