// scission-graph: a model as a picture.
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "open_model.hpp"
#include "scission/base/error.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report/model_picture.hpp"
#include "tool.hpp"

namespace {

using namespace scission;

/// More layers than this are drawn as blocks unless asked for.
constexpr std::size_t readable_layers = 200;

const char* const epilog = R"(
Each layer is a node with its name, type and output shape, coloured by its kind of work.
Layers between two cuts are boxed; lines that cross a cut tell how much is sent there. With
--plan, nodes are coloured by system, and lines between systems are bold.
Draws with Graphviz (dot), and without it writes .dot only.

Examples:
  scission-graph resnet50
  scission-graph nasnetlarge --layers -o nasnet.pdf
  scission-graph net.pt --input-shape 1,3,224,224 --cuts frontier --blocks -o net.png
  scission-predict profiles network.csv vgg19 --json > plan.json
  scission-graph vgg19 --plan plan.json

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-graph", "Draws a model, where it can be cut, and a plan.\n");
  options.custom_help("MODEL [options]");
  options.add_options()  //
      ("o,output", "FILE.svg, .png, .pdf or .dot (default: the model's name and .svg)",
       cxxopts::value<std::string>(), "FILE")                                                    //
      ("blocks", fmt::format("one node a block: the default above {} layers", readable_layers))  //
      ("layers", "one node a layer, blocks boxed: the default up to that")                       //
      ("plan", "colours the best plan in what scission-predict --json wrote",
       cxxopts::value<std::string>(), "FILE");
  apps::add_model_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.parse_positional({"model"});
  options.positional_help("");
  return options;
}

void check_usage(const cxxopts::ParseResult& arguments) {
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-graph --help",
                            arguments.unmatched().front()));
  }
  if (arguments.count("blocks") && arguments.count("layers")) {
    throw Error(ErrorCode::invalid_argument, "not together with --layers", "--blocks");
  }
}

bool collapses(const cxxopts::ParseResult& arguments, std::size_t layers) {
  if (arguments.count("layers")) return false;
  return arguments.count("blocks") > 0 || layers > readable_layers;
}

std::filesystem::path picture_path(const cxxopts::ParseResult& arguments,
                                   const apps::ModelSource& source) {
  if (arguments.count("output")) return arguments["output"].as<std::string>();
  return source.name + ".svg";
}

std::vector<Placement> placements(const cxxopts::ParseResult& arguments) {
  if (arguments.count("plan") == 0) return {};
  return read_placements(arguments["plan"].as<std::string>());
}

int draw(const cxxopts::ParseResult& arguments) {
  const apps::ModelSource source = apps::find_model(arguments);
  const torchscript::SplitOptions split_options = apps::split_options(arguments);
  const std::filesystem::path path = picture_path(arguments, source);
  PictureOptions options;
  options.placements = placements(arguments);
  check_picture_path(path);
  const torchscript::SplitModel model = apps::open_model(source, split_options);
  options.collapse_blocks = collapses(arguments, model.graph().layers.size());
  draw_model(model_dot(model.graph(), model.cuts().cuts, options), path);
  fmt::print("{}: {}, {} layers, {} blocks{}\n", path.string(), source.name,
             model.graph().layers.size(), model.cuts().cuts.size(),
             options.collapse_blocks ? ", one node a block (--layers draws each layer)" : "");
  return apps::exit_done;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, std::string(apps::model_help) + epilog);
    return apps::exit_done;
  }
  check_usage(arguments);
  return draw(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-graph", argc, argv, run);
}
