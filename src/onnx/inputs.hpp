// Inputs of ONNX models: what a file says about them, and random ones.
#pragma once

#include <string>
#include <vector>

#include "onnx/model_file.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// The inputs with the shapes in the file; an open first dimension, the batch, is 1.
/// Throws Error(invalid_argument) with the input and the dimension that the file leaves open.
std::vector<InputSpec> specified_inputs(const ModelFile& model);

/// Puts the model's inputs into the order of `specs`: by name where a spec has one, else by
/// position. Throws Error(mismatch) with the model's file as place where number, names, types or
/// shapes are not those of the model.
void order_inputs(ModelFile& model, const std::vector<InputSpec>& specs);

/// The tensors with the names of the model's inputs, which are in their order.
/// Throws Error(mismatch) where types or shapes are not those of the model.
std::vector<Tensor> named_inputs(const ModelFile& model, std::vector<Tensor> tensors);

/// See Backend::random_inputs().
std::vector<Tensor> random_tensors(const InputOptions& options);

}  // namespace scission::onnx
