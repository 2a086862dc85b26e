// What the command lines of scission-run and of other tools that run or measure on workers ask for.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "interrupts.hpp"
#include "open_model.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::run {

struct Request {
  std::filesystem::path plans;
  std::filesystem::path image;                ///< empty: seeded random numbers
  runtime::PlanDeploymentOptions deployment;  ///< see deployment_options()
  runtime::LoadOptions load;                  ///< of each plan
  int first_plan = 1;                         ///< rank in the file, from 1
  int plan_count = 1;                         ///< number of plans, from first_plan on
  std::string codec;           ///< of every hop, or "raw", instead of the plan's; empty: the plan's
  int turns = 1;               ///< rounds over all plans that the requests are sent in
  std::optional<int> threads;  ///< of what runs in this process; nothing: as the backend takes
  double speed = 1;            ///< of what runs in this process; see throttled()
  /// Largest accepted difference between an answer and the whole model's output.
  std::optional<double> tolerance;
  bool explains = true;      ///< why a run missed its plan
  bool tests_itself = true;  ///< compares the first answer of each plan
  bool fails_over = false;   ///< to another plan
  bool as_json = false;
  std::filesystem::path events;  ///< file with what happens; empty: none
  std::filesystem::path log;     ///< file with a row for each request; empty: none
  std::filesystem::path trace;   ///< file of the requests' timelines; empty: none
  std::filesystem::path learn;   ///< file of corrections that the runs' are added to; empty: none
};

/// How requests are sent and answers looked at, for any tool that runs plans: --count, --warmup,
/// --concurrency, --rate, --deadline, --deploy-workers, --verify, --keep and --json.
void add_load_options(cxxopts::Options& options);

/// What they say, and --threads and --speed, which the caller adds; no plans.
/// Throws Error(invalid_argument) with the option as place.
Request read_load_request(const apps::Arguments& arguments);

/// Fills in what --workers, --deploy-workers and the options of security say. Throws as they do.
void read_connections(const apps::Arguments& arguments, Request& request);

/// The options that read_request() reads; those of the model and of the connection are the
/// caller's to add.
void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) for --log, --trace, --learn and --events without a name or of the
/// same file as another one or an input, and Error(io) for one that cannot be written.
void validate_outputs(const apps::Arguments& arguments);

/// Throws Error(invalid_argument) with the option as place.
Request read_request(const apps::Arguments& arguments);

/// Throws Error(invalid_argument) when --workers or --foreign names what no plan has, or a plan has
/// a system that nothing is said of.
void validate_systems(const std::vector<PlanTimeline>& plans, const Request& request);

/// The request's deployment, with a line on the terminal during uploads. Where `interrupts` is not
/// null, a signal during an upload throws apps::Interrupted.
runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts = nullptr);

/// Warns of workers that call themselves otherwise than --workers does.
void require_names(const runtime::PlanDeployment& deployment, const Request& request);

/// Adds --name, --max-time, --pause, --threads and --speed.
void add_gather_options(cxxopts::Options& options);

/// What they say, of the model that is named MODEL on the command line; no image and no folder yet.
/// Throws Error(invalid_argument) with the option as place.
runtime::GatherOptions gather_options(const ModelSource& source, const apps::Arguments& arguments);

/// Adds --codecs, --calibrate, --max-error and --min-agreement; gather_options() reads the first
/// two.
void add_codec_options(cxxopts::Options& options);

/// Allows the codecs of --codecs in the query, within the limits of the other options. Throws
/// Error(invalid_argument) with the option as place.
void read_codec_query(const apps::Arguments& arguments, Query& query);

/// Writes events to the file, and warns as soon as that fails.
std::shared_ptr<runtime::RunEventLog> open_events(const std::filesystem::path& file,
                                                  std::string model);

/// Deploys, sends, prints; returns the tool's exit code, and adds the runs to `done` where it is
/// not null. `arguments` say which model. Throws Error when a plan, the model or a worker is not
/// what it must be.
int run_plans(Request request, const cxxopts::ParseResult& arguments,
              std::vector<runtime::PlanRun>* done = nullptr);

}  // namespace scission::run
