#include "controller_options.hpp"

#include <string>

#include "question.hpp"

namespace scission::apps {

void add_controller_options(cxxopts::Options& options) {
  const auto text = [](const char* value) {
    return cxxopts::value<std::string>()->default_value(value);
  };
  options.add_options("Controller")                                                          //
      ("horizon", "a switch has to pay within this time", text("60"), "S")                   //
      ("least-gain", "gains below this share are not gone after", text("0.03"), "SHARE")     //
      ("confidence", "a gain must be so many of its standard deviations", text("1.5"), "X")  //
      ("forgetting", "after so long unseen 1/e of what was learnt is left", text("300"), "S");
}

ControllerOptions controller_options(const cxxopts::ParseResult& arguments) {
  constexpr double most = 1e9;
  ControllerOptions options;
  options.horizon_s = number_option(arguments, "horizon", 1e-6, most);
  options.min_gain = number_option(arguments, "least-gain", 0, 1);
  options.confidence = number_option(arguments, "confidence", 0, 100);
  options.links.forgetting_s = number_option(arguments, "forgetting", 1e-3, most);
  options.systems.forgetting_s = options.links.forgetting_s;
  return options;
}

}  // namespace scission::apps
