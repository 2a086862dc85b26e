// scission-graph: a model as a picture.
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/text_table.hpp"
#include "command_line.hpp"
#include "open_model.hpp"
#include "scission/plan/plan.hpp"
#include "scission/prepare.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

/// Models of more layers are folded by default.
constexpr std::size_t readable_layers = 60;

const char* const notes = R"(
Each layer is a node with its name, type and output shape, coloured by the type of its operation.
Layers between two cuts share a box; an edge across a cut is labelled with the bytes that it sends.
Large models are folded: equal groups of layers that follow each other are one node, "3 × layer1",
what is between them is one node for each block. --layers unfolds them.
With --plan, nodes are coloured by system, and edges between systems are bold.
Graphviz (dot) draws the picture; without it, only the .dot file is written.
-m MODEL and -model MODEL are the argument MODEL, as plot_models.py of the first Scission's fork has
it.

Examples:
  scission-graph resnet50
  scission-graph nasnetlarge --layers -o nasnet.pdf
  scission-graph net.pt --input-shape 1,3,224,224 --cuts frontier --blocks -o net.png
  scission-predict profiles network.csv vgg19 --json > plan.json
  scission-graph vgg19 --plan plan.json

Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  options.add_options()  //
      ("o,output",
       "picture to write: FILE.svg, .png, .pdf or .dot (default: the model's name, .svg)",
       text_value(), "FILE")  //
      ("fold", fmt::format("draw one node for equal groups of layers that follow each other, and "
                           "one per block for the others (default above {} layers)",
                           readable_layers))  //
      ("blocks", "draw one node per block")   //
      ("layers",
       fmt::format("draw one node per layer, in boxes for blocks (default up to {} layers)",
                   readable_layers))  //
      ("plan", "colour the best plan of what scission-predict --json wrote", text_value(), "FILE");
  add_split_options(options);
  add_input_files_option(options);
}

void require_one_view(const Arguments& arguments) {
  const std::vector<std::string> views{"blocks", "fold", "layers"};
  std::vector<std::string> given;
  for (const std::string& view : views) {
    if (arguments.count(view)) given.push_back("--" + view);
  }
  if (given.size() > 1) throw usage_error("not together with " + given[1], given[0]);
}

bool folds(const Arguments& arguments, std::size_t layers) {
  if (arguments.count("layers") || arguments.count("blocks")) return false;
  return arguments.count("fold") > 0 || layers > readable_layers;
}

std::string view_note(const PictureOptions& options) {
  if (options.fold_repeats) return ", equal groups folded (--layers draws each layer)";
  return options.collapses_blocks ? ", one node a block (--layers draws each layer)" : "";
}

std::vector<Placement> placements(const Arguments& arguments) {
  if (arguments.count("plan") == 0) return {};
  return read_placements(arguments["plan"].as<std::string>());
}

int draw(const Arguments& arguments) {
  require_one_view(arguments);
  const ModelSource source = find_model(arguments);
  const SplitOptions split = split_options(arguments);
  const std::filesystem::path path = text_of(arguments, "output", source.name + ".svg");
  PictureOptions options;
  options.placements = placements(arguments);
  validate_picture_path(path);
  const std::unique_ptr<OpenModel> model = open_model(source, split);
  options.collapses_blocks = arguments.count("blocks") > 0;
  options.fold_repeats = folds(arguments, model->graph().layers.size());
  draw_model(model_dot(model->graph(), model->cuts().cuts, options), path);
  const std::string line =
      fmt::format("{}: {}, {} layers, {} blocks{}", path.string(), source.name,
                  model->graph().layers.size(), model->cuts().cuts.size(), view_note(options));
  fmt::print("{}\n", text::wrapped_text(line, stdout_width()));
  return exit_done;
}

Tool tool() {
  return {.name = "scission-graph",
          .summary = "Draws a model, the places where it can be cut, and a plan.",
          .usage = "MODEL [OPTION...]",
          .notes = model_help() + notes,
          .positional = {"model"},
          .add_options = add_options,
          .run = draw,
          .originals = graph_originals()};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
