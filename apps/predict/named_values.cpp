#include "named_values.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "scission/base/error.hpp"

namespace scission::predict {
namespace {

// No name holds it: it is what ASCII has for this very purpose.
constexpr char unit_separator = '\x1f';

struct TwoValues {
  std::string_view option;
  const char* values;
};

constexpr std::array two_valued{TwoValues{"--on", "NAME CRITERIA"},
                                TwoValues{"--upload", "NAME MB"}, TwoValues{"--time", "NAME TIME"},
                                TwoValues{"--memory", "NAME MB"},
                                TwoValues{"--keep-on", "NAME LAYERS"}};

// The entry for `--on` and for `--on=NAME`, or nullptr.
const TwoValues* find_two_valued(std::string_view argument) {
  const std::string_view option = argument.substr(0, argument.find('='));
  const auto found = std::find_if(two_valued.begin(), two_valued.end(),
                                  [&](const TwoValues& one) { return one.option == option; });
  return found == two_valued.end() ? nullptr : &*found;
}

// A value may begin with one dash (-1 is a criterion), a name with none.
void require_values(const TwoValues& option, std::string_view name, std::string_view value) {
  if (!name.empty() && name[0] != '-' && !value.empty() && !value.starts_with("--")) return;
  throw Error(ErrorCode::invalid_argument,
              std::string("needs two values, ") + option.values + "; see scission-predict --help",
              std::string(option.option));
}

// `--on NAME CRITERIA` and `--on=NAME CRITERIA` as one; `argument` moves on behind them.
template <typename Iterator>
std::string joined(const TwoValues& option, Iterator& argument, Iterator end) {
  const auto next = [&] { return argument == end ? std::string() : *argument++; };
  const std::string first = next();
  const std::size_t equals = first.find('=');
  const std::string name = equals == std::string::npos ? next() : first.substr(equals + 1);
  const std::string value = next();
  require_values(option, name, value);
  return std::string(option.option) + "=" + name + unit_separator + value;
}

}  // namespace

JoinedArguments::JoinedArguments(int argc, const char* const* argv) {
  const std::vector<std::string> given(argv, argv + argc);
  const auto end = std::find(given.begin(), given.end(), "--");
  for (auto argument = given.begin(); argument != end;) {
    const TwoValues* option = find_two_valued(*argument);
    arguments_.push_back(option ? joined(*option, argument, end) : *argument++);
  }
  arguments_.insert(arguments_.end(), end, given.end());
  for (const std::string& argument : arguments_) pointers_.push_back(argument.c_str());
}

std::vector<std::string> values_of(const cxxopts::ParseResult& arguments,
                                   const std::string& option) {
  std::vector<std::string> values;
  for (const cxxopts::KeyValue& one : arguments.arguments()) {
    if (one.key() == option) values.push_back(one.value());
  }
  return values;
}

std::vector<NamedValue> named_values_of(const cxxopts::ParseResult& arguments,
                                        const std::string& option) {
  std::vector<NamedValue> list;
  for (const std::string& joined : values_of(arguments, option)) {
    const std::size_t end = joined.find(unit_separator);
    list.push_back({joined.substr(0, end), joined.substr(end + 1)});
  }
  return list;
}

}  // namespace scission::predict
