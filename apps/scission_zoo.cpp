// scission-zoo: the built-in models, listed and written out.
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "command_line.hpp"
#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/prepare.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Commands:
  list          prints the models, one on a line:
                  layers      as Keras counts them, including the input
                  cuts        places after which one tensor crosses, including the model's end
                  parameters  weight elements
                  GFLOPs      of one image; a multiply-add counts as two
                  input       batch × channels × height × width, float32
                --json: as an array
  export NAME   writes the model as a file, for example for torch.jit.load("vgg19.pt")

The weights are random; equal seeds give equal weights. The models take as much computation as
trained ones, but their results mean nothing.

Examples:
  scission-zoo list --json
  scission-zoo export mobilenet --seed 7 -o net.pt --force

Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("o,output", "file to write (default: NAME and the format's ending)", text_value(),
       "FILE")  //
      ("format", "format to write, as the ending of its files (default: that of --output)",
       text_value(),
       "F")                                                         //
      ("force", "replace the file if it exists")                    //
      ("seed", "seed of the random weights", seed_value("0"), "N")  //
      ("json", "print the list as JSON");
}

int list_models(const Arguments& arguments) {
  for (const std::string option : {"output", "seed", "format", "force"}) {
    if (arguments.count(option)) throw usage_error("is for export, not for list", "--" + option);
  }
  const std::vector<ZooModel> models = select_zoo_models({"all"}, "list");
  std::cout << (arguments.count("json") ? format_built_in_json(models)
                                        : format_built_in(models, stdout_width()));
  return exit_done;
}

int export_model(const Arguments& arguments) {
  if (arguments.count("json")) throw usage_error("is for list, not for export", "--json");
  if (arguments.count("name") == 0)
    throw usage_error("say which model; scission-zoo list shows them", "export");
  const ZooModel& model = find_zoo_model(arguments["name"].as<std::string>());
  std::filesystem::path path = text_of(arguments, "output");
  std::string ending = "." + text_of(arguments, "format");
  if (arguments.count("format") == 0) ending = path.extension().string();
  if (ending.empty()) ending = zoo_source(model.name).backend->extensions().front();
  if (path.empty()) path = model.name + ending;
  const Backend& backend = backend_of_ending(ending);
  if (std::filesystem::exists(path) && arguments.count("force") == 0) {
    throw Error(ErrorCode::invalid_argument, "exists; --force replaces it", path.string());
  }
  backend.export_built_in(model.name, path, arguments["seed"].as<std::uint64_t>());
  fmt::print("{}: {}, {} layers, {} parameters, {}\n", path.string(), model.name, model.layers,
             text::grouped(model.parameters),
             format_bytes(static_cast<double>(std::filesystem::file_size(path))));
  return exit_done;
}

int run(const Arguments& arguments) {
  const std::string command = text_of(arguments, "command");
  if (command == "list" && arguments.count("name"))
    throw usage_error("takes no name; export does", "list");
  if (command == "list") return list_models(arguments);
  if (command == "export") return export_model(arguments);
  throw usage_error(command.empty() ? "say list or export; see scission-zoo --help"
                                    : fmt::format("'{}' is not a command; {}", command,
                                                  suggestion(command, {"list", "export"})));
}

Tool tool() {
  return {.name = "scission-zoo",
          .summary = "Lists the built-in models and writes them to files.",
          .usage = "list [--json] | export NAME [-o FILE] [--format F] [--seed N]",
          .notes = notes,
          .positional = {"command", "name"},
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
