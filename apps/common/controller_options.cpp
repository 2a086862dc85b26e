#include "controller_options.hpp"

#include "command_line.hpp"

namespace scission::apps {
namespace {

std::vector<NumberOption> controller_numbers(ControllerOptions& options) {
  return {{"horizon", "time within which a switch must pay for itself, in seconds", "S",
           &options.horizon_s, 1e-6, 1e9},
          {"least-gain", "ignore relative improvements smaller than this", "SHARE",
           &options.min_gain, 0, 1},
          {"confidence", "standard deviations that a gain must exceed", "X", &options.confidence, 0,
           100},
          {"forgetting", "time constant of forgetting old observations, in seconds", "S",
           &options.links.forgetting_s, 1e-3, 1e9}};
}

}  // namespace

void add_controller_options(cxxopts::Options& options) {
  ControllerOptions usual;
  add_numbers(options, "Controller", controller_numbers(usual));
}

ControllerOptions controller_options(const Arguments& arguments) {
  ControllerOptions options;
  read_numbers(arguments, controller_numbers(options));
  options.systems.forgetting_s = options.links.forgetting_s;
  return options;
}

}  // namespace scission::apps
