// Calls that forward() makes, and attributes of modules and objects that it reads or changes.
#pragma once

#include <functional>

#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// Inlines calls of functions and methods, also in tasks.
void inline_calls(torch::jit::Graph& graph);

/// Inlines calls of the methods of modules that the code knows by an interface.
void inline_interfaces(ModelCode& code);

/// Replaces attributes to which nothing assigns by constants, where they are numbers, strings or
/// None, and branches that these decide by the side that is taken. Tensors are read where they are.
/// LibTorch's freezing is not used: its elimination of dead code drops changes in place of tensors
/// of which only a list is read later. Leaves the code as it is where some of it is not inlined.
/// O(operations).
void fold_attributes(ModelCode& code);

/// Removes changes of attributes that nothing reads but further changes of them: counters, lists
/// that are only appended to, and what is assigned for the caller. Neither this run nor the next
/// one reads them. Leaves the code as it is where some of it is not inlined. O(operations).
void remove_unread_changes(ModelCode& code);

/// Whether the code refers to memory, lists or dicts of the object's attribute by another attribute
/// or by a constant, or may do so where it is not inlined. O(operations).
bool is_known_otherwise(const ModelCode& code, const void* object, const std::string& name);

/// Whether objects of scripted classes are used inside the branch or loop alone.
bool keeps_objects_inside(torch::jit::Node& node);

/// Whether two values outside of the branch or loop are the same object.
using SameObject = std::function<bool(const torch::jit::Value*, const torch::jit::Value*)>;

/// The reads of attributes inside a branch or loop that nothing inside of it assigns to and whose
/// objects come from outside. They may be moved before it, which may make others movable.
Nodes movable_reads(torch::jit::Node& node, const SameObject& is_same);

/// Turns attributes that the branch or loop assigns to into its outputs, which are assigned behind
/// it. Returns the reads of their values that now stand before it. Objects that are made inside
/// are left alone.
Nodes return_attributes(torch::jit::Node& node, const SameObject& is_same);

}  // namespace scission::torchscript
