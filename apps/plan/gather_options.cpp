#include "plan/gather_options.hpp"

#include <fmt/format.h>

#include <vector>

#include "command_line.hpp"
#include "scission/model/tensor.hpp"

namespace scission::plan {
namespace {

std::vector<std::string> benchmark_options(const cxxopts::ParseResult& arguments) {
  std::vector<std::string> options{"--max-time",
                                   fmt::format("{}", arguments["max-time"].as<double>()), "--pause",
                                   fmt::format("{}", apps::pause_of(arguments))};
  for (const char* option : {"cuts", "grain", "order", "input-shape"}) {
    if (arguments.count(option) == 0) continue;
    options.insert(options.end(),
                   {fmt::format("--{}", option), arguments[option].as<std::string>()});
  }
  return options;
}

}  // namespace

void add_gather_options(cxxopts::Options& options) {
  options.add_options("Machine")  //
      ("name", "this machine's (default: its host name)", cxxopts::value<std::string>(),
       "NAME")                                                                     //
      ("threads", "of one operation on this machine", cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: what runs here takes 1 / SHARE times as long",
       cxxopts::value<double>()->default_value("1"), "SHARE");
  options.add_options("Measuring")  //
      ("max-time", "seconds for measuring the model, on each machine",
       cxxopts::value<double>()->default_value("20"), "SECONDS")  //
      ("pause",
       "rest so many seconds before each timed run: a machine that waits for requests is slower "
       "than one that computes without end",
       cxxopts::value<double>()->default_value("0.05"), "SECONDS");
}

GatherOptions gather_options(const apps::ModelSource& source,
                             const cxxopts::ParseResult& arguments) {
  GatherOptions options;
  options.model = arguments["model"].as<std::string>();
  options.remote_model = {source.name, source.file, apps::input_tensors(source)};
  options.source =
      arguments.count("name") ? arguments["name"].as<std::string>() : apps::host_name();
  options.benchmark_options = benchmark_options(arguments);
  options.speed = apps::speed_of(arguments);
  if (arguments.count("threads")) {
    options.threads = std::to_string(arguments["threads"].as<int>());
  }
  return options;
}

double input_bytes(const apps::ModelSource& source) {
  double bytes = 0;
  for (const torchscript::InputSpec& input : source.inputs) {
    bytes += static_cast<double>(tensor_bytes(input.dtype, input.shape));
  }
  return bytes;
}

}  // namespace scission::plan
