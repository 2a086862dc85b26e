#include "question.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission::apps {
namespace {

std::string argument(const cxxopts::ParseResult& arguments, const std::string& name) {
  if (arguments.count(name)) return arguments[name].as<std::string>();
  throw Error(ErrorCode::invalid_argument,
              "PROFILES, NETWORK.csv and MODEL are needed; see --help");
}

}  // namespace

void add_question_arguments(cxxopts::Options& options, const std::vector<std::string>& more) {
  std::vector<std::string> names{"profiles", "network", "model"};
  names.insert(names.end(), more.begin(), more.end());
  for (const std::string& name : names) {
    options.add_options("positional")(name, "", cxxopts::value<std::string>());
  }
  options.parse_positional(names);
}

PartitionProblem read_question(const cxxopts::ParseResult& arguments) {
  const std::string model = argument(arguments, "model");
  const std::filesystem::path folder = argument(arguments, "profiles");
  return make_problem(read_profiles(folder),
                      read_network(find_data_file(argument(arguments, "network"), folder)), model);
}

double number_option(const cxxopts::ParseResult& arguments, const std::string& option, double low,
                     double high) {
  const std::string text = arguments[option].as<std::string>();
  const std::optional<double> number = text::to_double(text);
  if (number && *number >= low && *number <= high) return *number;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is no number from {:g} to {:g}", text, low, high), "--" + option);
}

}  // namespace scission::apps
