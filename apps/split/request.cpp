#include "request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission::split {
namespace {

bool is_given(const apps::Arguments& arguments, const std::string& option) {
  return arguments.count(option) > 0;
}

/// The option that says what to do.
std::string chosen_action(const apps::Arguments& arguments) {
  std::string chosen;
  for (const char* option : {"list", "layers", "at", "plan", "every-cut"}) {
    if (!is_given(arguments, option)) continue;
    if (!chosen.empty())
      throw apps::usage_error(fmt::format("not together with --{}", chosen),
                              fmt::format("--{}", option));
    chosen = option;
  }
  if (chosen.empty() && is_given(arguments, "blocks")) return "layers";
  if (chosen.empty()) {
    throw apps::usage_error(
        "say --list, --layers or --blocks, or where to cut: --at, --plan or --every-cut; see "
        "scission-split --help");
  }
  return chosen;
}

/// `option` is valid only with one of `actions`.
void validate_goes_with(const apps::Arguments& arguments, const std::string& option,
                        const std::string& action, const std::vector<std::string>& actions,
                        const std::string& reason) {
  if (!is_given(arguments, option)) return;
  if (std::find(actions.begin(), actions.end(), action) != actions.end()) return;
  throw apps::usage_error(reason, "--" + option);
}

void validate_combination(const apps::Arguments& arguments, const std::string& action) {
  const std::vector<std::string> writing{"at", "plan", "every-cut"};
  validate_goes_with(arguments, "rejected", action, {"list"}, "goes with --list only");
  validate_goes_with(arguments, "blocks", action, {"layers"}, "goes with --layers only");
  validate_goes_with(arguments, "kubernetes", action, {"plan"},
                     "needs a plan, which names the systems: --plan FILE");
  for (const char* option : {"output", "triton", "verify"}) {
    validate_goes_with(
        arguments, option, action, writing,
        "is for files that are written: say where to cut, --at, --plan or --every-cut");
  }
  const bool writes = std::find(writing.begin(), writing.end(), action) != writing.end();
  if (writes && !is_given(arguments, "output")) {
    throw apps::usage_error("needs -o DIR, the folder that the segments go to", "--" + action);
  }
}

Action to_action(const apps::Arguments& arguments, const std::string& action) {
  if (action == "list") return Action::list_cuts;
  if (action != "layers") return Action::write;
  return is_given(arguments, "blocks") ? Action::list_blocks : Action::list_layers;
}

}  // namespace

void add_options(cxxopts::Options& options) {
  options.add_options()                                                                     //
      ("list", "list the places where MODEL can be cut, and the tensors that cross there")  //
      ("rejected", "with --list: also list the other places, and why no cut is there")      //
      ("layers", "list the layers with their types, outputs and costs")                     //
      ("blocks", "list the blocks between the cuts with their outputs and costs")           //
      ("at", "cut after these layers, by number or name", apps::list_value(),
       "LAYERS")  //
      ("plan", "cut where the first plan of scission-predict --json changes the system",
       apps::text_value(), "FILE")                                //
      ("every-cut", "cut at every place where MODEL can be cut")  //
      ("o,output", "folder for segments and manifest.json, created if it does not exist",
       apps::text_value(), "DIR")  //
      ("verify",
       "load the files, chain them and compare them with MODEL, for batch 1, 2, 3, 13")  //
      ("seed", "seed of the random inputs of --verify", apps::seed_value("0"), "N")      //
      ("triton", "write a model repository for NVIDIA's Triton Inference Server")        //
      ("kubernetes",
       "with --plan: also write kubernetes.yaml, a Deployment of IMAGE and a Service for each "
       "system "
       "(default image: scission)",
       cxxopts::value<std::string>()->implicit_value("scission"), "IMAGE")  //
      ("json", "print JSON");
}

Request read_request(const apps::Arguments& arguments) {
  const std::string action = chosen_action(arguments);
  validate_combination(arguments, action);
  Request request;
  request.action = to_action(arguments, action);
  request.with_rejected = is_given(arguments, "rejected");
  request.as_json = is_given(arguments, "json");
  if (action == "at") request.layers = apps::words_of(arguments, "at");
  if (action == "plan") request.plan = arguments["plan"].as<std::string>();
  if (is_given(arguments, "output")) request.folder = arguments["output"].as<std::string>();
  request.as_triton = is_given(arguments, "triton");
  if (is_given(arguments, "kubernetes")) {
    request.container_image = arguments["kubernetes"].as<std::string>();
    if (request.container_image.empty()) {
      throw apps::usage_error("needs the name of an image, or none and no '='", "--kubernetes");
    }
  }
  request.verifies = is_given(arguments, "verify");
  request.seed = arguments["seed"].as<std::uint64_t>();
  return request;
}

std::vector<Cut> select(const ModelGraph& graph, const CutList& cuts, const Request& request) {
  std::vector<int> layers;
  if (!request.layers.empty()) {
    return apps::parse_option("at", "", [&](const std::string&) {
      for (const std::string& name : request.layers) layers.push_back(find_layer(graph, name));
      return select_cuts(cuts, layers);
    });
  }
  if (request.plan.empty()) return cuts.cuts;
  for (const Placement& one : read_placements(request.plan)) layers.push_back(one.last_layer);
  try {
    return cuts_of_plan(graph, cuts, layers);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), request.plan.string());
  }
}

}  // namespace scission::split
