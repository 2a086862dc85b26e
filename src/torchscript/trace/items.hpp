// What a value is while a model is walked through: its contents, and the code that makes it.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <vector>

namespace scission::torchscript {

struct Container;

/// A value of the model at one moment of the walk.
struct Item {
  c10::IValue value;                     ///< unless it is a container
  torch::jit::Value* code = nullptr;     ///< in the new graph; null where nothing has needed it yet
  std::shared_ptr<Container> container;  ///< shared by all who see the same list
  bool from_data = false;                ///< depends on the numbers in the model's input
  bool shape_from_data = false;          ///< a tensor whose shape does
  std::string path;                      ///< of what a module holds: "layer1.0.conv1.weight"
};

/// A list, tuple or dict, kept apart from the code, so that lists which the model builds bit by bit
/// are no values of their own: the code that packs the elements is written where a list is read.
struct Container {
  c10::TypePtr type;
  std::vector<Item> items;
  std::vector<c10::IValue> keys;  ///< of a dict, one an item
};

/// An item that is the same on every run.
Item constant_item(c10::IValue value);

Item container_item(c10::TypePtr type, std::vector<Item> items, std::vector<c10::IValue> keys = {});

/// The same for a value with lists, tuples or dicts in it, which become containers.
Item known_item(const c10::IValue& value, const c10::TypePtr& type);

/// The contents: a container becomes a list, tuple or dict of its elements' contents.
c10::IValue contents(const Item& item);

/// Whether the item or something in it depends on the numbers in the input.
bool depends_on_data(const Item& item);

/// The item's value in `graph`, made at the insertion point where it does not exist yet: constants
/// are inserted, containers packed anew.
torch::jit::Value* code_of(Item& item, torch::jit::Graph& graph);

}  // namespace scission::torchscript
