// scission-split: where a model can be cut, what its layers cost, and the model cut into files.
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <iostream>
#include <string>

#include "command_line.hpp"
#include "open_model.hpp"
#include "scission/base/error.hpp"
#include "split/json.hpp"
#include "split/lists.hpp"
#include "split/request.hpp"
#include "split/write.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::split;

const char* const epilog = R"(
A cut after layer 6 ends a segment with layer 6; the next one begins with layer 7. Each
segment is a TorchScript file with only the weights it needs, which loads wherever LibTorch
runs; manifest.json says what goes in and comes out (docs/segments-format.md). What an older
manifest in DIR lists is replaced.

--layers counts a multiply-add as two FLOPs and one MAC. Peak memory is the most that values
take at one moment, weights apart.

--verify runs MODEL and then the files, one after the other, on the same random inputs, as
they are and four times the batch: the results must be equal bit for bit. A batch that MODEL
itself refuses is said and not compared.

--json prints, with --list or --layers, all that the tables say, and the manifest otherwise.

Examples:
  scission-split --list vgg19
  scission-split --list net.pt --input-shape 1,3,224,224 --cuts frontier --rejected
  scission-split --layers resnet50
  scission-split vgg19 --at 6,11 -o parts --verify
  scission-split net.pt --input-shape "1,128:int64<30522" --every-cut -o parts
  scission-predict profiles network.csv vgg19 --json > plan.json
  scission-split vgg19 --plan plan.json -o parts

Exit codes: 0 done, 1 it failed or the segments are not equal to MODEL, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-split",
                           "Cuts a model into TorchScript files, or shows where it can be cut.\n");
  options.custom_help(
      "--list MODEL | --layers MODEL | MODEL (--at LAYERS | --plan FILE | --every-cut) -o DIR");
  add_options(options);
  apps::add_model_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
  options.parse_positional({"model"});
  options.positional_help("");
  return options;
}

void print_cuts(const torchscript::SplitModel& model, bool with_rejected) {
  std::cout << cuts_table(model.graph(), model.cuts());
  if (!with_rejected) return;
  if (model.cuts().rejected.empty()) {
    std::cout << "\nno place is rejected\n";
  } else {
    std::cout << "\n" << rejected_table(model.graph(), model.cuts());
  }
}

void print_list(const torchscript::SplitModel& model, const Request& request) {
  switch (request.action) {
    case Action::list_cuts:
      if (request.as_json) {
        std::cout << cuts_json(model, request.with_rejected);
      } else {
        print_cuts(model, request.with_rejected);
      }
      return;
    case Action::list_layers:
      std::cout << (request.as_json ? layers_json(model) : layers_table(model.graph()));
      return;
    case Action::list_blocks:
      std::cout << (request.as_json ? blocks_json(model)
                                    : blocks_table(model.graph(), model.cuts()));
      return;
    case Action::write:
      return;
  }
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult arguments = apps::parse_options(options, argc, argv);
  if (arguments.count("help")) {
    std::cout << apps::help_of(options, std::string(apps::model_help) + epilog);
    return apps::exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is one argument too many; see scission-split --help",
                            arguments.unmatched().front()));
  }
  const Request request = read_request(arguments);
  const apps::ModelSource source = apps::find_model(arguments);
  const torchscript::SplitOptions split_options = apps::split_options(arguments);
  if (request.action == Action::write) {
    write_and_tell(source, split_options, request);
  } else {
    print_list(apps::open_model(source, split_options), request);
  }
  return apps::exit_done;
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-split", argc, argv, run);
}
