#include "command_line.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "base/this_machine.hpp"

namespace scission::apps {
namespace {

constexpr double longest_pause_s = 3'600;

template <typename T>
Value value_of(const std::string& usual) {
  const Value value = cxxopts::value<T>();
  return usual.empty() ? value : value->default_value(usual);
}

/// cxxopts' own reads "500ms" as 500.
class StrictDouble : public cxxopts::values::standard_value<double> {
 public:
  using standard_value::parse;
  using standard_value::standard_value;

  std::shared_ptr<cxxopts::Value> clone() const override {
    return std::make_shared<StrictDouble>(*this);
  }

  void parse(const std::string& text) const override {
    if (!text::to_double(text)) throw cxxopts::exceptions::incorrect_argument_type(text);
    standard_value::parse(text);
  }
};

}  // namespace

Error usage_error(const std::string& message, const std::string& place) {
  return {ErrorCode::invalid_argument, message, place};
}

std::optional<std::size_t> terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::optional<std::size_t> stdout_width() { return terminal_width(STDOUT_FILENO); }

std::optional<std::size_t> help_width() {
  constexpr std::size_t narrowest = 40;
  constexpr std::size_t widest = 100;
  const auto width = stdout_width();
  return width ? std::optional(std::clamp(*width, narrowest, widest)) : std::nullopt;
}

std::string help_text(const std::string& text) { return text::fitted(text, help_width()); }

Value text_value(const std::string& usual) { return value_of<std::string>(usual); }
Value list_value(const std::string& usual) { return value_of<Words>(usual); }
Value int_value(const std::string& usual) { return value_of<int>(usual); }

Value double_value(const std::string& usual) {
  const Value value = std::make_shared<StrictDouble>();
  return usual.empty() ? value : value->default_value(usual);
}

Value seed_value(const std::string& usual) { return value_of<std::uint64_t>(usual); }

std::string text_of(const Arguments& arguments, const std::string& option,
                    const std::string& otherwise) {
  return arguments.count(option) ? arguments[option].as<std::string>() : otherwise;
}

Words words_of(const Arguments& arguments, const std::string& option) {
  return arguments.count(option) ? arguments[option].as<Words>() : Words();
}

Words values_of(const Arguments& arguments, const std::string& option) {
  Words values;
  for (const cxxopts::KeyValue& one : arguments.arguments()) {
    if (one.key() == option) values.push_back(one.value());
  }
  return values;
}

std::vector<NamedValue> named_values_of(const Arguments& arguments, const std::string& option) {
  std::vector<NamedValue> named;
  for (const std::string& joined : values_of(arguments, option)) {
    const std::size_t end = joined.find(unit_separator);
    named.push_back({option, joined.substr(0, end), joined.substr(end + 1)});
  }
  return named;
}

int int_of(const Arguments& arguments, const std::string& option, int min, int max) {
  const int value = arguments[option].as<int>();
  if (value >= min && value <= max) return value;
  throw usage_error(max == std::numeric_limits<int>::max()
                        ? fmt::format("must be {} or more", min)
                        : fmt::format("must be from {} to {}", min, max),
                    "--" + option);
}

std::optional<int> optional_int_of(const Arguments& arguments, const std::string& option, int min,
                                   int max) {
  return arguments.count(option) ? std::optional(int_of(arguments, option, min, max))
                                 : std::nullopt;
}

double positive_of(const Arguments& arguments, const std::string& option) {
  const auto value = arguments[option].as<double>();
  if (value > 0 && std::isfinite(value)) return value;
  throw usage_error("must be above 0", "--" + option);
}

double non_negative_of(const Arguments& arguments, const std::string& option) {
  const auto value = arguments[option].as<double>();
  if (value >= 0 && std::isfinite(value)) return value;
  throw usage_error("must be 0 or more", "--" + option);
}

double number_of(const Arguments& arguments, const std::string& option, double min, double max) {
  const std::string text = arguments[option].as<std::string>();
  const std::optional<double> number = text::to_double(text);
  if (number && *number >= min && *number <= max) return *number;
  throw usage_error(fmt::format("'{}' is not a number from {:g} to {:g}", text, min, max),
                    "--" + option);
}

void add_numbers(cxxopts::Options& options, const std::string& group,
                 const std::vector<NumberOption>& numbers) {
  for (const NumberOption& one : numbers) {
    options.add_options(group)(one.name, one.help, text_value(fmt::format("{:g}", *one.value)),
                               one.unit);
  }
}

void read_numbers(const Arguments& arguments, const std::vector<NumberOption>& numbers) {
  for (const NumberOption& one : numbers) {
    *one.value = number_of(arguments, one.name, one.min, one.max);
  }
}

double speed_of(const cxxopts::ParseResult& arguments) {
  const auto speed = arguments["speed"].as<double>();
  if (speed > 0 && speed <= 1) return speed;  // a NaN is neither
  throw usage_error("must be above 0 and at most 1", "--speed");
}

double pause_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  const auto pause_s = arguments[option].as<double>();
  if (pause_s >= 0 && pause_s <= longest_pause_s) return pause_s;
  throw usage_error(fmt::format("must be from 0 to {} seconds", longest_pause_s), "--" + option);
}

std::optional<Share> parse_share(const std::string& text) {
  std::string_view digits = text::trim(text);
  const bool is_percent = digits.ends_with('%');
  if (is_percent) digits = text::trim(digits.substr(0, digits.size() - 1));
  const auto number = text::to_double(digits);
  if (!number || *number < 0) return std::nullopt;
  return Share{is_percent ? *number / 100 : *number, is_percent};
}

double parse_fraction(const std::string& text, const std::string& option) {
  const auto share = parse_share(text);
  if (share && (share->value < 1 || share->is_percent)) return share->value;
  throw usage_error(fmt::format("'{}' is not a fraction; write 5% or 0.05", text), option);
}

std::vector<double> parse_fractions(const std::string& text, const std::string& option) {
  std::vector<double> fractions;
  for (const std::string_view part : text::split(text, ',')) {
    fractions.push_back(parse_fraction(std::string(part), option));
  }
  return fractions;
}

double parse_precision(const std::string& text) {
  const double fraction = parse_fraction(text, "--precision");
  if (fraction > 0 && fraction <= 2) return fraction;
  throw usage_error(fmt::format("'{}' is not a precision; write 2% or 0.02", text), "--precision");
}

std::string host_name() {
  const std::string name = scission::host_name();
  return name.empty() ? "here" : name;
}

void add_keep_script_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)("keep-script",
                             "keep the gnuplot script (.gp) beside each picture, with its data");
}

void remove_scripts(const std::filesystem::path& folder, const std::string& stem,
                    const Words& names) {
  for (const std::string& name : names) {
    std::error_code ignored;
    std::filesystem::remove(folder / fmt::format("{}-{}.gp", stem, name), ignored);
  }
}

}  // namespace scission::apps
