#include "open_model.hpp"

#include <torch/script.h>

#include <optional>

#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;

std::optional<std::vector<InputSpec>> given_inputs(const Arguments& arguments) {
  if (arguments.count("input-shape") == 0) return std::nullopt;
  return parse_option("input-shape", text_of(arguments, "input-shape"), torchscript::parse_inputs);
}

}  // namespace

const char* const model_help = R"(
MODEL is a TorchScript file or, where no such file exists, the name of a built-in model (scission-zoo
list). A file made by torch.jit.save() needs --input-shape; a file that Scission wrote holds its own.
INPUTS are the shapes and types of the model's inputs: 1,3,224,224, or 1,128:int64<30522 for tokens;
several are joined by ';'.
)";

void add_split_options(cxxopts::Options& options) {
  const auto word = [] { return cxxopts::value<std::string>(); };
  options.add_options("Cuts")  //
      ("input-shape",
       "shapes of the model's inputs, the batch size first (default: those stored in the file)",
       word(), "INPUTS")  //
      ("cuts",
       "tensors that may cross a cut: single (one), frontier (several), or original (the cuts of "
       "the first Scission)",
       word()->default_value("single"), "KIND")  //
      ("grain",
       "granularity of layers: op (each operation), layer (each leaf module), or block (each "
       "innermost module that holds others)",
       word()->default_value("layer"), "GRAIN")  //
      ("operators", "shared libraries with operators that models need, such as torchvision's",
       cxxopts::value<Words>(), "LIB.so,…")  //
      ("order",
       "order of the layers: file, or compact, which keeps the bytes across cuts small (default: "
       "compact with --cuts frontier, else file)",
       word(), "ORDER");
}

ModelSource find_model(const Arguments& arguments) {
  return find_model(text_of(arguments, "model"), arguments);
}

ModelSource find_model(const std::string& model, const Arguments& arguments) {
  for (const std::string& library : words_of(arguments, "operators")) {
    torchscript::load_operators(library);
  }
  if (!model.empty()) return torchscript::find_model(model, given_inputs(arguments));
  throw usage_error("a model is needed: a TorchScript file, or a name that scission-zoo list has",
                    "MODEL");
}

bool takes_an_image(const ModelSource& source) {
  if (source.inputs.size() != 1) return false;
  const InputSpec& input = source.inputs[0];
  return input.shape.size() == 4 && input.shape[1] == 3 && input.dtype == "float32";
}

at::Tensor image_input(const ModelSource& source, const torchscript::Image& image) {
  const std::vector<std::int64_t>& shape = source.inputs.at(0).shape;
  const auto preprocessing = source.file.empty()
                                 ? torchscript::find_zoo_model(source.name).preprocessing
                                 : torchscript::Preprocessing::torch;
  const auto resized =
      torchscript::resize_nearest(image, static_cast<int>(shape[3]), static_cast<int>(shape[2]));
  return torchscript::to_tensor(resized, preprocessing, static_cast<int>(shape[0]));
}

torchscript::SplitOptions split_options(const Arguments& arguments) {
  torchscript::SplitOptions options;
  options.cuts = parse_option("cuts", arguments["cuts"].as<std::string>(), parse_cut_kind);
  options.granularity =
      parse_option("grain", arguments["grain"].as<std::string>(), parse_granularity);
  if (arguments.count("order")) {
    options.order = parse_option("order", text_of(arguments, "order"), parse_layer_order);
  }
  return options;
}

torchscript::SplitModel open_model(const ModelSource& source,
                                   const torchscript::SplitOptions& options) {
  return {source.load(), source.name, torchscript::random_inputs({source.inputs}), options};
}

}  // namespace scission::apps
