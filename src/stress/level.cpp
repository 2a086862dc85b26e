#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "stress/stress.hpp"

namespace scission {
namespace {

int* field_of(StressLevel& level, std::string_view name) {
  if (name == "cpu") return &level.cpu_percent;
  return name == "memory" ? &level.memory_percent : nullptr;
}

void check_percent(int percent, const char* what) {
  if (percent >= 0 && percent <= 100) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is none of 0 to 100 %", percent),
              fmt::format("{} stress", what));
}

}  // namespace

StressLevel parse_stress(std::string_view text, const std::string& place) {
  StressLevel level;
  if (text::trim(text).empty()) return level;
  for (const std::string_view item : text::split(text, ',')) {
    const std::size_t equals = item.find('=');
    int* const field = field_of(level, text::trim(item.substr(0, equals)));
    const auto percent = equals == item.npos ? std::nullopt : text::to_int(item.substr(equals + 1));
    if (field == nullptr || !percent || *percent < 0 || *percent > 100) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is no stress; say cpu=50,memory=50, from 0 to 100 %", item),
                  place);
    }
    *field = *percent;
  }
  return level;
}

std::string to_string(const StressLevel& level) {
  std::string text;
  if (level.cpu_percent > 0) text = fmt::format("cpu={}", level.cpu_percent);
  if (level.memory_percent > 0) {
    text += fmt::format("{}memory={}", text.empty() ? "" : ",", level.memory_percent);
  }
  return text;
}

std::string folder_of(const StressLevel& level) {
  std::string name;
  if (level.cpu_percent > 0) name += fmt::format("-cpu{}", level.cpu_percent);
  if (level.memory_percent > 0) name += fmt::format("-memory{}", level.memory_percent);
  return name.empty() ? name : "under" + name;
}

void validate_stress(const StressLevel& level) {
  check_percent(level.cpu_percent, "cpu");
  check_percent(level.memory_percent, "memory");
}

std::int64_t stress_memory_bytes(const StressLevel& level, std::int64_t available_bytes) {
  return available_bytes / 1000 * 9 * level.memory_percent;
}

}  // namespace scission
