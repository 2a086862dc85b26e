// How scission-benchmark is asked for a model.
#pragma once

#include <string>

namespace scission {

bool is_built_in(const std::string& model);

/// "--models resnet50", or for a model that is not built in "--model FILE.pt (the file of net)".
std::string benchmark_option(const std::string& model);

}  // namespace scission
