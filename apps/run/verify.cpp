#include "verify.hpp"

#include <torch/script.h>

#include "scission/torchscript/execute/execute.hpp"

namespace scission::run {

std::vector<Tensor> whole_outputs(const apps::ModelSource& source,
                                  const std::vector<at::Tensor>& inputs) {
  return torchscript::whole_outputs(source.load(), source.name, inputs);
}

double difference(const std::vector<Tensor>& answer, const std::vector<Tensor>& expected) {
  return torchscript::relative_difference(answer, expected);
}

}  // namespace scission::run
