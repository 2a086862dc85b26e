// scission-zoo: the built-in models, listed and written out.
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "backends.hpp"
#include "base/text.hpp"
#include "base/text_table.hpp"
#include "command_line.hpp"
#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

const char* const notes = R"(
Commands:
  list          prints the models, one on a line:
                  layers      as Keras counts them, including the input
                  cuts        places where the model can be cut with one tensor crossing, including
                              its end
                  parameters  weight elements
                  GFLOPs      of one image; a multiply-add counts as two
                  input       batch × channels × height × width, float32
                --json: as an array
  export NAME   writes the model as a file, which its framework and Python load, for example
                torch.jit.load("vgg19.pt")

The weights are random; equal seeds give equal weights. The models take as much computation as
trained ones, but their results mean nothing.

Examples:
  scission-zoo list
  scission-zoo list --json
  scission-zoo export vgg19 -o vgg19.pt
  scission-zoo export mobilenet --seed 7

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("o,output", "file that export writes (default: NAME and the ending of its format, NAME.pt)",
       apps::text_value(),
       "FILE")  //
      ("seed", "seed of the random weights", apps::seed_value("0"),
       "N")  //
      ("json", "print the list as JSON");
}

std::string models_as_table() {
  using text::Align;
  text::Table table({{"model", Align::left},
                     {"layers"},
                     {"cuts"},
                     {"parameters"},
                     {"GFLOPs"},
                     {"input", Align::left}},
                    apps::stdout_width());
  for (const ZooModel& model : select_zoo_models({"all"}, "list")) {
    table.add({model.name, std::to_string(model.layers), std::to_string(model.cuts),
               text::grouped(model.parameters),
               fmt::format("{:.3f}", 1e-9 * static_cast<double>(model.flops)),
               fmt::format("1×{}×{}×{}", model.channels, model.height, model.width)});
  }
  return table.text();
}

std::string models_as_json() {
  auto models = nlohmann::ordered_json::array();
  for (const ZooModel& model : select_zoo_models({"all"}, "list")) {
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

int list_models(const apps::Arguments& arguments) {
  for (const char* option : {"output", "seed"}) {
    if (arguments.count(option)) {
      throw apps::usage_error("is for export; see scission-zoo --help",
                              fmt::format("--{}", option));
    }
  }
  std::cout << (arguments.count("json") ? models_as_json() : models_as_table());
  return apps::exit_done;
}

int export_model(const apps::Arguments& arguments) {
  if (arguments.count("json")) {
    throw apps::usage_error("is for list; see scission-zoo --help", "--json");
  }
  if (arguments.count("name") == 0) {
    throw apps::usage_error("which model? scission-zoo list shows them", "export");
  }
  const ZooModel& model = find_zoo_model(arguments["name"].as<std::string>());
  const Backend& backend = *zoo_source(model.name).backend;
  const std::filesystem::path path =
      apps::text_of(arguments, "output", model.name + backend.extensions().front());
  backend.export_built_in(model.name, path, arguments["seed"].as<std::uint64_t>());
  fmt::print("{}: {}, {} layers, {} parameters, {}\n", path.string(), model.name, model.layers,
             text::grouped(model.parameters),
             format_bytes(static_cast<double>(std::filesystem::file_size(path))));
  return apps::exit_done;
}

int run(const apps::Arguments& arguments) {
  const std::string command = apps::text_of(arguments, "command");
  if (command == "list" && arguments.count("name")) {
    throw apps::usage_error("takes no name; see scission-zoo --help", "list");
  }
  if (command == "list") return list_models(arguments);
  if (command == "export") return export_model(arguments);
  throw apps::usage_error(command.empty() ? "say list or export; see scission-zoo --help"
                                          : fmt::format("'{}' is not a command; {}", command,
                                                        suggestion(command, {"list", "export"})));
}

apps::Tool tool() {
  return {.name = "scission-zoo",
          .summary = "Lists the built-in models and writes them to files.",
          .usage = "list [--json] | export NAME [-o FILE] [--seed N]",
          .notes = notes,
          .positional = {"command", "name"},
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) {
  scission::apps::register_backends();
  return scission::apps::run_tool(tool(), argc, argv);
}
