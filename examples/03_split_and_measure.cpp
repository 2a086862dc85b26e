// Splits a TorchScript model at its cuts, checks the chain against the whole, and times both.
//
//   example-03_split_and_measure [MODEL.pt INPUTS]      INPUTS such as 1,3,224,224
#include <filesystem>
#include <iostream>

#include "scission/scission.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

int main(int argc, char** argv) {
  try {
    std::filesystem::path path = argc > 1 ? argv[1] : "";
    if (path.empty()) {
      path = std::filesystem::temp_directory_path() / "scission-example-mobilenet.pt";
      scission::torchscript::export_zoo_model("mobilenet", path);
    }
    scission::InputOptions input;
    input.tensors = scission::parse_inputs(argc > 2 ? argv[2] : "1,3,224,224");
    const auto model = scission::torchscript::load_runnable(path, input);

    scission::MeasureOptions options;
    options.precision = 0.05;  // of the times: until it is reached,
    options.max_time_s = 10;   // or for so long
    const scission::ModelProfile profile = scission::measure(*model, options);  // checks the chain
    for (const scission::BlockTiming& timing : profile.blocks) {
      std::cout << timing.block.first_layer << '-' << timing.block.last_layer << "  "
                << scission::format_duration(timing.seconds) << "  "
                << scission::format_bytes(static_cast<double>(timing.block.output_bytes)) << "  "
                << timing.layer_types << '\n';
    }
    std::cout << "whole " << scission::format_duration(profile.whole_seconds) << ", blocks "
              << scission::format_duration(profile.blocks_seconds()) << '\n';
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
