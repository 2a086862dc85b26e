#include "request.hpp"

#include "named_values.hpp"
#include "values.hpp"

namespace scission::predict {

Request make_request(const cxxopts::ParseResult& arguments) {
  Request request;
  request.query = make_query(arguments);
  if (arguments.count("pareto")) {
    request.pareto = of_option("pareto", arguments["pareto"].as<std::string>(), parse_metrics);
  }
  request.sensitivity = values_of(arguments, "sensitivity");
  if (arguments.count("sensitivity-range")) {
    request.sensitivity_range = of_option(
        "sensitivity-range", arguments["sensitivity-range"].as<std::string>(), parse_range);
  }
  request.time_limit_s = optional_amount(arguments, "time-limit", " s");
  request.assumes_input = arguments.count("input-size") == 0;
  request.explain = arguments.count("explain") > 0;
  request.as_json = arguments.count("json") > 0;
  request.draws = !request.as_json && arguments.count("no-plot") == 0;
  request.output = arguments["output"].as<std::string>();
  return request;
}

}  // namespace scission::predict
