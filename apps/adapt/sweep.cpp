// scission-adapt sweep: every plan under every condition, measured or predicted.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cxxopts.hpp>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "adapt/commands.hpp"
#include "adapt/sweep/collect.hpp"
#include "adapt/sweep/predict.hpp"
#include "adapt/sweep/request.hpp"
#include "adapt/sweep/session.hpp"
#include "at.hpp"
#include "command_line.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "run/prepare.hpp"
#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_io.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "security_options.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

using namespace scission::sweep;

constexpr std::size_t most_plans = 10'000;

const char* const epilog = R"(
Sets every combination of the factors' levels, and under each measures every plan: the model cut
over this machine and the workers, each with one stage at most, in the order of --systems. Rates
are set by relays in this process, through which all requests go; stress is stress-ng's, on the
machine that it is for, and verified to be gone before the next condition begins. Neither needs
root. --set-network PROGRAM instead is called with each rate in Mbit/s (and A and B, where it is
one link's), to set it in the network itself; what it does may need root:

  #!/bin/sh
  tc qdisc replace dev eth0 root tbf rate "$1"mbit burst 32kbit latency 400ms

A measurement is requests one after the other, with a --pause before each as in benchmarks, until
their median is known to --precision; one that fails or stays imprecise is made again. Conditions
come in a random order, plans within them too, and all of it again in another order for each of
--repeats. What is measured is kept line by line in DIR/journal.jsonl: the same command goes on
after an interruption. DIR/sweep.json is for scission-adapt analyse (docs/sweep-format.md),
DIR/study has the adaptivity study's text files.

With --predict nothing is swept: every machine benchmarks itself under each stress of its own, and
links are measured at each rate (all kept in --profiles), from which DIR/sweep.json is computed.
scission-adapt analyse MEASURED --beside PREDICTED says how far they are apart.

Examples:
  scission-adapt sweep vgg16 photo.jpg --name edge --workers cloud=10.0.1.5:8001 --insecure \
    --host 10.0.0.2 --network 50,25,10 --edge-cpu 0,50,100 --cloud-cpu 0,50,100 -o measured
  scission-adapt sweep … --predict --profiles profiles -o predicted
  scission-adapt sweep … --cuts best:5 --profiles profiles --repeats 2 -o measured
  scission-adapt analyse measured --beside predicted

Exit codes: 0 done, 1 it failed or something could not be measured, 2 wrong usage, 130 after Ctrl-C.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-adapt sweep", "Measures plans under conditions.\n");
  options.custom_help("MODEL [INPUT] --workers SYSTEM=HOST:PORT,… [options]");
  add_address_option(options);
  sweep::add_options(options);
  add_split_options(options);
  add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.add_options("positional")("model", "", cxxopts::value<std::string>())(
      "image", "", cxxopts::value<std::string>());
  options.parse_positional({"model", "image"});
  options.positional_help("");
  return options;
}

cxxopts::ParseResult parse(cxxopts::Options& options, int argc, char** argv) {
  std::vector<std::string> words = spell_out({argv + 1, argv + argc});
  std::vector<const char*> pointers{argv[0]};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return parse_options(options, static_cast<int>(pointers.size()), pointers.data());
}

std::vector<int> ends_of_layers(const torchscript::SplitModel& model) {
  std::vector<int> layers;
  for (const Cut& cut : model.cuts().cuts) layers.push_back(cut.layer);
  return layers;
}

/// What will happen, and what it needs.
void announce(const SweepRequest& request, std::size_t plans) {
  std::size_t conditions = 1;
  for (const SweepFactor& factor : request.factors) conditions *= factor.values.size();
  spdlog::info("{} conditions × {} plans × {} blocks; {}", conditions, plans, request.repeats,
               request.set_network.empty() ? "rates by relays in this process, without root"
                                           : "rates by " + request.set_network);
  if (!request.set_network.empty() && geteuid() != 0) {
    spdlog::warn("{} may need root, which this is not: tc does", request.set_network);
  }
}

int show(const AdaptiveGrid& grid, const SweepRequest& request) {
  if (request.as_json) {
    std::cout << format_sweep(grid);
  } else {
    fmt::print("{} conditions, {} plans: {}\n", grid.conditions.size(), grid.plans.size(),
               (request.folder / "sweep.json").string());
  }
  return exit_done;
}

int predict_all(const SweepRequest& request, Predictor& predictor,
                const std::vector<RoutePlan>& plans, const std::string& model) {
  AdaptiveGrid grid = predicted_grid(request, predictor, plans, model);
  if (request.cuts.best > 0) {
    grid = predicted_grid(request, predictor, best_of(grid, plans, request.cuts.best), model);
  }
  write_sweep(grid, request.folder);
  return show(grid, request);
}

int measure_all(const SweepRequest& request, const torchscript::SplitModel& model, Rig& rig,
                const std::vector<RoutePlan>& plans, std::vector<Tensor> inputs,
                const Interrupts& interrupts) {
  announce(request, plans.size());
  sweep::Session session(request, model, rig, plans, std::move(inputs), interrupts);
  const AdaptiveGrid grid = session.run();
  show(grid, request);
  const SweepCounts counts = count(session.measurements());
  if (counts.unstable > 0) {
    spdlog::warn("{} of {} measurements are less precise than they were to be", counts.unstable,
                 counts.measured);
  }
  if (counts.failed == 0) return exit_done;
  spdlog::error("{} measurements failed; the sweep's notes say why", counts.failed);
  return exit_failed;
}

int run_sweep(const cxxopts::ParseResult& arguments, const Interrupts& interrupts) {
  const ModelSource source = find_model(arguments);
  const SweepRequest request = sweep::read_request(arguments);
  torchscript::keep_freed_memory();
  if (request.threads) torchscript::set_threads(*request.threads);
  Rig rig(request);
  const torchscript::SplitModel model = open_model(source, split_options(arguments));
  std::vector<RoutePlan> plans = all_routes(request.systems, ends_of_layers(model), most_plans);
  if (request.predicts || request.cuts.best > 0) {
    Predictor predictor(request, source, rig, interrupts);
    if (request.predicts) return predict_all(request, predictor, plans, source.name);
    const AdaptiveGrid grid = predicted_grid(request, predictor, plans, source.name);
    plans = best_of(grid, plans, request.cuts.best);
  }
  return measure_all(request, model, rig, plans,
                     run::to_tensors(run::request_inputs(source, request.image)), interrupts);
}

}  // namespace

int sweep(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = parse(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << help_of(options, std::string(model_help) + epilog);
    return exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-adapt sweep --help",
                            arguments.unmatched().front()));
  }
  const Interrupts interrupts;  // before any thread
  try {
    return run_sweep(arguments, interrupts);
  } catch (const Interrupted& interruption) {
    spdlog::warn("interrupted; the same command goes on");
    return interruption.exit_code();
  }
}

}  // namespace scission::apps
