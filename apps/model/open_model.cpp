#include "open_model.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"
#include "scission/inputs.hpp"
#include "scission/prepare.hpp"

namespace scission::apps {
namespace {

std::optional<std::vector<InputSpec>> given_inputs(const Arguments& arguments) {
  if (arguments.count("input-shape") == 0) return std::nullopt;
  return parse_option("input-shape", text_of(arguments, "input-shape"), parse_inputs);
}

}  // namespace

std::string model_formats() {
  std::vector<std::string> formats;
  for (const Backend* backend : backends()) formats.push_back(backend->format());
  return text::join(formats, " or ");
}

std::string model_help() {
  return fmt::format(R"(
MODEL is a model file ({}) or, where no such file exists, the name of a built-in model
(scission-zoo list). A file that does not record its inputs needs --input-shape; a file that Scission
wrote records them.
INPUTS are the shapes and types of the model's inputs: 1,3,224,224, or 1,128:int64<30522 for tokens;
several are joined by ';'. A NAME= in front says which argument of the model, or which part of one,
an input is: "batch.tokens=1,128:int64<30522;batch.mask=1,128:bool:fill=1". scalar is a tensor
without dimensions, number:5 a number. After the type there may be LOWEST..HIGHEST, sorted, start=N,
fill=N, batch=N (the batch is dimension N, from 0) and batch=none (docs/splitting.md).
)",
                     model_formats());
}

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
      ("inside-fusions",
       "also cut between operations that the backend fuses into one, such as a convolution and its "
       "activation (default: no such cuts)")  //
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
    load_operators_of_backends(library);
  }
  if (!model.empty() && arguments.count("input-files")) {
    const Words files = words_of(arguments, "input-files");
    return find_model_with_inputs(model, {files.begin(), files.end()}, given_inputs(arguments),
                                  "--input-shape");
  }
  if (!model.empty()) return scission::find_model(model, given_inputs(arguments));
  throw usage_error("a model is needed: a model file, or a name that scission-zoo list has",
                    "MODEL");
}

SplitOptions split_options(const Arguments& arguments) {
  SplitOptions options;
  options.cuts = parse_option("cuts", arguments["cuts"].as<std::string>(), parse_cut_kind);
  options.granularity =
      parse_option("grain", arguments["grain"].as<std::string>(), parse_granularity);
  if (arguments.count("order")) {
    options.order = parse_option("order", text_of(arguments, "order"), parse_layer_order);
  }
  options.inside_fusions = arguments.count("inside-fusions") != 0;
  return options;
}

std::vector<std::string> split_words(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const char* option : {"cuts", "grain", "order", "input-shape"}) {
    if (arguments.count(option) == 0) continue;
    words.insert(words.end(), {fmt::format("--{}", option), arguments[option].as<std::string>()});
  }
  if (arguments.count("inside-fusions")) words.push_back("--inside-fusions");
  return words;
}

}  // namespace scission::apps
