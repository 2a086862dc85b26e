// Strict reading of JSON; errors name the field: "blocks[3].seconds: must be …". And writing it.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "scission/base.hpp"

namespace scission {

/// Throws Error(damaged, place) with the line and byte of the first syntax error, and as
/// plain_text().
SCISSION_EXPORT nlohmann::json parse_json(std::string_view text, const std::string& place);

/// A text of the JSON with a line end; invalid UTF-8 is replaced.
template <typename Json>
std::string format_json(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The number; null unless it is finite.
inline nlohmann::ordered_json number_or_null(double number) {
  return std::isfinite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json(nullptr);
}

/// The value; null without one.
template <typename T>
nlohmann::ordered_json value_or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// write(element) of every element, as an array.
template <typename T, typename Write>
nlohmann::ordered_json json_array(const std::vector<T>& list, Write write) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const T& element : list) array.push_back(std::invoke(write, element));
  return array;
}

/// A file format of ours, marked by the members "format" and "version".
struct JsonFormat {
  const char* marker;   ///< "scission-profile"
  int newest_version;   ///< that readers understand
  const char* what;     ///< what a file is called in errors: "profile"
  const char* rewrite;  ///< how to get a file of a known version: "benchmark again"
};

/// Whether the document is an object with the marker.
SCISSION_EXPORT bool has_marker(const nlohmann::json& document, const JsonFormat& format);

/// Throws Error(damaged, place) unless the document has the marker and a version ≥ 1, and
/// Error(unsupported, place) if the version is newer than the newest.
SCISSION_EXPORT void validate_format(const nlohmann::json& document, const JsonFormat& format,
                                     const std::string& place);

/// A value in a document together with its path. Refers to the document, to `place` and to its
/// parent field, which must outlive it.
///
/// All members throw Error(damaged, place) whose message begins with the path.
class SCISSION_EXPORT JsonField {
 public:
  JsonField(const nlohmann::json& root, const std::string& place);
  JsonField(const nlohmann::json& root, std::string&& place) = delete;

  /// A required member of this object.
  JsonField at(std::string_view key) const;
  bool contains(std::string_view key) const;

  /// The elements of this array.
  std::vector<JsonField> elements() const&;
  std::vector<JsonField> elements() const&& = delete;

  /// read(element) of every element of this array; a member function such as &JsonField::text, too.
  template <typename Read>
  auto each(Read read) const {
    std::vector<std::decay_t<std::invoke_result_t<Read&, const JsonField&>>> list;
    for (const JsonField& element : elements()) list.push_back(std::invoke(read, element));
    return list;
  }
  /// The same of an optional member of this object; empty without it.
  template <typename Read>
  auto each_of(std::string_view key, Read read) const {
    return contains(key) ? at(key).each(read) : decltype(each(read)){};
  }

  std::string text() const;
  std::string name() const;  ///< a string that is not empty
  bool flag() const;
  bool is_null() const { return value_->is_null(); }
  double amount() const;       ///< a number ≥ 0
  std::int64_t count() const;  ///< a whole number ≥ 0
  int small_count() const;     ///< a whole number ≥ 0 that fits an int

  /// An optional member of this object, or the default.
  std::string text_or(std::string_view key, std::string_view absent = {}) const {
    return contains(key) ? at(key).text() : std::string(absent);
  }
  double amount_or_0(std::string_view key) const { return contains(key) ? at(key).amount() : 0; }
  std::int64_t count_or_0(std::string_view key) const {
    return contains(key) ? at(key).count() : 0;
  }
  int small_count_or_0(std::string_view key) const {
    return contains(key) ? at(key).small_count() : 0;
  }

  /// An optional member of this object; empty where it is absent or null.
  std::optional<std::string> name_if(std::string_view key) const;
  std::optional<double> amount_if(std::string_view key) const;

  [[noreturn]] void fail(std::string_view message) const;

 private:
  JsonField(const nlohmann::json& value, const JsonField& parent, std::string_view key,
            std::size_t index);
  std::string path() const;

  const nlohmann::json* value_;
  const std::string* place_;
  const JsonField* parent_ = nullptr;
  std::string_view key_;  ///< empty for an element of an array
  std::size_t index_ = 0;
};

}  // namespace scission
