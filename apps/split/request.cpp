#include "request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "scission/base/error.hpp"

namespace scission::split {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& place = {}) {
  throw Error(ErrorCode::invalid_argument, message, place);
}

bool is_given(const cxxopts::ParseResult& arguments, const std::string& option) {
  return arguments.count(option) > 0;
}

/// The one thing to do, by the option that asks for it.
std::string chosen_action(const cxxopts::ParseResult& arguments) {
  std::string chosen;
  for (const char* option : {"list", "layers", "at", "plan", "every-cut"}) {
    if (!is_given(arguments, option)) continue;
    if (!chosen.empty())
      refuse(fmt::format("not together with --{}", chosen), fmt::format("--{}", option));
    chosen = option;
  }
  if (chosen.empty() && is_given(arguments, "blocks")) return "layers";
  if (chosen.empty()) {
    refuse(
        "say --list or --layers, or where to cut: --at, --plan or --every-cut; see "
        "scission-split --help");
  }
  return chosen;
}

/// `option` makes sense with one of `actions` only.
void check_goes_with(const cxxopts::ParseResult& arguments, const std::string& option,
                     const std::string& action, const std::vector<std::string>& actions,
                     const std::string& reason) {
  if (!is_given(arguments, option)) return;
  if (std::find(actions.begin(), actions.end(), action) != actions.end()) return;
  refuse(reason, "--" + option);
}

void check_combination(const cxxopts::ParseResult& arguments, const std::string& action) {
  const std::vector<std::string> writing{"at", "plan", "every-cut"};
  check_goes_with(arguments, "rejected", action, {"list"}, "goes with --list only");
  check_goes_with(arguments, "blocks", action, {"layers"}, "goes with --layers only");
  for (const char* option : {"output", "triton", "verify"}) {
    check_goes_with(arguments, option, action, writing,
                    "is for files that are written: say where to cut, --at, --plan or --every-cut");
  }
  const bool writes = std::find(writing.begin(), writing.end(), action) != writing.end();
  if (writes && !is_given(arguments, "output")) {
    refuse("needs -o DIR, the folder that the segments go to", "--" + action);
  }
}

Where read_where(const cxxopts::ParseResult& arguments, const std::string& action) {
  Where where;
  if (action == "at") where.at = arguments["at"].as<std::vector<std::string>>();
  if (action == "plan") where.plan = arguments["plan"].as<std::string>();
  where.every_cut = action == "every-cut";
  return where;
}

Action to_action(const cxxopts::ParseResult& arguments, const std::string& action) {
  if (action == "list") return Action::list_cuts;
  if (action != "layers") return Action::write;
  return is_given(arguments, "blocks") ? Action::list_blocks : Action::list_layers;
}

}  // namespace

void add_options(cxxopts::Options& options) {
  options.add_options()                                                       //
      ("list", "every place where MODEL can be cut, and what crosses there")  //
      ("rejected", "with --list: also why the other places are none")         //
      ("layers", "every layer with its type, output, and what it costs")      //
      ("blocks", "the same of the blocks between the cuts")                   //
      ("at", "cuts after these layers, by number or name",
       cxxopts::value<std::vector<std::string>>(),
       "LAYERS")  //
      ("plan", "cuts where the first plan of `scission-predict --json` changes the system",
       cxxopts::value<std::string>(), "FILE")          //
      ("every-cut", "cuts wherever MODEL can be cut")  //
      ("o,output", "the folder that segments and manifest.json go to, created if absent",
       cxxopts::value<std::string>(), "DIR")                                             //
      ("verify", "loads the files, chains them and compares with MODEL, batch 1 and 4")  //
      ("seed", "of the random inputs that --verify takes",
       cxxopts::value<std::uint64_t>()->default_value("0"), "N")                    //
      ("triton", "writes a model repository for NVIDIA's Triton Inference Server")  //
      ("json", "prints JSON for programs");
}

Request read_request(const cxxopts::ParseResult& arguments) {
  const std::string action = chosen_action(arguments);
  check_combination(arguments, action);
  Request request;
  request.action = to_action(arguments, action);
  request.with_rejected = is_given(arguments, "rejected");
  request.as_json = is_given(arguments, "json");
  request.where = read_where(arguments, action);
  if (is_given(arguments, "output")) request.folder = arguments["output"].as<std::string>();
  request.as_triton = is_given(arguments, "triton");
  request.verifies = is_given(arguments, "verify");
  request.seed = arguments["seed"].as<std::uint64_t>();
  return request;
}

}  // namespace scission::split
