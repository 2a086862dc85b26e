// scission-adapt sweep: every plan under every condition, measured or predicted.
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/commands.hpp"
#include "adapt/sweep_request.hpp"
#include "connection_options.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "plan/gather_options.hpp"
#include "progress.hpp"
#include "run/prepare.hpp"
#include "scission/backend/backend.hpp"
#include "scission/base/error.hpp"
#include "scission/model/cuts.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"
#include "scission/sweep/sweep.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::apps {
namespace {

constexpr std::size_t max_plans = 10'000;

const char* const sweep_notes = R"(
Sets every combination of the factors' levels, and measures every plan under each: the model cut
over this machine and the workers, each with at most one stage, in the order of --systems. Link rates
are set by relays in this process, which all requests pass through; system loads are set by
stress-ng on the machine itself, and are verified to have ended before the next condition begins.
Neither needs root. With --set-network PROGRAM, that program is called instead with each rate in
Mbit/s (and A and B for the rate of one link) to set it in the network; it may need root:

  #!/bin/sh
  tc qdisc replace dev eth0 root tbf rate "$1"mbit burst 32kbit latency 400ms

A measurement is a series of requests with a --pause before each, as in benchmarks, until their
median is known to --precision; one that fails or stays imprecise is repeated. Conditions, and plans
within them, come in a random order; each of --repeats has its own. Measurements are appended to
DIR/journal.jsonl: after an interruption, the same command resumes. DIR/sweep.json is read by
scission-adapt analyse (docs/sweep-format.md); DIR/study has the adaptivity study's text files.

With --predict no plan is measured: each machine benchmarks itself under each level of its stress,
links are measured at each rate (kept in --profiles), and DIR/sweep.json is computed from these.
scission-adapt analyse MEASURED --beside PREDICTED compares the two.

Examples:
  scission-adapt sweep vgg16 photo.jpg --name edge --workers cloud=10.0.1.5:8001 --insecure \
    --host 10.0.0.2 --network 50,25,10 --edge-cpu 0,50,100 --cloud-cpu 0,50,100 -o measured
  scission-adapt sweep … --predict --profiles profiles -o predicted
  scission-adapt sweep … --cuts best:5 --profiles profiles --repeats 2 -o measured
  scission-adapt analyse measured --beside predicted

Exit codes: 0 done, 1 it failed or something could not be measured, 2 wrong usage, 130 after Ctrl-C.
)";

std::vector<int> cut_layers(const torchscript::SplitModel& model) {
  std::vector<int> layers;
  for (const Cut& cut : model.cuts().cuts) layers.push_back(cut.layer);
  return layers;
}

/// Segments of LibTorch for the library's sweep.
runtime::SweepModel sweep_model(const torchscript::SplitModel& model, std::vector<Tensor> inputs,
                                double speed) {
  const auto write = [&model](const runtime::RoutePlan& plan, const std::filesystem::path& folder) {
    return runtime::assignments_of(plan, run::write_plan(model, plan, "sweep", folder), folder);
  };
  return {model.graph().name, write, throttled(torchscript::load_stage, speed), std::move(inputs)};
}

runtime::SweepProfiles sweep_profiles(const SweepRequest& request, const ModelSource& source,
                                      const Arguments& arguments) {
  runtime::GatherOptions options = plan::gather_options(source, arguments);
  options.image = request.image;
  options.folder = request.profiles;
  return runtime::sweep_profiles(options, torchscript::input_bytes(source));
}

/// What a sweep reports, on stderr.
class Reporting {
 public:
  explicit Reporting(const Interrupts& interrupts) : interrupts_(interrupts) {}

  runtime::SweepCallbacks callbacks() {
    runtime::SweepCallbacks calls;
    calls.on_progress = [this](const runtime::SweepProgress& now) {
      if (now.phase != phase_) progress_.emplace(now.phase);
      phase_ = now.phase;
      progress_->update(now.fraction, now.remaining_s, now.detail);
    };
    calls.on_warning = [this](const std::string& message) {
      finish();
      spdlog::warn("{}", message);
    };
    calls.check = [this] {
      const std::optional<int> signal = interrupts_.take();
      if (!signal) return;
      finish();
      throw Interrupted{*signal};
    };
    return calls;
  }

  void finish() {
    if (progress_) progress_->finish();
  }

 private:
  const Interrupts& interrupts_;
  std::string phase_;
  std::optional<Progress> progress_;
};

void announce(const SweepRequest& request, std::size_t plans) {
  const std::string& program = request.sweep.machines.set_network;
  std::size_t conditions = 1;
  for (const runtime::SweepFactor& factor : request.sweep.factors) {
    conditions *= factor.values.size();
  }
  spdlog::info(
      "{} conditions × {} plans × {} blocks; {}", conditions, plans, request.sweep.repeats,
      program.empty() ? "rates by relays in this process, without root" : "rates by " + program);
  if (!program.empty() && geteuid() != 0) {
    spdlog::warn("{} may need root, as tc does, and this process is not root", program);
  }
}

void print(const Sweep& grid, const SweepRequest& request) {
  if (request.as_json) {
    std::cout << format_sweep(grid);
  } else {
    fmt::print("{} conditions, {} plans: {}\n", grid.conditions.size(), grid.plans.size(),
               (request.sweep.folder / "sweep.json").string());
  }
}

int report_counts(const runtime::SweepCounts& counts) {
  if (counts.unstable > 0) {
    spdlog::warn("{} of {} measurements are less precise than requested", counts.unstable,
                 counts.measured);
  }
  if (counts.failed == 0) return exit_done;
  spdlog::error("{} measurements failed; the sweep's notes say why", counts.failed);
  return exit_failed;
}

int run_sweep(const Arguments& arguments, const Interrupts& interrupts) {
  const ModelSource source = find_model(arguments);
  const SweepRequest request = read_sweep_request(arguments);
  torchscript::keep_freed_memory();
  if (request.threads) torchscript::set_threads(*request.threads);
  Reporting reporting(interrupts);
  runtime::SweepSession session(request.sweep, reporting.callbacks());
  const torchscript::SplitModel model = open_model(source, split_options(arguments));
  std::vector<runtime::RoutePlan> plans =
      runtime::enumerate_routes(request.sweep.machines.systems, cut_layers(model), max_plans);
  if (request.predicts || request.best > 0) {
    const runtime::SweepProfiles profiles = sweep_profiles(request, source, arguments);
    Sweep grid = session.predict(profiles, plans);
    if (request.best > 0) plans = runtime::fastest_plans(grid, plans, request.best);
    if (request.predicts) {
      if (request.best > 0) grid = session.predict(profiles, plans);
      reporting.finish();
      write_sweep(grid, request.sweep.folder);
      print(grid, request);
      return exit_done;
    }
  }
  const std::vector<Tensor> inputs =
      torchscript::to_tensors(run::request_inputs(source, request.image));
  announce(request, plans.size());
  const runtime::SweepResult result =
      session.measure(sweep_model(model, inputs, request.speed), plans);
  reporting.finish();
  print(result.sweep, request);
  return report_counts(result.counts);
}

int run_interruptible_sweep(const Arguments& arguments) {
  const Interrupts interrupts;  // before any thread
  try {
    return run_sweep(arguments, interrupts);
  } catch (const Interrupted& interruption) {
    spdlog::warn("interrupted; run the same command again to resume");
    return interruption.exit_code();
  }
}

void add_sweep_command_options(cxxopts::Options& options) {
  add_workers_option(options);
  add_sweep_options(options);
  add_split_options(options);
  add_security_options(options);
}

}  // namespace

Tool sweep_command() {
  return {.name = "scission-adapt sweep",
          .summary = "Measures plans under combinations of link rates and system loads.",
          .usage = "MODEL [INPUT] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = std::string(model_help) + sweep_notes,
          .positional = {"model", "image"},
          .add_options = add_sweep_command_options,
          .run = run_interruptible_sweep,
          .rewrite = normalise_arguments};
}

}  // namespace scission::apps
