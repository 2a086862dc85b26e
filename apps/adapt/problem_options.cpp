// The problem and the controller of scission-adapt, from the command line.
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "commands.hpp"
#include "problem_notes.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile/profile.hpp"

namespace scission::apps {
namespace {

std::string argument(const Arguments& arguments, const std::string& name) {
  if (arguments.count(name)) return text_of(arguments, name);
  throw usage_error("PROFILES, NETWORK.csv and MODEL are needed; see --help");
}

}  // namespace

std::shared_ptr<cxxopts::Value> usually(const char* text) {
  return cxxopts::value<std::string>()->default_value(text);
}

PartitionProblem read_problem(const std::string& command, const Arguments& arguments) {
  const std::string model = argument(arguments, "model");
  validate_argument_order(command, arguments);
  const std::filesystem::path folder = argument(arguments, "profiles");
  const std::filesystem::path network = find_data_file(argument(arguments, "network"), folder);
  const std::vector<SystemProfile> profiles = read_profiles_of(folder);
  return make_problem(profiles, read_network(network), find_known_model(profiles, model));
}

double number_of(const Arguments& arguments, const std::string& option, double min, double max) {
  const std::string text = arguments[option].as<std::string>();
  const std::optional<double> number = text::to_double(text);
  if (number && *number >= min && *number <= max) return *number;
  throw usage_error(fmt::format("'{}' is not a number from {:g} to {:g}", text, min, max),
                    "--" + option);
}

void add_controller_options(cxxopts::Options& options) {
  options.add_options("Controller")  //
      ("horizon", "time within which a switch must pay for itself, in seconds", usually("60"),
       "S")                                                                                       //
      ("least-gain", "ignore relative improvements smaller than this", usually("0.03"), "SHARE")  //
      ("confidence", "standard deviations that a gain must exceed", usually("1.5"), "X")          //
      ("forgetting", "time constant of forgetting old observations, in seconds", usually("300"),
       "S");
}

ControllerOptions controller_options(const Arguments& arguments) {
  constexpr double max = 1e9;
  ControllerOptions options;
  options.horizon_s = number_of(arguments, "horizon", 1e-6, max);
  options.min_gain = number_of(arguments, "least-gain", 0, 1);
  options.confidence = number_of(arguments, "confidence", 0, 100);
  options.links.forgetting_s = number_of(arguments, "forgetting", 1e-3, max);
  options.systems.forgetting_s = options.links.forgetting_s;
  return options;
}

}  // namespace scission::apps
