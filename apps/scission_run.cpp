// scission-run: plans at work on workers, and what became of the predictions.
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <iostream>
#include <string>

#include "at.hpp"
#include "command_line.hpp"
#include "open_model.hpp"
#include "run/request.hpp"
#include "run/session.hpp"
#include "scission/base/error.hpp"
#include "security_options.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::run;

const char* const epilog = R"(
PLANS is what scission-predict --json wrote. INPUT is a JPEG or PNG for a model that takes one,
stretched to its size; for a model of the user's scaled to 0 … 1 and normalised as PyTorch's own
ImageNet models are. Without it, seeded random numbers go in. A model of the user's is named by --model; --cuts,
--grain, --order and --input-shape must be those that it was benchmarked with.

The model is cut as the plan says, each segment is sent to the worker that --workers names for its
system (what a worker has already is not sent again), and requests are sent. Stages on the
plan's source run in this process unless --workers names it, too. Workers hand tensors on to each
other directly; a server of the Open Inference Protocol that is no scission-worker takes part as
--foreign SYSTEM=MODEL, with the model already there.

The table has a row for each hop, medians over the requests:
  serialise, deserialise  tensors to bytes and back
  transfer                on the wire, there and the short way back, and in the system
  queue                   waiting for other requests' stages
  planned, off by         the plan's transfer (all but queue and compute), and its compute

With --best N the N best plans are run in turn, and compared with what was planned. With
--failover they are deployed ahead, and the next one takes over when a machine is lost.

Examples:
  scission-predict profiles network.csv vgg19 --json > plans.json
  scission-run plans.json photo.jpg --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure \
      --verify
  scission-run plans.json --workers edge1=10.0.0.2:8001 --insecure --best 5 --count 50
  scission-run plans.json --workers edge1=10.0.0.2:8001 --insecure --concurrency 4 --json > run.json
  scission-run plans.json --workers … --failover --rate 5 --count 600

Exit codes: 0 done, 1 it failed, a request was not answered, or with --verify an answer is not the
whole model's; 2 wrong usage; 130 interrupted: what was answered until then is told, and what was
brought to workers is taken away.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-run", "Runs plans on the machines they are for.\n");
  options.custom_help("PLANS [INPUT] --workers SYSTEM=HOST:PORT,… [options]");
  add_options(options);
  apps::add_address_option(options);
  apps::add_split_options(options);
  apps::add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.parse_positional({"plans", "image"});
  options.positional_help("");
  return options;
}

int body(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, epilog);
    return apps::exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-run --help",
                            arguments.unmatched().front()));
  }
  return run_plans(read_request(arguments), arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-run", argc, argv, body);
}
