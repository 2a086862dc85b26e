// scission-adapt: reports when repartitioning is worthwhile, and runs models adaptively.
#include "adapt/commands.hpp"
#include "tool.hpp"

namespace {

using namespace scission::apps;

const std::vector<Command> commands{
    {"analyse", "reports when repartitioning is worthwhile in a sweep", analyse_command},
    {"replay", "compares the controller with other strategies along a trace", replay_command},
#ifdef SCISSION_HAS_RUNTIME
    {"run", "runs a model and switches plans when that is worthwhile", adaptive_run_command},
    {"sweep", "measures plans under link rates and system loads", sweep_command},
#endif
    {"trace", "generates link rates and system loads over time", trace_command},
};

const char* const notes = R"(
Options:
  -h, --help     print this text
      --version  print the version

Examples:
  scission-adapt analyse results/
  scission-adapt analyse --help
  scission-adapt sweep vgg16 --host 10.0.1.4 --workers cloud=10.0.1.5:8001 --insecure --cloud-cpu 0,50
  scission-adapt run vgg19 photos/ --workers edge=10.0.0.2:8001,cloud=10.0.1.5:8001 --insecure
  scission-adapt trace data/example network.csv vgg19 --kinds steps,outages -o trace.csv
  scission-adapt replay data/example network.csv vgg19 trace.csv

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no plan fits.
)";

int run(int argc, char** argv) {
  return run_commands(
      "scission-adapt",
      "Reports when repartitioning a model is worthwhile, and runs models adaptively.", commands,
      notes, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
#ifdef SCISSION_HAS_RUNTIME
  register_backends();
#endif
  return run_tool("scission-adapt", argc, argv, run);
}
