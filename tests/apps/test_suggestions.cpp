// What tools say to names that are nearly right, and to values that are not.
#include <algorithm>

#include "apps/built_tools.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"

using namespace scission::testing;

namespace {

/// Refused in one line that holds `expected`, with nothing on stdout.
void refused(const std::string& tool, const std::vector<std::string>& arguments,
             const std::string& expected) {
  const ToolResult result = run_tool(tool, arguments);
  CAPTURE(tool, arguments, result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.find(expected) != std::string::npos);
}

std::vector<std::string> predict(const std::vector<std::string>& more,
                                 const std::string& model = "vgg19") {
  std::vector<std::string> arguments = {"data/example", "network.csv", model, "--no-plot"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("a model, a system, a measure and an option that are nearly right are offered") {
  refused("scission-predict", predict({}, "resnet5O"), "did you mean 'resnet50'?");
  refused("scission-predict", predict({"--on", "handhled", "7"}), "did you mean 'handheld'?");
  refused("scission-predict", predict({"-e", "bx"}), "did you mean 'box'?");
  refused("scission-predict", predict({"--objective", "latncy"}), "did you mean 'latency'?");
  refused("scission-predict", predict({"--objective", "latency + 2 enery"}),
          "did you mean 'energy'?");
  refused("scission-predict", predict({"--anyorder"}), "did you mean --any-order?");
  refused("scission-adapt", {"analyze"}, "did you mean 'analyse'?");
  refused("scission-adapt", {"trace", "--kind", "steps"}, "did you mean --kinds?");
}

TEST_CASE("a name that is far from all others is answered with those there are") {
  refused("scission-predict", predict({}, "transformer"),
          "choose from: mobilenet, resnet50, vgg19");
  refused("scission-predict", predict({"--on", "mainframe", "7"}), "choose from: ");
  refused("scission-adapt", {"improvise"}, "choose from: analyse, replay");
}

TEST_CASE("a value of the wrong kind is refused with its option's name") {
  refused("scission-predict", predict({"--max-stages", "many"}),
          "--max-stages: 'many' is not a valid value");
  refused("scission-predict", predict({"--max-stages=1e99"}),
          "--max-stages: '1e99' is not a valid value");
}

TEST_CASE("built-in models and commands that are nearly right are offered") {
  NEEDS_MODELS_OF("scission-zoo");
  refused("scission-zoo", {"export", "resnet5O"}, "did you mean 'resnet50'?");
  refused("scission-zoo", {"exprot", "resnet50"}, "did you mean 'export'?");
  refused("scission-split", {"--list", "lenett"}, "did you mean 'lenet'?");
}

TEST_CASE("a share of the speed that is none is refused under the option's name") {
  NEEDS_TOOL("scission-benchmark");
  for (const char* share : {"0", "-1", "1.5"}) {
    refused("scission-benchmark", {"device", "pc", "--models", "lenet", "--speed", share},
            "--speed: must be above 0 and at most 1");
  }
}

TEST_CASE("a pause without end is refused under the option's name") {
  NEEDS_TOOL("scission-benchmark");
  for (const char* seconds : {"-1", "3601", "1e300"}) {
    refused("scission-benchmark", {"device", "pc", "--models", "lenet", "--pause", seconds},
            "--pause: must be from 0 to 3600 seconds");
  }
}

TEST_CASE("numbers that are none are refused") {
  NEEDS_TOOL("scission-benchmark");
  for (const char* number : {"inf", "nan", "many"}) {
    for (const char* option : {"--pause", "--speed"}) {
      refused("scission-benchmark", {"device", "pc", "--models", "lenet", option, number},
              "scission-benchmark");
    }
  }
}
