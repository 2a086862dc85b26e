#include "runtime/worker/stored_record.hpp"

#include <nlohmann/json.hpp>

#include "base/json_field.hpp"
#include "runtime/wire/segment_text.hpp"

namespace scission::runtime {

std::string format_record(const NamedSegment& model) {
  const nlohmann::ordered_json record = {{"model", model.model},
                                         {"manifest", format_segment(model.segment)}};
  return record.dump(2) + "\n";
}

NamedSegment parse_record(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  const JsonField record(document, place);
  return {record.at("model").text(), parse_segment(record.at("manifest").text(), place)};
}

}  // namespace scission::runtime
