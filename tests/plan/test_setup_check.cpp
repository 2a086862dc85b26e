// What is missing or unusual in profiles and links.
#include "scission/plan/problem.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

ModelProfile model_called(const std::string& name) {
  ModelProfile model;
  model.model = name;
  model.repetitions = 20;
  model.whole_seconds = 1;
  model.whole_interval = {0.99, 1.01};
  model.input_shape = {1, 3, 8, 8};
  BlockTiming block;
  block.block = {0, 1, 100};
  block.seconds = 1;
  model.blocks = {block};
  return model;
}

SystemProfile system_called(const std::string& platform, const std::string& name) {
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.host.date = "2026-11-21T07:15:28Z";
  system.host.backend = "LibTorch";
  system.host.backend_version = "1.13.0";
  system.host.tool_version = "0.1.0";
  system.models = {model_called("net"), model_called("other")};
  return system;
}

std::vector<SystemProfile> three_profiles() {
  return {system_called("device", "pi"), system_called("edge", "box"),
          system_called("cloud", "vm")};
}

const Network links(std::vector<NetworkRow>{
    {"device", "edge", {4, 100}}, {"device", "cloud", {30, 20}}, {"edge", "cloud", {25, 80}}});

SetupCheckOptions options_of() {
  SetupCheckOptions options;
  options.folder = "profiles";
  options.network_file = "network.csv";
  options.now = "2026-11-30T00:00:00Z";
  return options;
}

SetupFinding only_finding(const std::vector<SystemProfile>& systems,
                          const Network& network = links) {
  const SetupCheck check = check_setup(systems, network, options_of());
  REQUIRE(check.findings.size() == 1);
  return check.findings[0];
}

}  // namespace

TEST_CASE("a setup with everything is fine") {
  const SetupCheck check = check_setup(three_profiles(), links, options_of());
  CHECK(check.is_fine());
  CHECK(check.links.size() == 3);
  CHECK(summarise(check).empty());
}

TEST_CASE("a model that a system lacks is found, with the command that measures it") {
  auto systems = three_profiles();
  systems[1].models.pop_back();
  const SetupFinding finding = only_finding(systems);
  CHECK(finding.fault == SetupFault::missing_model);
  CHECK(contains(finding.text, "edge-box has not measured other"));
  CHECK(finding.remedy ==
        "on box: scission-benchmark edge box --model FILE.pt (the file of other) --resume -o "
        "profiles");
}

TEST_CASE("codecs and cuts that a system lacks are found, with the command that measures them") {
  const auto coded = [](const std::string& codec, int last_layer) {
    CodecTiming timing;
    timing.codec = codec;
    timing.last_layer = last_layer;
    return timing;
  };
  auto systems = three_profiles();
  for (SystemProfile& system : systems) {
    BlockTiming second = system.models[0].blocks[0];
    second.block = {2, 3, 100};
    system.models[0].blocks.push_back(second);
    system.models[0].codecs = {coded("int8", -1), coded("int8", 1), coded("zstd", 1)};
    system.models[0].codec_inputs = 4;
  }
  CHECK(check_setup(systems, links, options_of()).is_fine());

  SECTION("a codec") {
    systems[1].models[0].codecs.pop_back();
    const SetupFinding finding = only_finding(systems);
    CHECK(to_string(finding.fault) == "missing codec");
    CHECK(contains(finding.text, "edge-box has not measured zstd of net"));
    CHECK(finding.remedy ==
          "on box: scission-benchmark edge box --model FILE.pt (the file of net) --resume -o "
          "profiles --codecs zstd --calibrate FOLDER");
  }
  SECTION("all codecs") {
    systems[1].models[0].codecs.clear();
    systems[1].models[0].codec_inputs = 0;
    CHECK(contains(only_finding(systems).text, "has not measured int8, zstd of net"));
  }
  SECTION("a cut") {
    systems[2].models[0].codecs.erase(systems[2].models[0].codecs.begin());
    const SetupFinding finding = only_finding(systems);
    CHECK(finding.fault == SetupFault::missing_codec);
    CHECK(contains(finding.text, "cloud-vm has int8 of net at 1 of the 2 cuts"));
    CHECK(contains(finding.text, "it lacks that of the input"));
  }
  SECTION("a cut that the system does not have") {
    systems[1].models[0].codecs.push_back(coded("int8", 3));
    systems[2].models[0].blocks.pop_back();
    CHECK(check_setup(systems, links, options_of()).findings.size() == 1);  // of device-pi
  }
  SECTION("other inputs") {
    systems[0].models[0].codec_inputs = 8;
    CHECK(contains(only_finding(systems).text, "inputs that codecs of net were measured with"));
  }
}

TEST_CASE("only the model that was asked for counts") {
  auto systems = three_profiles();
  systems[1].models.pop_back();
  SetupCheckOptions options = options_of();
  options.model = "net";
  CHECK(check_setup(systems, links, options).is_fine());
  options.model = "nett";
  CHECK_ERROR(check_setup(systems, links, options), ErrorCode::invalid_argument, "'net'");
}

TEST_CASE("a link that a plan may need is found, with the row to add") {
  const Network two(
      std::vector<NetworkRow>{{"device", "edge", {4, 100}}, {"device", "cloud", {30, 20}}});
  const SetupFinding finding = only_finding(three_profiles(), two);
  CHECK(finding.fault == SetupFault::missing_link);
  CHECK(contains(finding.text, "no link box → vm"));
  CHECK(contains(finding.remedy, "add to network.csv: box,vm,PING,MBPS"));
}

TEST_CASE("links are checked only where there is a network") {
  const SetupCheck check = check_setup(three_profiles(), std::nullopt, options_of());
  CHECK(check.is_fine());
  CHECK(check.links.empty());
}

TEST_CASE("a misspelt name in the network is found") {
  auto rows = links.rows();
  rows.push_back({"devise", "edge", {1, 1}});
  CHECK(only_finding(three_profiles(), Network(rows)).fault == SetupFault::unknown_name);
}

TEST_CASE("unusual conditions are found one by one") {
  const auto fault_after = [](const auto& change) {
    auto systems = three_profiles();
    change(systems[2]);
    return to_string(only_finding(systems).fault);
  };
  CHECK(fault_after([](SystemProfile& one) {
          one.models[0].whole_interval = {0.9, 1.1};
        }) == "imprecise");
  const std::string disturbed = "5 of 72 rounds took far longer than the others: another program";
  CHECK(fault_after([&](SystemProfile& one) { one.models[0].warnings = {disturbed}; }) ==
        "doubtful");
  CHECK(fault_after([](SystemProfile& one) { one.host.date = "2026-08-01T00:00:00Z"; }) == "old");
  CHECK(fault_after([](SystemProfile& one) { one.host.date = "2031-08-01T00:00:00Z"; }) ==
        "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.host.date = "yesterday"; }) == "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.host.date = "2026-02-30"; }) == "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.host.pause_s = 0.05; }) == "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.host.governor = "powersave"; }) == "governor");
  CHECK(fault_after([](SystemProfile& one) { one.host.stress = "cpu=50"; }) == "stressed");
  CHECK(fault_after([](SystemProfile& one) { one.host.backend_version = "2.1.0"; }) == "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.host.tool_version = "0.2.0"; }) == "unlike");
  CHECK(fault_after([](SystemProfile& one) { one.models[0].input_shape[0] = 4; }) == "unlike");
}

TEST_CASE("a measurement that is imprecise within a narrow interval is fine") {
  auto systems = three_profiles();
  systems[2].models[0].warnings = {"the precision of 2.0 % was not reached: 3.0 %",
                                   "the passes differ by 7.0 %: the machine, or its load, changes"};
  CHECK(check_setup(systems, links, options_of()).is_fine());
}

TEST_CASE("the age of a profile is told in days, one of which is a day") {
  auto systems = three_profiles();
  SetupCheckOptions options = options_of();
  options.max_age_days = 0;
  options.now = systems[0].host.date.substr(0, 10);
  options.now.back() += 1;
  const SetupCheck check = check_setup(systems, links, options);
  REQUIRE_FALSE(check.is_fine());
  CHECK(contains(check.findings[0].text, ", 1 day ago"));
}

TEST_CASE("without a date of today, ages count to the newest profile") {
  auto systems = three_profiles();
  SetupCheckOptions options = options_of();
  options.now.clear();
  CHECK(check_setup(systems, links, options).is_fine());
  systems[0].host.date = "2026-01-01T00:00:00Z";
  const SetupCheck check = check_setup(systems, links, options);
  REQUIRE(check.findings.size() == 1);
  CHECK(contains(check.findings[0].text, "324 days before the newest profile"));
}

TEST_CASE("a summary names the first finding and how many more there are") {
  auto systems = three_profiles();
  systems[1].models.pop_back();
  systems[2].host.stress = "cpu=50";
  CHECK(contains(summarise(check_setup(systems, links, options_of())), "(and 1 more)"));
}
