#include "open_model.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;

std::optional<std::vector<InputSpec>> given_inputs(const Arguments& arguments) {
  if (arguments.count("input-shape") == 0) return std::nullopt;
  return parse_option("input-shape", text_of(arguments, "input-shape"), torchscript::parse_inputs);
}

std::vector<InputSpec> inputs_from_files(const Arguments& arguments) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& path : words_of(arguments, "input-files")) paths.emplace_back(path);
  return torchscript::read_input_files(paths);
}

/// The model, whose inputs are in files.
ModelSource with_input_files(const std::string& model, const Arguments& arguments) {
  std::vector<InputSpec> files = inputs_from_files(arguments);
  if (const auto given = given_inputs(arguments)) {
    return torchscript::find_model(
        model, torchscript::with_files(*given, std::move(files), "--input-shape"));
  }
  ModelSource source = torchscript::find_model(model, files);
  const auto recorded = source.file.empty() ? std::optional(torchscript::find_model(model).inputs)
                                            : torchscript::recorded_inputs(source.file);
  if (recorded) {
    source.inputs = torchscript::with_files(*recorded, std::move(files), "the model", true);
  }
  return source;
}

}  // namespace

const char* const model_help = R"(
MODEL is a TorchScript file or, where no such file exists, the name of a built-in model (scission-zoo
list). A file made by torch.jit.save() needs --input-shape; a file that Scission wrote holds its own.
INPUTS are the shapes and types of the model's inputs: 1,3,224,224, or 1,128:int64<30522 for tokens;
several are joined by ';'. A NAME= in front says which argument of forward(), or which part of one,
an input is: "batch.tokens=1,128:int64<30522;batch.mask=1,128:bool:fill=1". scalar is a tensor
without dimensions, number:5 a number. After the type there may be LOWEST..HIGHEST, sorted, start=N,
fill=N, batch=N (the batch is dimension N, from 0) and batch=none (docs/splitting.md).
)";

void add_split_options(cxxopts::Options& options) {
  options.add_options("Cuts")  //
      ("input-shape",
       "shapes of the model's inputs, the batch size first (default: those stored in the file)",
       text_value(), "INPUTS")  //
      ("cuts",
       "tensors that may cross a cut: single (one), frontier (several), or original (the cuts of "
       "the first Scission)",
       text_value("single"), "KIND")  //
      ("grain",
       "granularity of layers: op (each operation), layer (each leaf module), or block (each "
       "innermost module that holds others)",
       text_value("layer"), "GRAIN")  //
      ("operators", "shared libraries with operators that models need, such as torchvision's",
       list_value(), "LIB.so,...")  //
      ("order",
       "order of the layers: file, or compact, which keeps the bytes across cuts small (default: "
       "compact with --cuts frontier, else file)",
       text_value(), "ORDER");
}

void add_input_files_option(cxxopts::Options& options) {
  options.add_options("Cuts")("input-files",
                              "files with the model's inputs: .npy, .pt of torch.save(), or a "
                              "folder of them, by name or in order (default: random numbers)",
                              list_value(), "PATH,...");
}

ModelSource find_model(const Arguments& arguments) {
  return find_model(text_of(arguments, "model"), arguments);
}

ModelSource find_model(const std::string& model, const Arguments& arguments) {
  for (const std::string& library : words_of(arguments, "operators")) {
    torchscript::load_operators(library);
  }
  if (!model.empty() && arguments.count("input-files")) return with_input_files(model, arguments);
  if (!model.empty()) return torchscript::find_model(model, given_inputs(arguments));
  throw usage_error("a model is needed: a TorchScript file, or a name that scission-zoo list has",
                    "MODEL");
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

std::vector<std::string> split_words(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const char* option : {"cuts", "grain", "order", "input-shape"}) {
    if (arguments.count(option) == 0) continue;
    words.insert(words.end(), {fmt::format("--{}", option), arguments[option].as<std::string>()});
  }
  return words;
}

}  // namespace scission::apps
