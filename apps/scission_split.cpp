// scission-split: cuts a model into files, or shows its cuts, layers and blocks.
#include <iostream>
#include <string>

#include "open_model.hpp"
#include "split/print.hpp"
#include "split/request.hpp"
#include "split/write.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::split;

const char* const notes = R"(
A cut after layer 6 ends a segment with layer 6; the next one begins with layer 7. Each segment is a
TorchScript file with only the weights that it needs, which LibTorch loads on any machine;
manifest.json lists the inputs and outputs (docs/segments-format.md). Files that an earlier manifest
in DIR lists are replaced.

--layers counts a multiply-add as two FLOPs and one MAC. Peak memory is the largest sum of values
alive at one moment, without weights.

--verify runs MODEL and then the chain of the files on the same random inputs, for batch 1 and 4: the
results must be equal bit for bit. A batch that MODEL itself refuses is reported and not compared.

--json prints the content of the tables with --list or --layers, and the manifest otherwise.

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

void add_all_options(cxxopts::Options& options) {
  add_options(options);
  apps::add_split_options(options);
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

int run(const apps::Arguments& arguments) {
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

apps::Tool tool() {
  return {.name = "scission-split",
          .summary = "Cuts a model into TorchScript files, or shows where it can be cut.",
          .usage =
              "--list MODEL | --layers MODEL | "
              "MODEL (--at LAYERS | --plan FILE | --every-cut) -o DIR",
          .notes = std::string(apps::model_help) + notes,
          .positional = {"model"},
          .add_options = add_all_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
