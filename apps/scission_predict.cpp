// scission-predict: the best ways to distribute a model, from profiles and a network file.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "scission/error.hpp"
#include "scission/network.hpp"
#include "scission/plan_io.hpp"
#include "scission/problem.hpp"
#include "scission/profile_io.hpp"
#include "scission/report.hpp"
#include "scission/search.hpp"
#include "scission/units.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), mixed freely
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps); each end a system or a platform.
                Looked for in the working directory, then in PROFILES
  MODEL         one of the models that the profiles hold

Criteria, separated by commas:
  7             layer 7 must run on the platform      !7     must not
  -1            no layer may run there                !-1    one at least must
  name, @name   this system must run a layer          !name  must not be used
  (a bare number is a layer; a system whose name is all digits is written @2500)

Each result: latency - data sent over all links - the layers on each platform. The source of the
input is named even where it runs no layer. MB is 10^6 bytes.

Examples:
  scission-predict data/example data/example/network.csv resnet50
  scission-predict profiles network.csv vgg19 -d '!-1' -e 10 -c 16
  scission-predict profiles network.csv mobilenet --device-time 20% --edge-upload 0.3 --json

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-predict",
                           "Ranks the ways to distribute a model's layers over machines.\n");
  options.custom_help("PROFILES NETWORK.csv MODEL [OPTION...]");
  options.positional_help("");
  const auto text = [] { return cxxopts::value<std::string>(); };
  const auto number = [] { return cxxopts::value<double>(); };
  options.add_options()                                                                           //
      ("d,device", "criteria for the device", text(), "CRITERIA")                                 //
      ("e,edge", "criteria for the edge", text(), "CRITERIA")                                     //
      ("c,cloud", "criteria for the cloud", text(), "CRITERIA")                                   //
      ("result-count", "how many plans to show", cxxopts::value<int>()->default_value("5"), "N")  //
      ("i,input-size", "size of the input, which lies on the device",
       cxxopts::value<double>()->default_value("0.15"), "MB")                      //
      ("device-upload", "at most this much may leave the device", number(), "MB")  //
      ("edge-upload", "at most this much may leave the edge", number(), "MB")      //
      ("cloud-upload", "at most this much may leave the cloud", number(), "MB")    //
      ("device-time",
       "at most this long may the device compute: seconds, or a share of the whole "
       "compute time (20%)",
       text(), "TIME")                                          //
      ("edge-time", "the same for the edge", text(), "TIME")    //
      ("cloud-time", "the same for the cloud", text(), "TIME")  //
      ("platforms", "the platforms in the order in which data may pass them",
       cxxopts::value<std::vector<std::string>>()->default_value("device,edge,cloud"), "A,B,…")  //
      ("o,output", "the folder for the picture, created if absent",
       cxxopts::value<std::string>()->default_value("."), "DIR")                             //
      ("no-plot", "draw no picture")                                                         //
      ("json", "the answer for programs, with every stage and hop broken down; no picture")  //
      ("h,help", "this text")                                                                //
      ("version", "the version");
  options.add_options("positional")  //
      ("profiles", "", text())("network", "", text())("model", "", text());
  options.parse_positional({"profiles", "network", "model"});
  return options;
}

// Runs `parse` and puts the option's name in front of what it complains about.
template <typename Parse>
auto parse_option(const cxxopts::ParseResult& arguments, const std::string& option, Parse parse) {
  try {
    return parse(arguments[option].as<std::string>());
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--" + option);
  }
}

double bytes_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  const double value = arguments[option].as<double>();
  if (!(value >= 0)) {
    throw Error(ErrorCode::invalid_argument, "must be 0 MB or more", "--" + option);
  }
  return value * bytes_per_megabyte;
}

Query make_query(const cxxopts::ParseResult& arguments) {
  Query query;
  query.input_bytes = bytes_of(arguments, "input-size");
  query.result_count = arguments["result-count"].as<int>();
  if (query.result_count < 1) {
    throw Error(ErrorCode::invalid_argument, "must be 1 or more", "--result-count");
  }
  for (const std::string platform : {"device", "edge", "cloud"}) {
    PlatformConstraints constraints;
    if (arguments.count(platform)) {
      constraints.criteria = parse_option(arguments, platform, parse_criteria);
    }
    if (arguments.count(platform + "-upload")) {
      constraints.upload_bytes = bytes_of(arguments, platform + "-upload");
    }
    if (arguments.count(platform + "-time")) {
      constraints.compute = parse_option(arguments, platform + "-time", parse_time_limit);
    }
    if (constraints != PlatformConstraints{}) query.platforms[platform] = constraints;
  }
  return query;
}

Network find_network(const std::filesystem::path& path, const std::filesystem::path& profiles) {
  std::error_code ignored;
  const bool is_here = std::filesystem::exists(path, ignored);
  const bool is_there = std::filesystem::exists(profiles / path, ignored);
  return read_network(is_here || !is_there ? path : profiles / path);
}

// The original spells its models in lower case whatever the user wrote.
std::string find_model(const std::vector<SystemProfile>& profiles, std::string name) {
  const std::vector<std::string> known = known_models(profiles);
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

void warn_of_missing_links(const PartitionProblem& problem, const Result& result) {
  std::vector<std::string> pairs;
  for (const MissingLink& link : result.missing_links) {
    pairs.push_back(problem.systems[link.from].name + " → " + problem.systems[link.to].name);
  }
  if (pairs.empty()) return;
  spdlog::warn("no link {}: plans over it are left out; add a row to the network file",
               fmt::join(pairs, ", "));
}

// "vgg19-9.01s". A model's name may hold anything; a file's may not.
std::string picture_stem(const std::string& model, double latency_s) {
  std::string stem = fmt::format("{}-{:.2f}s", model, latency_s);
  for (char& letter : stem) {
    if (letter == '/' || static_cast<unsigned char>(letter) < ' ') letter = '_';
  }
  if (stem[0] == '.' || stem[0] == '|' || stem[0] == '-') stem[0] = '_';
  return stem;
}

// Without gnuplot the answer stands all the same.
void draw(const PartitionProblem& problem, const Plan& plan, double input_bytes,
          const std::filesystem::path& folder) {
  const std::string stem = picture_stem(problem.model, cost(problem, plan, input_bytes).latency_s);
  try {
    draw_plan(problem, plan, input_bytes, folder, stem);
    fmt::print(stderr, "Picture: {}.png and .svg\n", (folder / stem).lexically_normal().string());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    spdlog::warn("no picture: {}", error.what());
  }
}

// The original's answer where no plan fits, which is not an error to it.
constexpr const char* no_results = "No results for the specified configuration\n";

void print_answer(const PartitionProblem& problem, const Query& query, const Result& result,
                  bool as_json) {
  if (as_json) {
    fmt::print("{}", format_result_json(problem, query, result));
  } else if (result.plans.empty()) {
    fmt::print(no_results);
  }
  int rank = 0;
  for (const Plan& plan : result.plans) {
    if (!as_json) fmt::print("{}\n", format_result_line(problem, plan, query.input_bytes, ++rank));
  }
}

// A demand that no model could meet is answered as one that no plan meets, and explained.
Result search_or_answer(const PartitionProblem& problem, const Query& query, bool as_json) {
  try {
    return search(problem, query);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::infeasible) print_answer(problem, query, {}, as_json);
    throw;
  }
}

int answer(const cxxopts::ParseResult& arguments) {
  const std::filesystem::path folder = arguments["profiles"].as<std::string>();
  const std::vector<SystemProfile> profiles = read_profiles(folder);
  const Network network = find_network(arguments["network"].as<std::string>(), folder);
  const std::string model = find_model(profiles, arguments["model"].as<std::string>());
  const PartitionProblem problem =
      make_problem(profiles, network, model, arguments["platforms"].as<std::vector<std::string>>());
  const Query query = make_query(arguments);
  const bool as_json = arguments.count("json") > 0;
  const Result result = search_or_answer(problem, query, as_json);
  warn_of_missing_links(problem, result);

  print_answer(problem, query, result, as_json);
  if (result.plans.empty()) return apps::exit_no_plan;
  if (!as_json && !arguments.count("no-plot")) {
    draw(problem, result.plans.front(), query.input_bytes, arguments["output"].as<std::string>());
  }
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = options.parse(argc, argv);
  if (arguments.count("help")) {
    std::cout << options.help({""}) << epilog;
    return apps::exit_done;
  }
  if (arguments.count("model") == 0) {
    throw Error(ErrorCode::invalid_argument,
                "PROFILES, NETWORK.csv and MODEL are needed; see scission-predict --help");
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is one argument too many; see scission-predict --help",
                            arguments.unmatched().front()));
  }
  return answer(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-predict", argc, argv, run);
}
