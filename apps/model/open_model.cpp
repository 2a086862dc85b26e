#include "open_model.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <optional>
#include <system_error>
#include <utility>

#include "command_line.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::apps {
namespace {

using torchscript::InputSpec;

std::string text_of(const cxxopts::ParseResult& arguments, const std::string& option) {
  return arguments.count(option) ? arguments[option].as<std::string>() : std::string();
}

/// The option's value, read by `parse`, whose errors then name the option.
template <typename Parse>
auto parsed(const std::string& option, const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--" + option);
  }
}

std::optional<std::vector<InputSpec>> given_inputs(const cxxopts::ParseResult& arguments) {
  if (arguments.count("input-shape") == 0) return std::nullopt;
  return parsed("input-shape", text_of(arguments, "input-shape"), torchscript::parse_inputs);
}

/// What the file itself says of its inputs.
std::vector<InputSpec> inputs_in(const std::filesystem::path& file) {
  const std::optional<std::string> noted = torchscript::noted_inputs(file);
  if (!noted) {
    throw usage_error(fmt::format("'{}' does not say what it takes; say it, for example "
                                  "--input-shape 1,3,224,224, or \"1,128:int64<30522\" for tokens",
                                  file.string()),
                      "--input-shape");
  }
  try {
    return torchscript::parse_inputs(*noted);
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, "its note of the inputs: " + error.message(), file.string());
  }
}

bool looks_like_a_file(const std::string& model) {
  return model.find('/') != std::string::npos || model.find('.') != std::string::npos;
}

/// Of what is no file: the built-in model, or an error that says what MODEL may be.
const torchscript::ZooModel& built_in(const std::string& model) {
  if (looks_like_a_file(model)) {
    throw Error(ErrorCode::not_found, "there is no such model file", model);
  }
  try {
    return torchscript::find_zoo_model(model);
  } catch (const Error& error) {
    throw usage_error("is no file, and as a built-in model: " + error.message(), model);
  }
}

}  // namespace

const char* const model_help = R"(
MODEL is a TorchScript file, or the name of a built-in model (scission-zoo list) where no file
has that name. A file made by torch.jit.save() needs --input-shape; one that Scission wrote
knows its own.
INPUTS are what the model takes: 1,3,224,224, or 1,128:int64<30522 for tokens, several
joined by ';'.
)";

void add_split_options(cxxopts::Options& options) {
  const auto word = [] { return cxxopts::value<std::string>(); };
  options.add_options("Cuts")  //
      ("input-shape", "what goes into the model, the batch first (default: what it was made for)",
       word(), "INPUTS")  //
      ("cuts",
       "what may cross a cut: single (one tensor), frontier (several), or original (where "
       "the first Scission cuts)",
       word()->default_value("single"), "KIND")  //
      ("grain",
       "what one layer is: op (each operation), layer (each leaf module), or block (each "
       "innermost module that holds others)",
       word()->default_value("layer"), "GRAIN")  //
      ("order",
       "of the layers: file, or compact, in which little crosses (default: compact with "
       "--cuts frontier, else file)",
       word(), "ORDER");
}

void add_model_options(cxxopts::Options& options) {
  add_split_options(options);
  options.add_options("positional")("model", "", cxxopts::value<std::string>());
}

torch::jit::Module ModelSource::load() const {
  return file.empty() ? torchscript::build_zoo_model(name) : torchscript::load_module(file);
}

ModelSource find_model(const cxxopts::ParseResult& arguments) {
  return find_model(text_of(arguments, "model"), arguments);
}

ModelSource find_model(const std::string& model, const cxxopts::ParseResult& arguments) {
  if (model.empty()) {
    throw usage_error("a model is needed: a TorchScript file, or a name that scission-zoo list has",
                      "MODEL");
  }
  std::optional<std::vector<InputSpec>> given = given_inputs(arguments);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(model, ignored)) {
    return {torchscript::model_name(model), model, given ? std::move(*given) : inputs_in(model)};
  }
  const torchscript::ZooModel& zoo = built_in(model);
  std::vector<InputSpec> own = {{{1, zoo.channels, zoo.height, zoo.width}}};
  return {zoo.name, {}, given ? std::move(*given) : std::move(own)};
}

std::vector<TensorSpec> input_tensors(const ModelSource& source) {
  std::vector<TensorSpec> tensors;
  for (const torchscript::InputSpec& input : source.inputs) {
    tensors.push_back({fmt::format("input{}", tensors.size()), input.dtype, input.shape});
  }
  return tensors;
}

torchscript::SplitOptions split_options(const cxxopts::ParseResult& arguments) {
  torchscript::SplitOptions options;
  options.cuts = parsed("cuts", arguments["cuts"].as<std::string>(), parse_cut_kind);
  options.granularity =
      parsed("grain", arguments["grain"].as<std::string>(), torchscript::parse_granularity);
  if (arguments.count("order")) {
    options.order = parsed("order", text_of(arguments, "order"), parse_layer_order);
  }
  return options;
}

torchscript::SplitModel open_model(const ModelSource& source,
                                   const torchscript::SplitOptions& options) {
  return {source.load(), source.name, torchscript::random_inputs({source.inputs}), options};
}

torchscript::SplitModel open_model(const cxxopts::ParseResult& arguments) {
  return open_model(find_model(arguments), split_options(arguments));
}

}  // namespace scission::apps
