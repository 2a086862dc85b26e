// Values during the interpretation of a model's code: their contents, and the traced code that
// computes them.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scission::torchscript {

struct Container;

/// Which properties of a value depend on numbers in the model's input.
struct Dependence {
  bool on_data = false;        ///< the elements, or the number itself
  bool shape_on_data = false;  ///< a tensor's shape, or a list's length
};

/// A value of the model's code at one moment of its interpretation.
struct SymbolicValue {
  c10::IValue value;                     ///< None for a container
  torch::jit::Value* code = nullptr;     ///< in the traced code; null until an operation reads it
  std::shared_ptr<Container> container;  ///< shared by all references to the same list
  Dependence depends = {};               ///< of a container, see depends_on_data()
  std::string path = {};                 ///< of a module's attribute: "layer1.0.conv1.weight"
};

/// A list, tuple or dict whose elements are tracked one by one. The traced code packs them where an
/// operation reads the container, so that a list which the model builds step by step is not a value
/// that crosses cuts.
struct Container {
  std::shared_ptr<c10::SharedType> type;  ///< ListType, TupleType or DictType
  std::vector<SymbolicValue> elements;
  std::vector<c10::IValue> keys = {};  ///< of a dict, parallel to its elements
};

/// A value that is the same on every run, without containers in it.
SymbolicValue constant_value(c10::IValue value);

/// Throws LibTorch's error unless the type is a list's, a tuple's or a dict's.
SymbolicValue container_value(const c10::TypePtr& type, std::vector<SymbolicValue> elements,
                              std::vector<c10::IValue> keys = {});

/// A value that is the same on every run; lists, tuples and dicts in it become containers.
SymbolicValue known_value(const c10::IValue& value, const c10::TypePtr& type);

/// The value itself; a container becomes a list, tuple or dict of its elements' contents.
c10::IValue contents(const SymbolicValue& value);

/// Whether the value or one of its elements depends on numbers in the model's input.
bool depends_on_data(const SymbolicValue& value);

/// The value in `graph`. At the insertion point, constants are inserted when first needed, and
/// containers are packed each time.
torch::jit::Value* code_of(SymbolicValue& value, torch::jit::Graph& graph);

/// The outputs of a node that only packs, unpacks, reads or changes containers with known contents;
/// nullopt for every other node. Lists are changed in place, for all references to them.
std::optional<std::vector<SymbolicValue>> run_container_op(const torch::jit::Node& node,
                                                           std::vector<SymbolicValue>& inputs);

}  // namespace scission::torchscript
