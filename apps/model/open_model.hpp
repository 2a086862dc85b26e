// The argument MODEL of a tool: a model file or a built-in model.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/backend.hpp"

namespace scission::apps {

/// Adds --input-shape, --cuts, --grain and --order as the group "Cuts".
void add_split_options(cxxopts::Options& options);

/// Adds --input-files, for tools that run the model on inputs.
void add_input_files_option(cxxopts::Options& options);

/// The part of --help that explains MODEL and INPUTS.
std::string model_help();

/// The formats of model files, joined by "or", of the backends that are there.
std::string model_formats();

/// The file MODEL, or else the built-in model of that name. Its inputs come from --input-shape,
/// else from the file's note or from the zoo, with the numbers of --input-files. Throws
/// Error(invalid_argument) when MODEL is missing, is neither, or needs --input-shape.
ModelSource find_model(const Arguments& arguments);
/// The same of a MODEL that is named elsewhere.
ModelSource find_model(const std::string& model, const Arguments& arguments);

/// --cuts, --grain and --order. Throws Error(invalid_argument) with the option as place.
SplitOptions split_options(const Arguments& arguments);

/// --input-shape, --cuts, --grain and --order as words of scission-benchmark's command line.
std::vector<std::string> split_words(const Arguments& arguments);

}  // namespace scission::apps
