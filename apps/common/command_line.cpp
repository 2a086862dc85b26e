#include "command_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "terminal.hpp"

namespace scission::apps {
namespace {

constexpr double longest_pause_s = 3'600;

/// As cxxopts prints "Option ‘nmae’ does not exist": what stands between its quotes, which are
/// others from version to version.
std::string quoted_in(const std::string& complaint) {
  const std::size_t open = complaint.find(cxxopts::LQUOTE);
  if (open == std::string::npos) return {};
  const std::size_t begin = open + cxxopts::LQUOTE.size();
  const std::size_t end = complaint.find(cxxopts::RQUOTE, begin);
  return end == std::string::npos ? std::string() : complaint.substr(begin, end - begin);
}

/// What --help is wrapped for, where it goes to a terminal.
std::optional<std::size_t> help_width() {
  constexpr std::size_t narrowest = 40;
  constexpr std::size_t widest = 100;
  const auto width = terminal_width(STDOUT_FILENO);
  return width ? std::optional(std::clamp(*width, narrowest, widest)) : std::nullopt;
}

/// "--pause", where `value` is what was given to it.
std::string option_of(const std::string& value, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == value) return argv[i - 1];
    if (word.ends_with("=" + value)) return word.substr(0, word.size() - value.size() - 1);
  }
  return {};
}

}  // namespace

Error usage_error(const std::string& message, const std::string& place) {
  return {ErrorCode::invalid_argument, message, place};
}

std::vector<std::string> option_names(const cxxopts::Options& options) {
  std::vector<std::string> names;
  for (const std::string& group : options.groups()) {
    if (group == "positional") continue;
    for (const auto& option : options.group_help(group).options) {
      names.insert(names.end(), option.l.begin(), option.l.end());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

cxxopts::ParseResult parse_options(cxxopts::Options& options, int argc, const char* const* argv) {
  if (const auto width = help_width()) options.set_width(*width);
  try {
    return options.parse(argc, argv);
  } catch (const cxxopts::exceptions::no_such_option& error) {
    const std::string meant = suggest(quoted_in(error.what()), option_names(options));
    if (meant.empty()) throw;
    throw Error(ErrorCode::invalid_argument, fmt::format("{}, did you mean --{}? see {} --help",
                                                         error.what(), meant, options.program()));
  } catch (const cxxopts::exceptions::incorrect_argument_type& error) {
    const std::string value = quoted_in(error.what());
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is no value of it; see {} --help", value, options.program()),
                option_of(value, argc, argv));
  }
}

std::string help_text(const std::string& text) {
  const auto width = help_width();
  return width ? fitted(text, *width) : text;
}

std::string help_of(const cxxopts::Options& options, const std::string& more) {
  const std::vector<std::string> known = options.groups();
  std::vector<std::string> shown;
  for (const char* group : {"", "Conditions", "Requests", "Measuring", "Controller", "Cuts",
                            "Machine", "Connection", "Output"}) {
    if (std::find(known.begin(), known.end(), group) != known.end()) shown.emplace_back(group);
  }
  return help_text(options.help(shown) + more);
}

double speed_of(const cxxopts::ParseResult& arguments) {
  const auto speed = arguments["speed"].as<double>();
  if (speed > 0 && speed <= 1) return speed;  // a NaN is neither
  throw usage_error("must be above 0 and at most 1", "--speed");
}

double pause_of(const cxxopts::ParseResult& arguments) {
  const auto pause_s = arguments["pause"].as<double>();
  if (pause_s >= 0 && pause_s <= longest_pause_s) return pause_s;
  throw usage_error(fmt::format("must be from 0 to {} seconds", longest_pause_s), "--pause");
}

std::string host_name() {
  std::string name(256, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0) return "here";
  return name.substr(0, name.find('\0'));
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, 1, ',');
  return digits;
}

}  // namespace scission::apps
