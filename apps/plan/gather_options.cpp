#include "plan/gather_options.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "progress.hpp"

namespace scission::plan {
namespace {

std::vector<std::string> benchmark_options(const apps::Arguments& arguments) {
  std::vector<std::string> options{"--max-time",
                                   fmt::format("{}", arguments["max-time"].as<double>()), "--pause",
                                   fmt::format("{}", apps::pause_of(arguments))};
  const std::vector<std::string> split = apps::split_words(arguments);
  options.insert(options.end(), split.begin(), split.end());
  return options;
}

}  // namespace

void add_gather_options(cxxopts::Options& options) {
  options.add_options("Machine")  //
      ("name", "name of this machine's system (default: its host name)",
       cxxopts::value<std::string>(), "NAME")  //
      ("threads", "threads of one operation on this machine (default: LibTorch's)",
       cxxopts::value<int>(), "N")  //
      ("speed", "for testbeds: stages on this machine take 1 / FRACTION times as long",
       cxxopts::value<double>()->default_value("1"), "FRACTION");
  options.add_options("Measuring")  //
      ("max-time", "time for benchmarking the model on each machine, in seconds",
       cxxopts::value<double>()->default_value("20"), "SECONDS")  //
      ("pause",
       "idle time before each timed run, in seconds: a machine that waits for requests is slower "
       "than one that computes without a pause",
       cxxopts::value<double>()->default_value("0.05"), "SECONDS");
}

runtime::GatherOptions gather_options(const apps::ModelSource& source,
                                      const apps::Arguments& arguments) {
  runtime::GatherOptions options;
  options.model = arguments["model"].as<std::string>();
  options.remote_model = {source.name, source.file, apps::input_tensors(source)};
  options.source = apps::text_of(arguments, "name", apps::host_name());
  options.benchmark_options = benchmark_options(arguments);
  options.operators = apps::words_of(arguments, "operators");
  options.speed = apps::speed_of(arguments);
  if (arguments.count("threads")) {
    options.threads = std::to_string(arguments["threads"].as<int>());
  }
  const auto progress = std::make_shared<apps::Progress>("measuring links");
  options.on_link_progress = [progress](int done, int total, const std::string& link,
                                        double remaining_s) {
    progress->update(static_cast<double>(done) / total, remaining_s, link);
  };
  return options;
}

}  // namespace scission::plan
