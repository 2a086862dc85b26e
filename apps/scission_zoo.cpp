// scission-zoo: the built-in models, listed and written out.
#include <fmt/format.h>

#include <cstdint>
#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "scission/error.hpp"
#include "scission/torchscript/zoo.hpp"
#include "scission/units.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const epilog = R"(
Commands:
  list          what there is: layers as Keras counts them, weight elements, and the input,
                batch × channels × height × width, float32
  export NAME   writes the model as a TorchScript file, which any LibTorch loads, and Python:
                torch.jit.load("vgg19.pt")

The weights are random: equal seeds give equal ones. The models compute as much as trained
ones do, but recognise nothing.

Examples:
  scission-zoo list
  scission-zoo export vgg19 -o vgg19.pt
  scission-zoo export mobilenet --seed 7

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

/// 143667240 → "143,667,240"
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, 1, ',');
  return digits;
}

cxxopts::Options make_options() {
  cxxopts::Options options("scission-zoo", "The built-in models: lists them, writes them out.\n");
  options.custom_help("list | export NAME [-o FILE] [--seed N]");
  options.add_options()  //
      ("o,output", "the file that export writes (default: NAME.pt)", cxxopts::value<std::string>(),
       "FILE")  //
      ("seed", "of the random weights", cxxopts::value<std::uint64_t>()->default_value("0"),
       "N")                    //
      ("h,help", "this text")  //
      ("version", "the version");
  options.add_options("positional")  //
      ("command", "", cxxopts::value<std::string>())("name", "", cxxopts::value<std::string>());
  options.parse_positional({"command", "name"});
  options.positional_help("");
  return options;
}

int list_models() {
  using apps::Align;
  apps::Table table({{"model", Align::left},
                     {"layers", Align::right},
                     {"parameters", Align::right},
                     {"input", Align::left}});
  for (const torchscript::ZooModel& model : torchscript::zoo_models()) {
    table.add({model.name, std::to_string(model.layers), grouped(model.parameters),
               fmt::format("1×{}×{}×{}", model.channels, model.height, model.width)});
  }
  std::cout << table.text();
  return apps::exit_done;
}

int export_model(const cxxopts::ParseResult& arguments) {
  if (arguments.count("name") == 0) {
    throw Error(ErrorCode::invalid_argument, "which model? scission-zoo list shows them", "export");
  }
  const auto& model = torchscript::find_zoo_model(arguments["name"].as<std::string>());
  const std::filesystem::path path =
      arguments.count("output") ? arguments["output"].as<std::string>() : model.name + ".pt";
  torchscript::export_zoo_model(model.name, path, arguments["seed"].as<std::uint64_t>());
  fmt::print("{}: {}, {} layers, {} parameters, {}\n", path.string(), model.name, model.layers,
             grouped(model.parameters),
             format_bytes(static_cast<double>(std::filesystem::file_size(path))));
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = options.parse(argc, argv);
  if (arguments.count("help")) {
    std::cout << options.help({""}) << epilog;
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
  if (command == "list") return list_models();
  if (command == "export") return export_model(arguments);
  throw Error(ErrorCode::invalid_argument,
              command.empty() ? "say list or export; see scission-zoo --help"
                              : fmt::format("\"{}\" is no command; say list or export", command));
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-zoo", argc, argv, run);
}
