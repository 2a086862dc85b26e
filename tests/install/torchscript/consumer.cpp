// Splits a model with the installed LibTorch backend and runs its blocks.
#include <torch/script.h>
#include <iostream>
#include <scission/scission.hpp>
#include <scission/torchscript/execute/execute.hpp>
#include <scission/torchscript/zoo/zoo.hpp>

int main() {
  namespace st = scission::torchscript;
  const auto model = st::make_runnable(st::build_zoo_model("mobilenet"), "mobilenet",
                                       {at::ones({1, 3, 224, 224})});
  model->run_whole();
  const int count = static_cast<int>(model->blocks().size());
  for (int block = 0; block < count; ++block) model->run_block(block);
  std::cout << model->backend() << " " << model->backend_version() << ": " << count << " blocks\n";
  return model->chain_equals_whole() ? 0 : 1;
}
