// scission-zoo: the built-in models, listed and written out.
#include <fmt/format.h>

#include <cstdint>
#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.hpp"
#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
Commands:
  list          what there is, one model a line:
                  layers      as Keras counts them, the input among them
                  cuts        places where the model can be cut with one tensor crossing, its
                              end among them
                  parameters  weight elements
                  GFLOPs      of one image; a multiply-add counts as two
                  input       batch × channels × height × width, float32
                --json: an array for programs
  export NAME   writes the model as a TorchScript file, which any LibTorch loads, and Python:
                torch.jit.load("vgg19.pt")

The weights are random: equal seeds give equal ones. The models compute as much as trained
ones do, but recognise nothing.

Examples:
  scission-zoo list
  scission-zoo list --json
  scission-zoo export vgg19 -o vgg19.pt
  scission-zoo export mobilenet --seed 7

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

/// 143667240 → "143,667,240"
cxxopts::Options make_options() {
  cxxopts::Options options("scission-zoo", "The built-in models: lists them, writes them out.\n");
  options.custom_help("list [--json] | export NAME [-o FILE] [--seed N]");
  options.add_options()  //
      ("o,output", "the file that export writes (default: NAME.pt)", cxxopts::value<std::string>(),
       "FILE")  //
      ("seed", "of the random weights", cxxopts::value<std::uint64_t>()->default_value("0"),
       "N")                              //
      ("json", "the list for programs")  //
      ("h,help", "this text")            //
      ("version", "the version");
  options.add_options("positional")  //
      ("command", "", cxxopts::value<std::string>())("name", "", cxxopts::value<std::string>());
  options.parse_positional({"command", "name"});
  options.positional_help("");
  return options;
}

std::string to_string(torchscript::Preprocessing preprocessing) {
  switch (preprocessing) {
    case torchscript::Preprocessing::caffe:
      return "caffe";
    case torchscript::Preprocessing::tf:
      return "tf";
    case torchscript::Preprocessing::torch:
      break;
  }
  return "torch";
}

std::string models_as_table() {
  using apps::Align;
  apps::Table table({{"model", Align::left},
                     {"layers"},
                     {"cuts"},
                     {"parameters"},
                     {"GFLOPs"},
                     {"input", Align::left}});
  for (const torchscript::ZooModel& model : torchscript::zoo_models()) {
    table.add({model.name, std::to_string(model.layers), std::to_string(model.cuts),
               apps::grouped(model.parameters),
               fmt::format("{:.3f}", 1e-9 * static_cast<double>(model.flops)),
               fmt::format("1×{}×{}×{}", model.channels, model.height, model.width)});
  }
  return table.text();
}

std::string models_as_json() {
  auto models = nlohmann::ordered_json::array();
  for (const torchscript::ZooModel& model : torchscript::zoo_models()) {
    models.push_back({{"model", model.name},
                      {"layers", model.layers},
                      {"cuts", model.cuts},
                      {"parameters", model.parameters},
                      {"flops", model.flops},
                      {"input", {1, model.channels, model.height, model.width}},
                      {"preprocessing", to_string(model.preprocessing)}});
  }
  return models.dump(2) + "\n";
}

int list_models(const cxxopts::ParseResult& arguments) {
  for (const char* option : {"output", "seed"}) {
    if (arguments.count(option)) {
      throw Error(ErrorCode::invalid_argument, "is for export; see scission-zoo --help",
                  fmt::format("--{}", option));
    }
  }
  std::cout << (arguments.count("json") ? models_as_json() : models_as_table());
  return apps::exit_done;
}

int export_model(const cxxopts::ParseResult& arguments) {
  if (arguments.count("json")) {
    throw Error(ErrorCode::invalid_argument, "is for list; see scission-zoo --help", "--json");
  }
  if (arguments.count("name") == 0) {
    throw Error(ErrorCode::invalid_argument, "which model? scission-zoo list shows them", "export");
  }
  const auto& model = torchscript::find_zoo_model(arguments["name"].as<std::string>());
  const std::filesystem::path path =
      arguments.count("output") ? arguments["output"].as<std::string>() : model.name + ".pt";
  torchscript::export_zoo_model(model.name, path, arguments["seed"].as<std::uint64_t>());
  fmt::print("{}: {}, {} layers, {} parameters, {}\n", path.string(), model.name, model.layers,
             apps::grouped(model.parameters),
             format_bytes(static_cast<double>(std::filesystem::file_size(path))));
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, epilog);
    return apps::exit_done;
  }
  const std::string command =
      arguments.count("command") ? arguments["command"].as<std::string>() : "";
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-zoo --help",
                            arguments.unmatched().front()));
  }
  if (command == "list" && arguments.count("name")) {
    throw Error(ErrorCode::invalid_argument, "takes no name; see scission-zoo --help", "list");
  }
  if (command == "list") return list_models(arguments);
  if (command == "export") return export_model(arguments);
  throw Error(ErrorCode::invalid_argument,
              command.empty() ? "say list or export; see scission-zoo --help"
                              : fmt::format("\"{}\" is no command; {}", command,
                                            suggestion(command, {"list", "export"})));
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-zoo", argc, argv, run);
}
