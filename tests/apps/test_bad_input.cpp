// Input as people mistype it, over all tools: a table of the command, the exit code and the text
// that its one line on stderr must hold: the place, and the way out.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "apps/built_tools.hpp"
#include "apps/predict_example.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

namespace fs = std::filesystem;

struct BadInput {
  std::string what;
  std::string tool;
  Arguments arguments;
  int exit_code;
  std::string text;
  std::string out = {};       ///< on stdout
  bool needs_models = false;  ///< the row names a built-in model
};

std::string command_of(const BadInput& row) {
  std::string command = row.tool;
  for (const std::string& word : row.arguments) {
    const bool is_plain = !word.empty() && word.find_first_of(" ;!'") == std::string::npos;
    command += is_plain ? " " + word : " '" + word + "'";
  }
  return command;
}

/// The folders and files that the commands name, in a folder of their own.
class Inputs {
 public:
  Inputs() {
    for (const char* file :
         {"device-handheld.json", "edge-box.json", "cloud-vm.json", "network.csv"}) {
      fs::create_directories(path("good"));
      fs::copy(fs::path("data/example") / file, path("good/" + std::string(file)));
    }
    add("semicolons.csv", "source;destination;ping(ms);bandwidth(mbps)\ndevice;edge;66,7;1,6\n");
    add("commas.csv", network_header + "device,edge,66,7,1,6\n");
    add("empty.csv", "");
    add("headless.csv", "device,edge,66.7,1.6\n");
    add("columns.csv", network_header + "device,edge,66.7\n");
    add("slow.csv", network_header + "device,edge,66.7,0\n");
    add("negative.csv", network_header + "device,edge,-5,1.6\n");
    add("words.csv", network_header + "device,edge,fast,1.6\n");
    add("systems.csv", "system,watts\nhandheld,5\n");
    add("power.csv", "system;power(W)\nhandheld;5\n");
    add("trace.csv", "time_s;slowdown:box\n0;1\n");
    add("good-trace.csv", "time_s,slowdown:box\n0,1\n1,2\n");
    add("cut/device-pi.json", "{\"format\": ");
    add("other/plans.json", "{\"format\": \"scission-plans\", \"version\": 1}");
    add("garbage/device-pi.dat", "no pickle");
    add("nameless/pi.dat", "no pickle");
    add("newer/device-pi.json", "{\"format\": \"scission-profile\", \"version\": 99}");
    write("twins/device-pi.json", profile_of("device", "pi", {1, 1}));
    write("twins/edge-pi.json", profile_of("edge", "pi", {1, 1}));
    write("elsewhere/moon-pi.json", profile_of("moon", "pi", {1, 1}));
    SystemProfile other = profile_of("device", "pi", {1, 1, 1});
    other.models[0].model = "other";
    write("unmeasured/device-pi.json", other);
    write("unmeasured/edge-box.json", profile_of("edge", "box", {1, 1, 1}));
    write("sourceless/edge-box.json", profile_of("edge", "box", {1, 1, 1}));
    for (const char* folder : {"unmeasured", "sourceless", "twins", "elsewhere"}) {
      add(folder + std::string("/network.csv"), network_header + "device,edge,10,8\n");
    }
    add_damaged();
  }

  /// Everything below the folder, by its path.
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(scratch_.path())) {
      names.insert(entry.path().string());
    }
    return names;
  }

  std::string path(const std::string& name) const { return (scratch_.path() / name).string(); }

 private:
  static std::string utf16(const std::string& text) {
    std::string wide;
    for (const char letter : text) wide += {letter, '\0'};
    return wide;
  }

  void add_damaged() const {
    const std::string row = network_header + "device,edge,66.7,1.6\n";
    add("utf16.csv", "\xFF\xFE" + utf16(row));
    add("nul.csv", row + utf16("x"));
    add("tabs.csv", "source\tdestination\tping(ms)\tbandwidth(mbps)\n");
    add("units.csv", "source,destination,ping(s),bandwidth(mbps)\ndevice,edge,0.06,1.6\n");
    add("swapped.csv", "source,destination,bandwidth(mbps),ping(ms)\ndevice,edge,1.6,66.7\n");
    add("with-units.csv", network_header + "device,edge,4 ms,100 Mbps\n");
    add("nan.csv", network_header + "device,edge,4,nan\n");
    add("huge.csv", network_header + "device,edge,4,1e999\n");
    fs::create_directories(path("folder.csv"));
    fs::create_symlink("loop2.csv", path("loop1.csv"));
    fs::create_symlink("loop1.csv", path("loop2.csv"));
    fs::create_symlink("nowhere", path("dangling.csv"));
    REQUIRE(mkfifo(path("fifo").c_str(), 0600) == 0);
    const std::string profile = read_file("data/example/edge-box.json");
    add("wide/edge-box.json", "\xFF\xFE" + utf16(profile));
    const std::size_t at = profile.find("\"seconds\": ") + 11;
    for (const auto& [name, number] : {std::pair("nan", "NaN"), std::pair("less", "-1")}) {
      std::string changed = profile;
      changed.replace(at, changed.find_first_of(",\n", at) - at, number);
      add(name + std::string("/edge-box.json"), changed);
    }
    add("copies/edge-box.json", profile);
    add("copies/edge-box (copy).json", profile);
    const std::string plans = run_tool("scission-predict", {"data/example", "network.csv", "vgg19",
                                                            "--json", "-i", "0.15"})
                                  .out;
    add("plans.json", plans);
    add("half.json", plans.substr(0, plans.size() / 2));
    add("wide.json", "\xFF\xFE" + utf16(plans));
    add("backwards.csv", "time_s,slowdown:box\n5,1\n2,2\n");
    add("misspelt.csv", "time_s,slowdown:bx\n0,1\n1,2\n");
    add("clock.csv", "time,slowdown:box\n0,1\n");
    add("below.csv", "time_s,slowdown:box\n0,-1\n");
  }

  void add(const std::string& name, const std::string& contents) const {
    fs::create_directories((scratch_.path() / name).parent_path());
    scratch_.file(name, contents);
  }
  void write(const std::string& name, const SystemProfile& profile) const {
    fs::create_directories((scratch_.path() / name).parent_path());
    write_profile(profile, path(name));
  }

  Scratch scratch_;
};

const std::string predict = "scission-predict";
const std::string adapt = "scission-adapt";
const std::string compare = "scission-compare";
const std::string report = "scission-report";

Arguments on_example(Arguments more) {
  more.insert(more.begin(), {"data/example", "network.csv", "vgg19", "--no-plot"});
  return more;
}

std::vector<BadInput> order_and_files(const Inputs& in) {
  const auto network = [&](const std::string& file) {
    return Arguments{in.path("good"), in.path(file), "vgg19", "--no-plot"};
  };
  const auto profiles = [&](const std::string& folder, const std::string& model = "net") {
    return Arguments{in.path(folder), "network.csv", model, "--no-plot"};
  };
  const std::string meant = "did you mean: scission-predict data/example network.csv vgg19";
  return {
      {"network, profiles, model", predict, {"network.csv", "data/example", "vgg19"}, 2, meant},
      {"profiles, model, network", predict, {"data/example", "vgg19", "network.csv"}, 2, meant},
      {"model, network, profiles", predict, {"vgg19", "network.csv", "data/example"}, 2, meant},
      {"model, profiles, network", predict, {"vgg19", "data/example", "network.csv"}, 2, meant},
      {"arguments of a trace in another order",
       adapt,
       {"trace", "network.csv", "data/example", "vgg19"},
       2,
       "did you mean: scission-adapt trace data/example network.csv vgg19"},
      {"no arguments", predict, {}, 2, "PROFILES, NETWORK.csv and MODEL are needed"},
      {"no model", predict, {"data/example", "network.csv"}, 2, "MODEL are needed"},
      {"one argument too many", predict, on_example({"more"}), 2, "unexpected argument 'more'"},
      {"a folder that is not there",
       predict,
       {"nowhere", "network.csv", "vgg19"},
       1,
       "nowhere: no such folder of profiles"},
      {"a folder without profiles", predict, profiles("other"), 1, "holds no profile"},
      {"a network that is not there",
       predict,
       {"data/example", "links.csv", "vgg19"},
       1,
       "links.csv: cannot be opened"},
      {"columns separated by semicolons", predict, network("semicolons.csv"), 1,
       "semicolons.csv:1: columns are separated by commas, not by semicolons"},
      {"decimal commas", predict, network("commas.csv"), 1,
       "commas.csv:2: has 6 fields where 4 are wanted: "
       "source,destination,ping(ms),bandwidth(mbps); "
       "numbers have a point"},
      {"an empty network", predict, network("empty.csv"), 1, "empty.csv: is empty; it must begin"},
      {"a network without a header", predict, network("headless.csv"), 1,
       "headless.csv:1: the first line must be the header source,destination"},
      {"a column too few", predict, network("columns.csv"), 1, "columns.csv:2: has 3 fields"},
      {"a bandwidth of 0", predict, network("slow.csv"), 1,
       "leave the row out where there is no link"},
      {"a negative ping", predict, network("negative.csv"), 1, "negative.csv:2: ping(ms) is -5"},
      {"a word for a number", predict, network("words.csv"), 1,
       "words.csv:2: ping(ms) is 'fast', not a number"},
      {"a profile that was cut", predict, profiles("cut"), 1,
       "device-pi.json: the JSON is truncated"},
      {"a .dat that is none", predict, profiles("garbage"), 1, "device-pi.dat: "},
      {"a .dat with half a name", predict, profiles("nameless"), 1,
       "must be called PLATFORM-NAME.dat, as in edge-box.dat"},
      {"a profile of the future", predict, profiles("newer"), 1, "read it with a newer Scission"},
      {"two profiles of one system", predict, profiles("twins"), 1, "keep one of them"},
      {"a platform without a place", predict, profiles("elsewhere"), 2,
       "give an order that names it (--platforms)"},
      {"a device that has not measured the model", predict, profiles("unmeasured"), 2,
       "profile device-pi has not measured 'net'; measure it there: scission-benchmark device pi"},
      {"a source that has not measured the model",
       predict,
       {in.path("unmeasured"), "network.csv", "net", "--source", "@pi"},
       2,
       "profile device-pi has not measured 'net'"},
      {"no profile of the device", predict, profiles("sourceless"), 2,
       "the input lies on device, of which there is no profile"},
      {"the same in a replay",
       adapt,
       {"replay", in.path("unmeasured"), "network.csv", "net", in.path("good-trace.csv")},
       2,
       "profile device-pi has not measured 'net'"},
      {"a trace with semicolons",
       adapt,
       {"replay", in.path("unmeasured"), "network.csv", "net", in.path("trace.csv")},
       1,
       "trace.csv: line 1: columns are separated by commas"},
  };
}

std::vector<BadInput> names_and_numbers(const Inputs& in) {
  return {
      {"a model that is nearly right",
       predict,
       {"data/example", "network.csv", "resnet5O"},
       2,
       "did you mean 'resnet50'?"},
      {"a model of another tool",
       predict,
       {"data/example", "network.csv", "bert"},
       2,
       "choose from: mobilenet, resnet50, vgg19"},
      {"a system that is nearly right", predict, on_example({"-e", "bx"}), 2,
       "did you mean 'box'?"},
      {"a layer that the model does not have", predict, on_example({"-d", "999"}), 2,
       "constraints on device: layer 999 is out of range; the layers are 0 to 25",
       "No results for the specified configuration\n"},
      {"an empty criterion", predict, on_example({"-d", "3,,4"}), 2, "--device: "},
      {"a range as a criterion", predict, on_example({"-d", "0-4"}), 2, "--keep-on NAME 0-4"},
      {"one value of two", predict, on_example({"--on", "device"}), 2,
       "--on: needs two values, NAME CRITERIA"},
      {"an option that is nearly right", predict, on_example({"--anyorder"}), 2,
       "did you mean --any-order?"},
      {"a word for a count", predict, on_example({"--max-stages", "many"}), 2,
       "--max-stages: 'many' is not a valid value"},
      {"no plan to list", predict, on_example({"--result-count", "0"}), 2,
       "--result-count: must be 1 or more"},
      {"a unit in capitals", predict, on_example({"-i", "250KB"}), 2,
       "--input-size: '250KB' is not a number"},
      {"a negative size", predict, on_example({"-i", "-1"}), 2,
       "--input-size: must be 0 MB or more"},
      {"an objective that is nearly right", predict, on_example({"--objective", "latncy"}), 2,
       "did you mean 'latency'?"},
      {"a front of one quantity", predict, on_example({"--pareto", "latency"}), 2, "--pareto: "},
      {"a sensitivity to nothing", predict, on_example({"--sensitivity", "mainframe"}), 2,
       "--sensitivity mainframe: "},
      {"a sensitivity backwards", predict,
       on_example({"--sensitivity", "edge", "--sensitivity-range", "9,1"}), 2,
       "--sensitivity-range: '9,1' is not LOW,HIGH"},
      {"more than all the time", predict, on_example({"--device-time", "120%"}), 2,
       "--device-time: "},
      {"time without a number", predict, on_example({"--time", "edge", "soon"}), 2,
       "--time: time limit 'soon'"},
      {"no limit at all", predict, on_example({"--latency-limit", "inf"}), 2,
       "--latency-limit: 'inf' is not a number"},
      {"an exit without a share", predict, on_example({"--exit-share", "3"}), 2,
       "--exit-share: '3' is not LAYER=SHARE"},
      {"a share of a model without exits", predict, on_example({"--exit-share", "3=0.4"}), 2,
       "--exit-share: the profiles of 'vgg19' have no early exit"},
      {"layers backwards", predict, on_example({"--keep-on", "edge", "5-2"}), 2,
       "--keep-on: '5-2' is neither layers FIRST-LAST nor one layer"},
      {"two limits for one", predict, on_example({"--upload", "edge", "1", "--edge-upload", "1"}),
       2, "there is another limit for 'edge'; give one"},
      {"revisits in the platforms' order", predict, on_example({"--revisit"}), 2,
       "--revisit: needs --any-order"},
      {"figures that are not there", predict, on_example({"--systems", "watts.csv"}), 1,
       "watts.csv: cannot be opened"},
      {"figures under another title", predict, on_example({"--systems", in.path("systems.csv")}), 1,
       "systems.csv:1: the header must be system,power(W),price(per hour),memory(MB)"},
      {"figures separated by semicolons", predict, on_example({"--systems", in.path("power.csv")}),
       1, "write: system,power(W)"},
      {"energy without figures", predict, on_example({"--objective", "energy"}), 2, "power"},
      {"one profile to compare",
       compare,
       {"data/example/edge-box.json"},
       2,
       "two profiles are compared, not 1"},
      {"a change of 200 %",
       compare,
       {"data/example/edge-box.json", "data/example/edge-box.json", "--min-change", "2"},
       2,
       "--min-change: '2' is not a fraction; write 5% or 0.05"},
      {"a rate of 0",
       compare,
       {"data/example/edge-box.json", "data/example/edge-box.json", "--fdr", "0"},
       2,
       "--fdr: must be above 0 and below 1"},
      {"a model that one profile lacks",
       compare,
       {"data/example/edge-box.json", "data/example/edge-box.json", "--model", "bert"},
       2,
       "model 'bert' is not in the profile before"},
      {"a profile that is not there",
       compare,
       {"old.json", "data/example/edge-box.json"},
       1,
       "old.json: cannot be opened"},
      {"a network for a profile",
       compare,
       {"data/example/network.csv", "data/example/edge-box.json"},
       1,
       "a profile's name ends in .json or .dat"},
      {"a command that is nearly right", adapt, {"analyze"}, 2, "did you mean 'analyse'?"},
      {"a command that is none", adapt, {"improvise"}, 2, "choose from: analyse, replay"},
      {"an option of a trace that is nearly right",
       adapt,
       {"trace", "--kind", "steps"},
       2,
       "did you mean --kinds?"},
      {"a trace that is not there",
       adapt,
       {"replay", "data/example", "network.csv", "vgg19", "none.csv"},
       1,
       "none.csv: cannot be opened"},
      {"a replay without a trace",
       adapt,
       {"replay", "data/example", "network.csv", "vgg19"},
       2,
       "TRACE.csv are needed"},
      {"a confidence of words",
       adapt,
       {"replay", "data/example", "network.csv", "vgg19", "none.csv", "--confidence", "high"},
       2,
       "--confidence: 'high' is not a number from 0 to 100"},
      {"a report of nothing", report, {}, 2, "scission-report"},
      {"a report on a folder that is not there", report, {"nowhere"}, 1, "nowhere"},
      {"a report on a file of another kind",
       report,
       {"data/example/network.csv"},
       1,
       "network.csv"},
      {"a profile for the folder of profiles",
       predict,
       {"data/example/edge-box.json", "network.csv", "vgg19"},
       1,
       "edge-box.json: is a file; name the folder with the profiles"},
      {"a folder without a name",
       predict,
       {"", "network.csv", "vgg19"},
       2,
       "PROFILES, NETWORK.csv and MODEL are needed"},
      {"a network without a name",
       predict,
       {"data/example", "", "vgg19"},
       2,
       "PROFILES, NETWORK.csv and MODEL are needed"},
      {"a picture for the network",
       predict,
       {"data/example", "data/example/photo.jpg", "vgg19"},
       1,
       "photo.jpg:1: has a NUL byte: it is not text, or is UTF-16"},
      {"a file for the model",
       predict,
       {"data/example", "network.csv", "vgg19.pt"},
       2,
       "is in none of the profiles; choose from: mobilenet, resnet50, vgg19"},
      {"a plan of no stage", predict, on_example({"--max-stages", "0"}), 2,
       "--max-stages: must be 1 or more"},
      {"layers kept on an unknown place", predict, on_example({"--keep-on", "mars", "0-3"}), 2,
       "layers kept on mars: no platform or system 'mars'"},
      {"an unknown source", predict, on_example({"--source", "mars"}), 2,
       "source: no platform or system 'mars'; choose from: device, edge, cloud"},
      {"an unknown destination", predict, on_example({"--return-to", "mars"}), 2,
       "return: no platform or system 'mars'"},
      {"an unknown sink", predict, on_example({"--sink", "mars"}), 2, "sink: no platform"},
      {"a front of one metric twice", predict, on_example({"--pareto", "latency,latency"}), 2,
       "--pareto: latency occurs twice"},
      {"a front of a metric that is none", predict, on_example({"--pareto", "latency,speed"}), 2,
       "'speed' is not a metric; choose from: latency, period"},
      {"an objective that does not end", predict, on_example({"--objective", "latency +"}), 2,
       "is not a term of an objective"},
      {"a weight below 0", predict, on_example({"--objective", "-1 latency"}), 2,
       "write a weight above 0"},
      {"a time limit below 0", predict, on_example({"--time", "edge", "-1"}), 2,
       "is neither seconds (0.8) nor a share (20%)"},
      {"a word for a time limit", predict, on_example({"--time-limit", "never"}), 2,
       "--time-limit: 'never' is not a number"},
      {"a share for a latency", predict, on_example({"--latency-limit", "5%"}), 2,
       "--latency-limit: '5%' is not a number"},
      {"a word for a size", predict, on_example({"-i", "big"}), 2,
       "--input-size: 'big' is not a number"},
      {"a format that is none", predict, on_example({"--format", "csv"}), 2,
       "--format: 'csv' is neither table nor lines"},
      {"a system of another platform as a criterion", predict, on_example({"-d", "@device5"}), 2,
       "no system 'device5'; choose from: handheld"},
      {"a folder of profiles to compare with",
       "scission-compare",
       {"data/example/edge-box.json", "data/example"},
       1,
       "data/example: a profile's name ends in .json or .dat"},
      {"three profiles to compare",
       "scission-compare",
       {"data/example/edge-box.json", "data/example/edge-box.json", "more"},
       2,
       "two profiles are compared, not 3"},
      {"a report of plans that are none",
       report,
       {"data/example", "--plans", "data/example/edge-box.json"},
       1,
       "edge-box.json: is not a plan"},
      {"a report into a folder that is not there",
       report,
       {"data/example", "--no-plot", "-o", "nowhere/x.html"},
       1,
       "nowhere/x.html: cannot be written"},
      {"nothing to check", "scission-check", {}, 2, "PROFILES is needed"},
      {"a network to check that is not there",
       "scission-check",
       {"data/example", "nowhere.csv"},
       1,
       "nowhere.csv: cannot be opened"},
      {"a run of nothing",
       "scission-run",
       {},
       2,
       "the output of scission-predict --json is needed"},
      {"a run of a profile",
       "scission-run",
       {"data/example/edge-box.json"},
       1,
       "edge-box.json: is not a plan"},
      {"a worker without an address",
       "scission-run",
       {"plans.json", "--workers", "edge"},
       2,
       "--workers: 'edge' is not NAME=HOST:PORT"},
      {"requests at a rate and by concurrency",
       "scission-run",
       {"plans.json", "--rate", "5", "--concurrency", "2"},
       2,
       "--concurrency: not together with --rate"},
      {"a trace and a log in one file",
       "scission-run",
       {"plans.json", "--log", "same.x", "--trace", "./same.x"},
       2,
       "--trace: has the same file as --log"},
      {"events in the file of the plans",
       "scission-run",
       {"plans.json", "--events", "./plans.json"},
       2,
       "--events: has the same file as an input, plans.json"},
      {"a trace without a file",
       "scission-run",
       {"plans.json", "--trace="},
       2,
       "--trace: needs the name of a file"},
      {"a plan without a worker", "scission-plan", {"lenet"}, 2, "say where a worker is", "", true},
      {"no time for the benchmarks of a plan, before anything is measured",
       "scission-plan",
       {"lenet", "--workers", "a=127.0.0.1:1", "--max-time", "0"},
       2,
       "--max-time: must be above 0"},
      {"no time for a benchmark",
       "scission-benchmark",
       {"device", "pi", "--models", "lenet", "--max-time", "0"},
       2,
       "--max-time: must be above 0"},
      {"classes of no inputs",
       "scission-benchmark",
       {"device", "pi", "--models", "lenet", "--codecs", "zstd", "--labels", "classes.csv"},
       2,
       "--labels: has the classes of inputs from files: name their folder by --calibrate"},
      {"an unknown codec", predict, on_example({"--codecs", "int9"}), 2,
       "--codecs: there is no codec 'int9'; choose from: bf16, "},
      {"a codec that no profile has measured", predict, on_example({"--codecs", "int8"}), 2,
       "--codecs: no profile of 'vgg19' has measured codec 'int8'; measure it on every system: "},
      {"no plan to run, before anything is measured",
       "scission-plan",
       {"lenet", "--workers", "a=127.0.0.1:1", "--best", "0"},
       2,
       "--best: must be 1 or more"},
      {"a graph of several views",
       "scission-graph",
       {"lenet", "--fold", "--blocks"},
       2,
       "not together with"},
      {"a benchmark without a name",
       "scission-benchmark",
       {"device"},
       2,
       "PLATFORM and NAME are needed"},
      {"a name of a benchmark that is a path",
       "scission-benchmark",
       {"device", "a/b", "--models", "lenet"},
       2,
       "it must not contain '/'"},
      {"a precision of 0",
       "scission-benchmark",
       {"device", "pc", "--models", "lenet", "--precision", "0"},
       2,
       "--precision: '0' is not a precision; write 2% or 0.02"},
      {"stress of more than all processors",
       "scission-benchmark",
       {"device", "pc", "--models", "lenet", "--stress", "cpu=900"},
       2,
       "write cpu=50,memory=50, from 0 to 100 %"},
      {"an image that is none",
       "scission-benchmark",
       {"device", "pc", "data/example/network.csv", "--models", "lenet"},
       1,
       "use a JPEG or PNG"},
      {"a built-in model that is nearly right",
       "scission-zoo",
       {"export", "resnet5O"},
       2,
       "did you mean 'resnet50'?"},
      {"a built-in model to split that is nearly right",
       "scission-split",
       {"--list", "lenett"},
       2,
       "did you mean 'lenet'?"},
      {"a picture to split",
       "scission-split",
       {"--list", "data/example/photo.jpg"},
       1,
       "data/example/photo.jpg: is a picture, not TorchScript; write TorchScript with"},
      {"a share of the speed above all of it",
       "scission-benchmark",
       {"device", "pc", "--models", "lenet", "--speed", "1.5"},
       2,
       "--speed: must be above 0 and at most 1"},
      {"a pause without end",
       "scission-benchmark",
       {"device", "pc", "--models", "lenet", "--pause", "1e300"},
       2,
       "--pause: must be from 0 to 3600 seconds"},
  };
}

std::vector<BadInput> damage_and_slips(const Inputs& in) {
  const auto network = [&](const std::string& file) {
    return Arguments{in.path("good"), in.path(file), "vgg19", "--no-plot"};
  };
  const auto profiles = [&](const std::string& folder) {
    return Arguments{in.path(folder), "data/example/network.csv", "vgg19", "--no-plot"};
  };
  const auto replay = [&](const std::string& trace) {
    return Arguments{"replay", "data/example", "network.csv", "vgg19", in.path(trace)};
  };
  const auto run = [&](Arguments more) {
    more.insert(more.begin(), in.path("plans.json"));
    return more;
  };
  const auto lenet = [](Arguments more) {
    more.insert(more.begin(), {"device", "pc", "--models", "lenet"});
    return more;
  };
  const std::string utf16 = "is UTF-16; save it as UTF-8";
  return {
      {"a network in UTF-16", predict, network("utf16.csv"), 1, "utf16.csv: " + utf16},
      {"a network with NUL bytes", predict, network("nul.csv"), 1, "nul.csv:3: has a NUL byte"},
      {"a network with tabs", predict, network("tabs.csv"), 1,
       "tabs.csv:1: columns are separated by commas, not by tabs; write: source,destination,"},
      {"pings in seconds", predict, network("units.csv"), 1,
       "units.csv:1: column 3 is 'ping(s)': the header must be source,destination,ping(ms)"},
      {"columns swapped", predict, network("swapped.csv"), 1,
       "swapped.csv:1: column 3 is 'bandwidth(mbps)': the header must be"},
      {"numbers with units", predict, network("with-units.csv"), 1, "ping(ms) is '4 ms', not a"},
      {"a bandwidth that is not a number", predict, network("nan.csv"), 1, "is 'nan', not a"},
      {"a bandwidth beyond all numbers", predict, network("huge.csv"), 1, "is '1e999', not a"},
      {"a folder for the network", predict, network("folder.csv"), 1,
       "folder.csv: cannot be read: Is a directory"},
      {"links in a circle", predict, network("loop1.csv"), 1,
       "loop1.csv: cannot be opened: Too many levels of symbolic links"},
      {"a link to nowhere", predict, network("dangling.csv"), 1,
       "dangling.csv: cannot be opened: No such file or directory"},
      {"a profile in UTF-16", predict, profiles("wide"), 1, "edge-box.json: " + utf16},
      {"a time that is not a number", predict, profiles("nan"), 1,
       "edge-box.json: is not valid JSON: line "},
      {"a time below 0", predict, profiles("less"), 1,
       "edge-box.json: models[0].blocks[0].seconds: must be a number"},
      {"a copy of a profile beside it", predict, profiles("copies"), 1, "keep one of them"},
      {"a decimal comma", predict, on_example({"--latency-limit", "0,5"}), 2,
       "--latency-limit: '0,5' is not a number; write it as in 0.5"},
      {"a unit behind a latency", predict, on_example({"--latency-limit", "500ms"}), 2,
       "'500ms' is not a number; write it as in 0.5"},
      {"a count with a fraction", predict, on_example({"--max-stages", "2.5"}), 2,
       "--max-stages: '2.5' is not a valid value"},
      {"a count beyond all counts", predict, on_example({"--max-stages", "99999999999"}), 2,
       "--max-stages: '99999999999' is not a valid value"},
      {"a platform twice", predict, on_example({"--platforms", "device,device"}), 2,
       "'device' occurs twice in the order of platforms"},
      {"a link without a bandwidth", predict, on_example({"--link", "handheld,vm", "30"}), 2,
       "--link: '30' is not PING,BANDWIDTH, in ms and Mbit/s: 25,80"},
      {"a link with a dash", predict, on_example({"--link", "handheld-vm", "30,20"}), 2,
       "--link: 'handheld-vm' is not FROM,TO"},
      {"a link to itself", predict, on_example({"--link", "box,box", "3,3"}), 2,
       "has the same system at both ends"},
      {"a slowdown in per cent", predict, on_example({"--slowdown", "box", "200%"}), 2,
       "--slowdown: '200%' is no factor above 0"},
      {"a slowdown of a system that is nearly right", predict,
       on_example({"--slowdown", "bx", "2"}), 2, "did you mean 'box'?"},
      {"a profile for the corrections", predict,
       on_example({"--corrections", "data/example/edge-box.json"}), 1,
       "edge-box.json: is not a file of corrections"},
      {"a network for the figures", predict, on_example({"--systems", "data/example/network.csv"}),
       1, "network.csv:1: the header must be system,power(W)"},
      {"criteria with a blank", predict, on_example({"-d", "1 2"}), 2, "no system '1 2'"},
      {"an objective in capitals", predict, on_example({"--objective", "LATENCY"}), 2,
       "did you mean 'latency'?"},
      {"options in a circle of links",
       predict,
       {"--config", in.path("loop1.csv")},
       1,
       "loop1.csv: cannot be opened: Too many levels"},
      {"options in a folder",
       predict,
       {"--config", in.path("good")},
       1,
       "good: cannot be read: Is a directory"},
      {"a rate of 100 %",
       compare,
       {"data/example/edge-box.json", "data/example/edge-box.json", "--fdr", "100%"},
       2,
       "--fdr: must be above 0 and below 1"},
      {"a report into a folder",
       report,
       {"data/example", "--no-plot", "-o", in.path("good")},
       1,
       "good: exists and is not a regular file"},
      {"a report into a pipe",
       report,
       {"data/example", "--no-plot", "-o", in.path("fifo")},
       1,
       "fifo: exists and is not a regular file"},
      {"a page without a network",
       report,
       {"data/example", "--interactive", "vgg19"},
       2,
       "--interactive: needs a PROFILE and --network FILE.csv"},
      {"a profile to check",
       "scission-check",
       {"data/example/edge-box.json"},
       1,
       "edge-box.json: is a file; name the folder with the profiles"},
      {"an age below 0",
       "scission-check",
       {"data/example", "--max-age", "-1"},
       2,
       "--max-age: must be 0 or more"},
      {"a port beyond all ports",
       "scission-explore",
       {"data/example", "network.csv", "vgg19", "--port", "99999"},
       2,
       "--port: must be from 0 to 65535"},
      {"the explorer's arguments in another order",
       "scission-explore",
       {"network.csv", "data/example", "vgg19"},
       2,
       "did you mean: scission-explore data/example network.csv vgg19"},
      {"a trace backwards in time", adapt, replay("backwards.csv"), 1,
       "backwards.csv: line 3: the time 2 does not come after 5"},
      {"a trace of a system that is nearly right", adapt, replay("misspelt.csv"), 2,
       "slowdown:bx: the problem has no such link or system; did you mean 'box'?"},
      {"a trace without times", adapt, replay("clock.csv"), 1,
       "clock.csv: line 1: the first column must be time_s"},
      {"a slowdown below 0", adapt, replay("below.csv"), 1, "'-1' is not a number of 0 or more"},
      {"a trace into a pipe",
       adapt,
       {"trace", "data/example", "network.csv", "vgg19", "-o", in.path("fifo")},
       1,
       "fifo: exists and is not a regular file"},
      {"a trace of no time",
       adapt,
       {"trace", "data/example", "network.csv", "vgg19", "--duration", "0"},
       2,
       "--duration: '0' is not a number from"},
      {"a sweep that is a folder of profiles",
       adapt,
       {"analyse", "data/example"},
       1,
       "data/example: has neither sweep.json nor the study's"},
      {"half a plan",
       "scission-run",
       {in.path("half.json")},
       1,
       "half.json: the JSON is truncated"},
      {"a plan in UTF-16", "scission-run", {in.path("wide.json")}, 1, "wide.json: " + utf16},
      {"a plan that is a folder", "scission-run", {"data/example"}, 1, "cannot be read: Is a"},
      {"a worker's name in capitals", "scission-run", run({"--workers", "VM=127.0.0.1:1"}), 2,
       "nothing says where that is; add vm=HOST:PORT (it names VM)", "", true},
      {"a worker twice", "scission-run", run({"--workers", "vm=127.0.0.1:1,vm=127.0.0.1:2"}), 2,
       "--workers: 'vm' is given twice"},
      {"a worker's port beyond all ports", "scission-run", run({"--workers", "vm=127.0.0.1:99999"}),
       2, "is not NAME=HOST:PORT"},
      {"a plan beyond the last", "scission-run",
       run({"--plan", "99", "--workers", "vm=127.0.0.1:1"}), 2, "plans.json holds 5 plans", "",
       true},
      {"corrections into the plans", "scission-run", run({"--learn", in.path("plans.json")}), 2,
       "--learn: has the same file as an input"},
      {"a trace of a run into a pipe", "scission-run", run({"--trace", in.path("fifo")}), 1,
       "fifo: exists and is not a regular file"},
      {"a link with one end",
       "scission-links",
       {"--workers", "a=127.0.0.1:1"},
       2,
       "--workers: a link has two ends: give another worker, or --source"},
      {"links into a pipe, before anything is measured",
       "scission-links",
       {"--workers", "a=127.0.0.1:1,b=127.0.0.1:1", "-o", in.path("fifo")},
       1,
       "fifo: exists and is not a regular file"},
      {"a worker without a name", "scission-worker", {}, 2, "--name is needed; see"},
      {"a relay to nowhere", "scission-relay", {}, 2, "--to is needed; see"},
      {"a benchmark of nothing",
       "scission-benchmark",
       {},
       2,
       "scission-benchmark: PLATFORM and NAME are needed; see"},
      {"a platform with a dash",
       "scission-benchmark",
       {"my-device", "pc"},
       2,
       "the dash separates platform and name"},
      {"a folder for the image",
       "scission-benchmark",
       {"device", "pc", "data/example", "--models", "lenet"},
       1,
       "data/example: is no file; name a JPEG or PNG"},
      {"no thread", "scission-benchmark", lenet({"--threads", "0"}), 2,
       "--threads: must be 1 or more"},
      {"a file for the folder of profiles", "scission-benchmark",
       lenet({"-o", in.path("good/network.csv")}), 1, "network.csv: cannot be created: Not a"},
      {"a format of profiles that is none", "scission-benchmark", lenet({"--format", "pdf"}), 2,
       "--format: 'pdf' is not a format; choose from json"},
      {"a folder for the model",
       "scission-graph",
       {"data/example"},
       1,
       "data/example: is no file; name a model file"},
      {"a picture of another kind",
       "scission-graph",
       {"lenet", "-o", "x.bmp"},
       2,
       "x.bmp: the file name of a picture must end in .svg, .png, .pdf or .dot"},
      {"a layer to cut after that there is not",
       "scission-split",
       {"lenet", "--at", "3,99", "-o", in.path("segments")},
       2,
       "--at: lenet has no layer '99', but layers 0 to 8"},
      {"segments into a file",
       "scission-split",
       {"lenet", "--at", "3", "-o", in.path("plans.json")},
       1,
       "plans.json: cannot be created: Not a directory"},
      {"a command of the zoo that is nearly right",
       "scission-zoo",
       {"exprot", "lenet"},
       2,
       "did you mean 'export'?"},
      {"a model into a folder that is not there",
       "scission-zoo",
       {"export", "lenet", "-o", "nowhere/lenet.pt"},
       1,
       "nowhere/lenet.pt: cannot be written"},
  };
}

/// Runs every row whose tool is built, prints the table and checks it. The number of rows.
int check_table(const std::vector<BadInput>& table) {
  int rows = 0;
  for (const BadInput& row : table) {
    if (!has_models(row.needs_models ? "scission-zoo" : row.tool)) continue;
    const ToolResult result = run_tool(row.tool, row.arguments);
    std::printf("%s\n  %s\n  %d  %s", row.what.c_str(), command_of(row).c_str(), result.exit_code,
                result.err.c_str());
    CAPTURE(row.what, command_of(row), result.err);
    CHECK(result.exit_code == row.exit_code);
    CHECK(result.out == row.out);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.rfind(row.tool + ": ", 0) == 0);
    CHECK(contains(result.err, row.text));
    ++rows;
  }
  return rows;
}

}  // namespace

TEST_CASE("bad input is answered in one line with the place and the way out") {
  const Inputs in;
  const int files = check_table(order_and_files(in));
  const int names = check_table(names_and_numbers(in));
  const std::set<std::string> before = in.names();
  const int more = check_table(damage_and_slips(in));
  std::printf("%d kinds of bad input\n", files + names + more);
  CHECK(files + names + more >= 100);
  CHECK(in.names() == before);  // nothing is half written
}

TEST_CASE("a time limit that cannot bind is told, with how a share is written") {
  const ToolResult seconds =
      run_tool("scission-predict", on_example({"-i", "0.15", "--device-time", "20"}));
  CHECK(seconds.exit_code == 0);
  CHECK(contains(seconds.err, "the limit of 20 s on computing on device excludes no plan"));
  CHECK(contains(seconds.err, "is written 20%"));
  for (const char* limit : {"20%", "0.001"}) {
    CHECK_FALSE(contains(
        run_tool("scission-predict", on_example({"-i", "0.15", "--device-time", limit})).err,
        "excludes no plan"));
  }
  CHECK(contains(run_tool("scission-predict", on_example({"--upload", "edge", "2000"})).err,
                 "the limit of 2.00 GB on uploads of edge excludes no plan"));
}

TEST_CASE("a limit on the whole plan that cannot bind is told") {
  const auto warns_of = [](const std::vector<std::string>& words) {
    return contains(run_tool("scission-predict", on_example(words)).err, "excludes no plan");
  };
  CHECK(warns_of({"--latency-limit", "500"}));
  CHECK_FALSE(warns_of({"--latency-limit", "2"}));
  CHECK(warns_of({"--period-limit", "500"}));
  CHECK(warns_of({"--traffic-limit", "500"}));
  CHECK(warns_of({"--energy-limit", "1e6", "--systems", "systems.csv"}));
  CHECK_FALSE(warns_of({"--energy-limit", "10", "--systems", "systems.csv"}));
  CHECK(warns_of({"--money-limit", "1e6", "--systems", "systems.csv"}));
  CHECK(warns_of({"--max-error", "1%"}));
  CHECK(warns_of({"--max-stages", "3"}));
  CHECK_FALSE(warns_of({"--max-stages", "2"}));
}

TEST_CASE("layers of one block on two platforms are told as one block") {
  const Example example;
  SystemProfile coarse = profile_of("edge", "box", {0.25, 0.25});
  coarse.models[0].blocks[1].block = {1, 2, 100'000};
  write_profile(coarse, example.folder().path() / "edge-box.json");
  const ToolResult result = example.predict({"-d", "1", "-e", "2"});
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "layer 1 on device (layers 1 to 2 are one block)"));
}

TEST_CASE("plans in the folder of profiles are passed over, and that is said") {
  const Example example;
  const ToolResult plans = example.predict({"--json"});
  example.folder().file("plans.json", plans.out);
  const ToolResult again = example.predict({"--json"});
  CHECK(again.exit_code == 0);
  CHECK(again.out == plans.out);
  CHECK(contains(again.err, "passed over, because they are no profiles: plans.json\n"));
}

TEST_CASE("a network with a byte-order mark is read as any other") {
  const Example example;
  const std::string plain = example.predict({}).out;
  example.folder().file("network.csv",
                        "\xEF\xBB\xBF" + read_file(example.folder().path() / "network.csv"));
  const ToolResult marked = example.predict({});
  CHECK(marked.exit_code == 0);
  CHECK(marked.out == plain);
}

TEST_CASE("a folder without permission is named by its path, also the one that commands run in") {
  const std::string command = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
  const bool is_root = geteuid() == 0;
  if (is_root && std::system((command + "true 2>/dev/null").c_str()) != 0) {
    SKIP_TEST("root may write everything, and there is no setpriv");
  }
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) SKIP_TEST("gnuplot is not there");
  const Scratch folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                     fs::perms::others_read | fs::perms::others_exec);
  const fs::path example = fs::current_path() / "data/example";
  const Scratch streams;
  const std::string err = (streams.path() / "err").string();
  const int status = std::system(
      ("cd " + folder.path().string() + " && " + (is_root ? command : "") + SCISSION_TOOLS_FOLDER +
       "/scission-predict " + example.string() + " network.csv vgg19 -i 0.15 >/dev/null 2>" + err)
          .c_str());
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(read_file(err).ends_with("scission-predict: " + folder.path().string() +
                                 ": cannot be written to: Permission denied\n"));
}
