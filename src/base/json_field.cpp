#include "base/json_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/csv.hpp"
#include "base/require.hpp"

namespace scission {
namespace {

std::string syntax_message(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const char* fault = byte > text.size() ? "the JSON is truncated" : "is not valid JSON";
  return fmt::format("{}: line {}, byte {}", fault, line, byte);
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& place) {
  text = plain_text(text, place);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw_damaged(syntax_message(text, error.byte), place);
  } catch (const nlohmann::json::out_of_range&) {
    throw_damaged("is not valid JSON: a number is too large", place);
  }
}

bool has_marker(const nlohmann::json& document, const JsonFormat& format) {
  const auto marker = document.find("format");
  return marker != document.end() && *marker == format.marker;
}

void validate_format(const nlohmann::json& document, const JsonFormat& format,
                     const std::string& place) {
  if (!has_marker(document, format)) {
    throw_damaged(fmt::format("is not a {}: it lacks \"format\": \"{}\"; {}", format.what,
                              format.marker, format.rewrite),
                  place);
  }
  const JsonField json(document, place);
  const JsonField field = json.at("version");
  const std::int64_t version = field.count();
  if (version < 1) field.fail("must be 1 or more");
  if (version <= format.newest_version) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("is a {} of format version {}, newer than {}, the newest this program "
                          "reads; read it with a newer Scission, or {}",
                          format.what, version, format.newest_version, format.rewrite),
              place);
}

JsonField::JsonField(const nlohmann::json& root, const std::string& place)
    : value_(&root), place_(&place) {}

JsonField::JsonField(const nlohmann::json& value, const JsonField& parent, std::string_view key,
                     std::size_t index)
    : value_(&value), place_(parent.place_), parent_(&parent), key_(key), index_(index) {}

JsonField JsonField::at(std::string_view key) const {
  if (!contains(key)) fail(fmt::format("lacks \"{}\"", key));
  return {*value_->find(key), *this, key, 0};
}

bool JsonField::contains(std::string_view key) const {
  if (!value_->is_object()) fail("must be an object");
  return value_->contains(key);
}

std::vector<JsonField> JsonField::elements() const& {
  if (!value_->is_array()) fail("must be an array");
  std::vector<JsonField> elements;
  elements.reserve(value_->size());
  for (const nlohmann::json& element : *value_) {
    elements.push_back({element, *this, {}, elements.size()});
  }
  return elements;
}

std::string JsonField::text() const {
  if (!value_->is_string()) fail("must be a string");
  return value_->get<std::string>();
}

std::string JsonField::name() const {
  std::string name = text();
  if (name.empty()) fail("must not be empty");
  return name;
}

bool JsonField::flag() const {
  if (!value_->is_boolean()) fail("must be true or false");
  return value_->get<bool>();
}

double JsonField::amount() const {
  if (!value_->is_number() || !(value_->get<double>() >= 0)) fail("must be a number ≥ 0");
  return value_->get<double>();
}

std::int64_t JsonField::count() const {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > most) {
    fail("must be a whole number ≥ 0");
  }
  return value_->get<std::int64_t>();
}

int JsonField::small_count() const {
  const std::int64_t value = count();
  if (value > std::numeric_limits<int>::max()) fail("is too large");
  return static_cast<int>(value);
}

std::optional<std::string> JsonField::name_if(std::string_view key) const {
  if (!contains(key) || at(key).is_null()) return std::nullopt;
  return at(key).name();
}

std::optional<double> JsonField::amount_if(std::string_view key) const {
  if (!contains(key) || at(key).is_null()) return std::nullopt;
  return at(key).amount();
}

void JsonField::fail(std::string_view message) const {
  const std::string where = path();
  throw_damaged(where.empty() ? std::string(message) : fmt::format("{}: {}", where, message),
                *place_);
}

std::string JsonField::path() const {
  if (parent_ == nullptr) return {};
  const std::string above = parent_->path();
  if (key_.empty()) return fmt::format("{}[{}]", above, index_);
  return above.empty() ? std::string(key_) : fmt::format("{}.{}", above, key_);
}

}  // namespace scission
