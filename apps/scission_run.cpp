// scission-run: runs plans on workers and compares them with their predictions.
#include <string>

#include "connection_options.hpp"
#include "log.hpp"
#include "open_model.hpp"
#include "run/request.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
PLANS is the output of scission-predict --json. INPUT is a JPEG or PNG for a model that takes an
image. It is stretched to the model's size; for a model file it is scaled to 0 … 1 and normalised as
for PyTorch's ImageNet models. Without INPUT, seeded random numbers are sent. --model names the
file of a model that is not built in; --cuts, --grain, --order and --input-shape must be those of its
benchmark.

The model is cut as the plan says, each segment is sent to its system's worker unless the worker has
it, and requests are sent. Stages on the plan's source run in this process unless --workers names
that system, too. Workers send tensors directly to each other. Another server of the Open Inference
Protocol takes part as --foreign SYSTEM=MODEL, with the model already on it.

The table has a row for each hop, with medians over the requests:
  serialise, deserialise  converting tensors to bytes and back
  transfer                on the wire, there and the short way back, and in the operating system
  encode, decode          where tensors are coded: running the codec at either end
  queue                   waiting at that machine, which runs one stage at a time, for the stages of
                          other requests; plans assume none
  planned, off by         the plan's transfer (all but queue and compute), and its compute

With --best N the N best plans are run one after the other and compared with their predictions. With
--failover they are deployed ahead, and the next one takes over when a machine is lost.

Examples:
  scission-predict profiles network.csv vgg19 --json > plans.json
  scission-run plans.json photo.jpg --workers edge1=10.0.0.2:8001,cloud1=10.0.1.5:8001 --insecure \
      --verify
  scission-run plans.json --workers edge1=10.0.0.2:8001 --insecure --best 5 --count 50
  scission-run plans.json --workers edge1=10.0.0.2:8001 --insecure --concurrency 4 --json > run.json
  scission-run plans.json --workers … --failover --rate 5 --count 600

Exit codes: 0 done, 1 failed, a request was not answered, or with --verify an answer differs from
the whole model's by more than the tolerance and the error that the plan's codecs may make; 2 wrong
usage; 130 interrupted: the answers until then are reported, and deployed segments are removed from
the workers.
)";

void add_options(cxxopts::Options& options) {
  run::add_options(options);
  add_workers_option(options);
  add_split_options(options);
  add_input_files_option(options);
  add_security_options(options);
  add_log_options(options);
}

Tool tool() {
  return {.name = "scission-run",
          .summary = "Runs plans on workers and compares them with their predictions.",
          .usage = "PLANS [INPUT] --workers NAME=HOST:PORT,… [OPTION...]",
          .notes = notes,
          .positional = {"plans", "image"},
          .add_options = add_options,
          .run = [](const Arguments& arguments) {
            return run::run_plans(run::read_request(arguments), arguments);
          }};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
