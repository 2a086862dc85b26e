// scission-predict: what its options make of the search.
#include <algorithm>

#include "apps/predict_example.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

std::string first_line(const ToolResult& result) {
  return result.out.substr(0, result.out.find('\n'));
}

// The best plan's line after its rank, "0.7200s - 0.2500MB - …".
std::string best(const Example& example, Arguments more) {
  const ToolResult result = example.predict(std::move(more));
  CHECK(result.exit_code == 0);
  CHECK((result.err.empty() || contains(result.err, "excludes no plan")));
  const std::string line = first_line(result);
  return line.rfind("[1] ", 0) == 0 ? line.substr(4) : line;
}

// What is complained about, in one line with exit code 2.
std::string usage(const Example& example, Arguments more) {
  const ToolResult result = example.predict(std::move(more));
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.rfind("scission-predict: ", 0) == 0);
  return result.err.substr(std::string("scission-predict: ").size());
}

const std::string all_on_device =
    "3.0000s - 0.0000MB - Device(pi) = 0 - 2, Edge(None) = -1 - -1, Cloud(None) = -1 - -1";

}  // namespace

TEST_CASE("the option --on takes a name and criteria, and means what the shorthand means") {
  const Example example;
  const std::string short_hand = best(example, {"-d", "!-1", "-e", "-1", "-c", "2"});
  CHECK(best(example, {"--on", "device", "!-1", "--on", "edge", "-1", "--on", "cloud", "2"}) ==
        short_hand);
  CHECK(best(example, {"--on=device", "!-1", "--on", "box", "-1", "--on", "@vm", "2"}) ==
        short_hand);
  CHECK(best(example, {"--on", "device", "0, 1,!2", "--on", "edge", "2"}) ==
        "2.3600s - 0.1000MB - Device(pi) = 0 - 1, Edge(box) = 2 - 2, Cloud(None) = -1 - -1");
}

TEST_CASE("criteria on one name add up, whichever option they come from") {
  const Example example;
  CHECK(best(example, {"-d", "0", "--on", "device", "1", "--on", "device", "2"}) == all_on_device);
  CHECK(contains(usage(example, {"-d", "-1", "--on", "device", "!-1"}), "--on: criterion"));
}

TEST_CASE("the option --keep-on keeps layers, and with the first of them the input") {
  const Example example;
  CHECK(best(example, {"--keep-on", "device", "0-2"}) == all_on_device);
  CHECK(best(example, {"--keep-on", "device", "0"}) ==
        "1.5700s - 0.2000MB - Device(pi) = 0 - 0, Edge(box) = 1 - 1, Cloud(vm) = 2 - 2");
  CHECK(example.predict({"--keep-on", "edge", "0"}).exit_code == 3);
  CHECK(best(example, {"--keep-on", "edge", "1-2"}) ==
        "0.9100s - 0.1500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 2, Cloud(None) = -1 - -1");
}

TEST_CASE("the option --upload, --time and --memory limit any platform or system") {
  const Example example;
  CHECK(best(example, {"--upload", "device", "0"}) == all_on_device);
  CHECK(best(example, {"--upload", "@pi", "0"}) == all_on_device);
  CHECK(best(example, {"--time", "box", "0.3", "--time", "cloud", "0"}) ==
        best(example, {"--edge-time", "0.3", "--cloud-time", "0"}));
  CHECK(best(example, {"--time", "vm", "20%"}) == best(example, {"--cloud-time", "20%"}));
  CHECK(contains(usage(example, {"--memory", "edge", "10"}), "memory"));
}

TEST_CASE("the option --any-order shows the stages in their order and may turn back") {
  const Example example;
  example.link_both_ways();
  CHECK(best(example, {"--any-order"}) ==
        "0.7200s - 0.2500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 0, Cloud(vm) = 1 - 2");
  CHECK(best(example, {"--any-order", "--on", "cloud", "0", "--on", "edge", "1"}) ==
        "1.5600s - 0.2500MB - Device(pi) = -1 - -1, Cloud(vm) = 0 - 0, Edge(box) = 1 - 2");
  CHECK(best(example, {"--any-order", "--keep-on", "device", "0", "--keep-on", "device", "2",
                       "--on", "edge", "1", "--revisit"}) ==
        "2.4700s - 0.2000MB - Device(pi) = 0 - 0, Edge(box) = 1 - 1, Device(pi) = 2 - 2");
  CHECK(example
            .predict({"--any-order", "--keep-on", "device", "0", "--keep-on", "device", "2", "--on",
                      "edge", "1"})
            .exit_code == 3);
}

TEST_CASE("the option --any-order takes platforms of any name without being told their order") {
  const Example example;
  example.add("fog", "hut", 0.01);
  example.folder().file("network.csv", network_header +
                                           "device,fog,10,8\nfog,device,10,8\n"
                                           "device,edge,10,8\n");
  CHECK(best(example, {"--any-order"}) ==
        "0.1900s - 0.1500MB - Device(pi) = -1 - -1, Fog(hut) = 0 - 2");
  CHECK(
      contains(usage(example, {}), "platform 'fog' has no place in the order device, edge, cloud"));
  CHECK(contains(usage(example, {"--any-order", "--platforms", "device,edge,cloud"}),
                 "platform 'fog' has no place"));
  CHECK(best(example,
             {"--platforms", "device,fog,edge,cloud", "--on", "edge", "-1", "--on", "cloud", "-1"})
            .rfind("0.1900s - 0.1500MB - Device(pi) = -1 - -1, Fog(hut) = 0 - 2, Edge(None)", 0) ==
        0);
}

TEST_CASE("the option --max-stages and --max-cuts bound the number of stages, the lesser counts") {
  const Example example;
  const std::string all_on_edge =
      "0.9100s - 0.1500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 2, Cloud(None) = -1 - -1";
  CHECK(best(example, {"--max-stages", "1"}) == all_on_edge);
  CHECK(best(example, {"--max-cuts", "0"}) == all_on_edge);
  CHECK(best(example, {"--max-stages", "2", "--max-cuts", "0"}) == all_on_edge);
  CHECK(best(example, {"--max-stages", "1", "--max-cuts", "1"}) == all_on_edge);
  CHECK(best(example, {"--max-cuts", "1"}) == best(example, {}));
  CHECK(usage(example, {"--max-stages", "0"}) == "--max-stages: must be 1 or more\n");
  CHECK(usage(example, {"--max-cuts", "-1"}) == "--max-cuts: must be 0 or more\n");
}

TEST_CASE("the option --source and --sink say where the input lies and where the last layer runs") {
  const Example example;
  CHECK(best(example, {"--source", "edge"}) ==
        "0.4600s - 0.1500MB - Device(None) = -1 - -1, Edge(box) = -1 - -1, Cloud(vm) = 0 - 2");
  CHECK(best(example, {"--source", "device,vm"}) ==
        "0.3000s - 0.0000MB - Device(None) = -1 - -1, Edge(None) = -1 - -1, Cloud(vm) = 0 - 2");
  CHECK(best(example, {"--sink", "device"}) == all_on_device);
  CHECK(contains(usage(example, {"--source", "nowhere"}), "nowhere"));
  CHECK(contains(usage(example, {"--sink", "nowhere"}), "nowhere"));
}

TEST_CASE("the option --return-to sends the output there and shows it") {
  const Example example;
  example.link_both_ways();
  CHECK(best(example, {"--return-to", "device"}) ==
        "1.0200s - 0.2500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 2, Cloud(None) = -1 - -1 → "
        "Device(pi)");
  CHECK(best(example, {"--return-to", "device", "--any-order"}) ==
        "1.0200s - 0.2500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 2 → Device(pi)");
  CHECK(contains(usage(example, {"--return-to", "nowhere"}), "nowhere"));
}

TEST_CASE("the option --objective ranks by another amount and shows it") {
  const Example example;
  CHECK(best(example, {"--objective", "period"}) ==
        "0.7200s - 0.2500MB - period 250 ms - Device(pi) = -1 - -1, Edge(box) = 0 - 0, "
        "Cloud(vm) = 1 - 2");
  CHECK(best(example, {"--objective", "traffic"}) == all_on_device);
  CHECK(best(example, {"--objective", "latency + 1 period"}) ==
        "0.7200s - 0.2500MB - period 250 ms - objective 0.97 - Device(pi) = -1 - -1, "
        "Edge(box) = 0 - 0, Cloud(vm) = 1 - 2");
  CHECK(usage(example, {"--objective", "speed"}).rfind("--objective: ", 0) == 0);
}

TEST_CASE("the option --systems gives the figures that energy and money need") {
  const Example example;
  example.folder().file("systems.csv", "system,power(W),memory(MB)\ndevice,2,\nbox,20,\nvm,200,\n");
  const std::string least = best(example, {"--systems", "systems.csv", "--objective", "energy"});
  CHECK(least.rfind("3.0000s - 0.0000MB - energy 6", 0) == 0);  // 3 s at 2 W
  CHECK(best(example, {"--systems", "systems.csv", "--energy-limit", "6"}) == least);
  CHECK(example.predict({"--systems", "systems.csv", "--energy-limit", "5.99"}).exit_code == 3);
  const ToolResult unknown = example.predict({"--objective", "energy"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.out.empty());
  CHECK(contains(usage(example, {"--systems", "systems.csv", "--money-limit", "1"}), "price"));
  CHECK(
      usage(example, {"--systems", example.folder().file("other.csv", "system,power(W)\nhut,2\n")})
          .find("hut") != std::string::npos);
  CHECK(example.predict({"--systems", "none.csv"}).exit_code == 1);
}

TEST_CASE("a codec that no profile has measured is refused with the command that measures it") {
  const Example example;
  const std::string refusal = usage(example, {"--codecs", "raw,int8"});
  CHECK(contains(refusal, "no profile of"));
  CHECK(contains(refusal, "codec 'int8'"));
  CHECK(contains(refusal, "scission-benchmark device pi"));
  CHECK(contains(refusal, "--codecs int8 --calibrate FOLDER --resume"));
  CHECK(best(example, {"--codecs", "raw", "--max-error", "1%"}) ==
        best(example, {"--max-error", "0"}));
  CHECK(usage(example, {"--max-error", "1.5"}).rfind("--max-error: ", 0) == 0);
  CHECK(usage(example, {"--min-agreement", "much"}).rfind("--min-agreement: ", 0) == 0);
}

TEST_CASE("limits on the whole plan are kept") {
  const Example example;
  CHECK(best(example, {"--traffic-limit", "0.15"}) ==
        "0.9100s - 0.1500MB - Device(pi) = -1 - -1, Edge(box) = 0 - 2, Cloud(None) = -1 - -1");
  CHECK(best(example, {"--traffic-limit", "0.1499"}).rfind("1.6100s - 0.1000MB", 0) == 0);
  CHECK(best(example, {"--objective", "traffic", "--latency-limit", "0.91"}).rfind("0.9100s", 0) ==
        0);
  CHECK(best(example, {"--period-limit", "0.25"}) ==
        "0.7200s - 0.2500MB - period 250 ms - Device(pi) = -1 - -1, Edge(box) = 0 - 0, "
        "Cloud(vm) = 1 - 2");
  CHECK(example.predict({"--period-limit", "0.2"}).exit_code == 3);
  CHECK(example.predict({"--latency-limit", "0.71"}).exit_code == 3);
}

TEST_CASE("an option of two values that lacks one is wrong usage") {
  const Example example;
  for (const std::string option : {"--on", "--upload", "--time", "--memory", "--keep-on"}) {
    CAPTURE(option);
    CHECK(contains(usage(example, {option}), option + ": needs two values, NAME "));
    CHECK(contains(usage(example, {option, "edge"}), option + ": needs two values, NAME "));
    CHECK(contains(usage(example, {option, "edge", "--json"}), option + ": needs two values"));
    CHECK(contains(usage(example, {option, "--json", "edge"}), option + ": needs two values"));
  }
}

TEST_CASE("values that cannot be read are quoted with their option") {
  const Example example;
  CHECK(usage(example, {"--on", "edge", "3,,4"}).rfind("--on: criterion '' is empty", 0) == 0);
  CHECK(contains(usage(example, {"--on", "hut", "1"}), "hut"));
  CHECK(usage(example, {"--upload", "edge", "0,3"}) ==
        "--upload: '0,3' is not a number; write it as in 0.5\n");
  CHECK(usage(example, {"--upload", "edge", "-3"}) == "--upload: must be 0 MB or more\n");
  CHECK(usage(example, {"--edge-upload", "0.3MiB"}) ==
        "--edge-upload: '0.3MiB' is not a number; write it as in 0.5\n");
  CHECK(usage(example, {"--upload", "edge", "1", "--edge-upload", "1"}) ==
        "--upload: there is another limit for 'edge'; give one\n");
  CHECK(usage(example, {"--time", "edge", "soon"}).rfind("--time: time limit 'soon'", 0) == 0);
  CHECK(usage(example, {"--memory", "edge", "much"}) ==
        "--memory: 'much' is not a number; write it as in 0.5\n");
  for (const std::string layers : {"x", "5-2", "-1", "0-", "1-x", "0-2-3"}) {
    CHECK(usage(example, {"--keep-on", "edge", layers}) ==
          "--keep-on: '" + layers + "' is neither layers FIRST-LAST nor one layer\n");
  }
  CHECK(usage(example, {"--latency-limit", "inf"}) ==
        "--latency-limit: 'inf' is not a number; write it as in 0.5\n");
  CHECK(usage(example, {"--energy-limit", "-1"}) == "--energy-limit: must be 0 J or more\n");
  CHECK(usage(example, {"--revisit"}) == "--revisit: needs --any-order\n");
}

TEST_CASE("a layer that is kept but is not there is answered as any other such layer") {
  const ToolResult result = Example().predict({"--keep-on", "device", "0-3"});
  CHECK(result.exit_code == 2);
  CHECK(result.out == "No results for the specified configuration\n");
  CHECK(contains(result.err, "layer 3 is out of range; the layers are 0 to 2"));
}

TEST_CASE("the options --link and --slowdown ask for other links and machines") {
  const Example example;
  CHECK(best(example, {}).starts_with("0.7200s"));
  CHECK(best(example, {"--slowdown", "box", "4"}).starts_with("1.1500s"));
  CHECK(best(example, {"--slowdown", "edge", "8", "--slowdown", "box", "4"}) ==
        best(example, {"--slowdown=box", "4"}));
  CHECK(best(example, {"--link", "pi,vm", "1,80"}).starts_with("0.3160s"));
  CHECK(best(example, {"--link", "device,cloud", "1,80", "--link", "device,@vm", "100,1.6"}) ==
        best(example, {}));
}

TEST_CASE("links and slowdowns that make no sense are usage errors with their option") {
  const Example example;
  CHECK(contains(usage(example, {"--link", "pi", "1,2"}), "--link: 'pi' is not FROM,TO"));
  CHECK(contains(usage(example, {"--link", "pi,vm", "1"}), "--link: '1' is not PING,BANDWIDTH"));
  CHECK(contains(usage(example, {"--link", "pi,vn", "1,2"}), "--link pi,vn: 'vn' is no system"));
  CHECK(contains(usage(example, {"--slowdown", "vm", "0"}), "--slowdown: '0' is no factor"));
  CHECK(contains(usage(example, {"--slowdown", "moon", "2"}), "--slowdown moon: 'moon' is no"));
}
