#include "torchscript/trace/attributes.hpp"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "torchscript/common/libtorch.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

/// Object and name; modules may be known by several paths.
using AttributeKey = std::pair<c10::ivalue::Object*, std::string>;

/// Where the code uses an attribute.
struct AttributeUses {
  Nodes reads;
  Nodes assignments;
};

template <class Visit>
void for_each_inner(Block& block, const Visit& visit) {
  for (Node* node : block.nodes()) {
    visit(node);
    for (Block* inner : node->blocks()) for_each_inner(*inner, visit);
  }
}

bool is_access(const Node& node) {
  return node.kind() == prim::GetAttr || node.kind() == prim::SetAttr;
}

// The module, or one inside of it; null for other objects.
c10::ivalue::Object* module_of(const Value* value, const ModelCode& code) {
  if (value == code.graph->inputs()[0]) return code.self._ivalue().get();
  if (value->node()->kind() != prim::GetAttr) return nullptr;
  c10::ivalue::Object* owner = module_of(value->node()->input(), code);
  if (!owner) return nullptr;
  const c10::IValue attribute = owner->getAttr(value->node()->s(c10::attr::name));
  return attribute.isObject() ? attribute.toObject().get() : nullptr;
}

/// Finds what only feeds changes of one attribute.
class Feeding {
 public:
  Feeding(const ModelCode& code, AttributeKey key) : code_(code), key_(std::move(key)) {}

  /// Whether what is computed from the value ends in changes of the attribute, and nowhere else.
  bool ends_there(const Value* value) {
    const auto& uses = value->uses();
    return std::all_of(uses.begin(), uses.end(), [&](const torch::jit::Use& use) {
      Node& user = *use.user;
      if (user.kind() == prim::SetAttr) return use.offset == 1 && is_same(user);
      const auto* schema = user.maybeSchema();
      if (!schema || !user.blocks().empty() || user.hasSideEffects()) return false;
      const bool changes = schema->is_mutable();
      if (changes ? use.offset != 0 || !changes_first_alone(*schema) : user.outputs().empty()) {
        return false;
      }
      is_changed_ = is_changed_ || changes;
      if (!nodes_.insert(&user).second) return true;
      return std::all_of(user.outputs().begin(), user.outputs().end(),
                         [&](const Value* output) { return ends_there(output); });
    });
  }

  bool is_changed() const { return is_changed_; }
  const std::unordered_set<Node*>& nodes() const { return nodes_; }

 private:
  bool is_same(const Node& assignment) const {
    return module_of(assignment.input(0), code_) == key_.first &&
           assignment.s(c10::attr::name) == key_.second;
  }

  static bool changes_first_alone(const c10::FunctionSchema& schema) {
    for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
      const auto* alias = schema.arguments()[i].alias_info();
      if (alias && alias->isWrite() != (i == 0)) return false;
    }
    return true;
  }

  const ModelCode& code_;
  AttributeKey key_;
  std::unordered_set<Node*> nodes_;
  bool is_changed_ = false;
};

using AllUses = std::map<AttributeKey, AttributeUses>;

// nullopt where some code is hidden in calls or tasks.
std::optional<AllUses> attribute_uses(const ModelCode& code) {
  AllUses all;
  bool is_complete = true;
  for_each_inner(*code.graph->block(), [&](Node* node) {
    const auto kind = node->kind();
    if (kind == prim::fork || kind == prim::CallMethod || kind == prim::CallFunction) {
      is_complete = false;
    }
    if (!is_access(*node)) return;
    c10::ivalue::Object* const owner = module_of(node->input(0), code);
    const auto* type = node->input(0)->type()->castRaw<c10::ClassType>();
    is_complete = is_complete && (owner || (type && !type->is_module()));
    if (!owner) return;
    AttributeUses& uses = all[{owner, node->s(c10::attr::name)}];
    (node->kind() == prim::GetAttr ? uses.reads : uses.assignments).push_back(node);
  });
  return is_complete ? std::optional(all) : std::nullopt;
}

bool is_known_otherwise(const AttributeKey& key, const AllUses& all, const ModelCode& code) {
  const c10::IValue value = key.first->getAttr(key.second);
  for (const auto& [other, uses] : all) {
    if (other == key) continue;
    const c10::IValue content = other.first->getAttr(other.second);
    if (!content.isObject() && value.overlaps(content)) return true;
  }
  bool is_known = false;
  for_each_inner(*code.graph->block(), [&](Node* node) {
    if (node->kind() != prim::Constant) return;
    const auto constant = torch::jit::toIValue(node->output());
    const bool has_tensors = constant && (constant->isTensor() || constant->isList() ||
                                          constant->isTuple() || constant->isGenericDict());
    is_known = is_known || (has_tensors && value.overlaps(*constant));
  });
  return is_known;
}

void destroy_unused(Nodes nodes) {
  for (bool progress = true; progress;) {
    progress = false;
    for (Node*& node : nodes) {
      if (!node || node->hasUses()) continue;
      node->destroy();
      node = nullptr;
      progress = true;
    }
  }
}

// The function or method that the node calls; null where it is not known.
torch::jit::GraphFunction* callee_of(const Node& call) {
  torch::jit::Function* callee = nullptr;
  if (call.kind() == prim::CallFunction) {
    const auto* type = call.input(0)->type()->castRaw<c10::FunctionType>();
    if (type) callee = type->function();
  } else if (call.kind() == prim::CallMethod) {
    const auto* type = call.input(0)->type()->castRaw<c10::ClassType>();
    if (type) callee = type->findMethod(call.s(c10::attr::name));
  }
  return callee ? torch::jit::tryToGraphFunction(*callee) : nullptr;
}

// LibTorch inlines callees as it has optimised them, which drops changes in place of tensors of
// which only a list is read later. So they are given as they are, with their own calls inlined.
void inline_calls(torch::jit::Graph& graph, std::unordered_set<torch::jit::GraphFunction*>& seen) {
  for_each_inner(*graph.block(), [&](Node* node) {
    if (node->hasAttribute(c10::attr::Subgraph)) {
      inline_calls(*node->g(c10::attr::Subgraph), seen);
    }
    torch::jit::GraphFunction* const callee = callee_of(*node);
    if (!callee || !seen.insert(callee).second) return;
    callee->ensure_defined();
    callee->clear_optimized_graphs();
    inline_calls(*callee->optimized_graph(), seen);
  });
  torch::jit::Inline(graph);
}

void replace_by_constant(Node& node, const c10::IValue& value) {
  torch::jit::WithInsertPoint here(&node);
  node.output()->replaceAllUsesWith(node.owningGraph()->insertConstant(value));
  node.destroy();
}

bool is_none(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isNone();
}

// Replaces what the code does with an attribute that has this value in every run.
void fold_reads(const Nodes& reads, const c10::IValue& value) {
  for (Node* read : reads) {
    if (value.isNone() || value.isBool() || value.isInt() || value.isDouble() || value.isString()) {
      replace_by_constant(*read, value);
      continue;
    }
    const auto uses = read->output()->uses();  // a copy
    for (const torch::jit::Use& use : uses) {
      const bool is = use.user->kind() == c10::aten::__is__;
      if (!is && use.user->kind() != c10::aten::__isnot__) continue;
      if (is_none(use.user->input(1 - use.offset))) replace_by_constant(*use.user, !is);
    }
  }
}

bool is_condition(const Node& node) {
  static const std::unordered_set<std::string> names = {
      "aten::__not__", "aten::__is__", "aten::__isnot__", "aten::eq", "aten::ne",
      "aten::lt",      "aten::le",     "aten::gt",        "aten::ge", "aten::Bool"};
  return names.contains(node.kind().toQualString()) && node.outputs().size() == 1 &&
         node.output()->type()->kind() == c10::TypeKind::BoolType;
}

void replace_by_side(Node& branch, Block& taken) {
  const Nodes inside(taken.nodes().begin(), taken.nodes().end());
  for (Node* node : inside) node->moveBefore(&branch);
  for (std::size_t i = 0; i < branch.outputs().size(); ++i) {
    branch.outputs()[i]->replaceAllUsesWith(taken.outputs()[i]);
  }
  branch.destroy();
}

// Replaces conditions on constants, and branches on them by the side that is taken.
void fold_conditions(Block& block) {
  for (auto next = block.nodes().begin(); next != block.nodes().end();) {
    Node& node = **next++;
    if (is_condition(node)) {
      const auto value = torch::jit::runNodeIfInputsAreConstant(&node);
      if (value) replace_by_constant(node, value->at(0));
      continue;
    }
    for (Block* inner : node.blocks()) fold_conditions(*inner);
    if (node.kind() != prim::If) continue;
    if (const auto condition = torch::jit::toIValue(node.input())) {
      replace_by_side(node, *node.blocks().at(condition->toBool() ? 0 : 1));
    }
  }
}

/// Turns assignments to one attribute inside of a branch or loop into values.
class Assignments {
 public:
  Assignments(Value* object, std::string name, const SameObject& is_same)
      : object_(object), name_(std::move(name)), is_same_(is_same) {}

  /// Returns whether the node assigned to it; then its last output is the value behind it.
  bool make_output(Node& node, Value* before) {
    if (!assigns(node)) return false;
    const bool is_loop = node.kind() == prim::Loop;
    if (is_loop) node.addInput(before);
    for (Block* block : node.blocks()) {
      Value* now = before;
      if (is_loop) {
        now = block->addInput();
        now->setType(before->type());
      }
      block->registerOutput(follow(*block, now));
    }
    node.addOutput()->setType(before->type());
    return true;
  }

 private:
  bool is_ours(const Node& node) const {
    return is_access(node) && node.s(c10::attr::name) == name_ && is_same_(node.input(0), object_);
  }

  bool assigns(Node& node) const {
    bool found = false;
    for (Block* block : node.blocks()) {
      for_each_inner(*block, [&](Node* inner) {
        found = found || (inner->kind() == prim::SetAttr && is_ours(*inner));
      });
    }
    return found;
  }

  // The value at the end of the block.
  Value* follow(Block& block, Value* now) {
    const Nodes nodes(block.nodes().begin(), block.nodes().end());
    for (Node* node : nodes) {
      if (is_ours(*node)) {
        if (node->kind() == prim::SetAttr) {
          now = node->input(1);
        } else {
          node->output()->replaceAllUsesWith(now);
        }
        node->destroy();
      } else if (!node->blocks().empty()) {
        if (make_output(*node, now)) {
          now = node->outputs().back();
        } else {
          replace_reads(*node, now);
        }
      }
    }
    return now;
  }

  void replace_reads(Node& node, Value* now) const {
    Nodes reads;
    for (Block* block : node.blocks()) {
      for_each_inner(*block, [&](Node* inner) {
        if (is_ours(*inner)) reads.push_back(inner);
      });
    }
    for (Node* read : reads) {
      read->output()->replaceAllUsesWith(now);
      read->destroy();
    }
  }

  Value* object_;
  std::string name_;
  const SameObject& is_same_;
};

// The first assignment inside to an attribute of an object from outside.
Node* assignment_in(Node& node) {
  Node* found = nullptr;
  for (Block* block : node.blocks()) {
    for_each_inner(*block, [&](Node* inner) {
      if (!found && inner->kind() == prim::SetAttr && !is_inside(inner->input(0)->node(), &node)) {
        found = inner;
      }
    });
  }
  return found;
}

bool contains_object(const c10::TypePtr& type) {
  if (const auto* class_type = type->castRaw<c10::ClassType>()) return !class_type->is_module();
  const auto parts = type->containedTypes();
  return std::any_of(parts.begin(), parts.end(), contains_object);
}

}  // namespace

bool is_known_otherwise(const ModelCode& code, const void* object, const std::string& name) {
  const auto all = attribute_uses(code);
  if (!all) return true;
  const auto key = std::find_if(all->begin(), all->end(), [&](const auto& entry) {
    return entry.first.first == object && entry.first.second == name;
  });
  return key == all->end() || is_known_otherwise(key->first, *all, code);
}

bool keeps_objects_inside(Node& node) {
  const Values reads = outside_reads({&node});
  const auto outputs = node.outputs();
  const auto has_object = [](const Value* value) { return contains_object(value->type()); };
  return std::none_of(reads.begin(), reads.end(), has_object) &&
         std::none_of(outputs.begin(), outputs.end(), has_object);
}

void inline_calls(torch::jit::Graph& graph) {
  const PlainExecution plain;
  std::unordered_set<torch::jit::GraphFunction*> seen;
  inline_calls(graph, seen);
}

void inline_interfaces(ModelCode& code) {
  for (bool progress = true; progress;) {
    progress = false;
    for_each_inner(*code.graph->block(), [&](Node* node) {
      if (node->kind() != prim::CallMethod ||
          node->input(0)->type()->kind() != c10::TypeKind::InterfaceType) {
        return;
      }
      c10::ivalue::Object* const owner = module_of(node->input(0), code);
      if (!owner) return;
      node->input(0)->setType(owner->type());
      progress = true;
    });
    if (progress) inline_calls(*code.graph);
  }
}

void fold_attributes(ModelCode& code) {
  const auto all = attribute_uses(code);
  if (!all) return;
  for (const auto& [key, uses] : *all) {
    if (uses.assignments.empty()) fold_reads(uses.reads, key.first->getAttr(key.second));
  }
  fold_conditions(*code.graph->block());
}

void remove_unread_changes(ModelCode& code) {
  const auto all = attribute_uses(code);
  if (!all) return;
  Nodes unused;
  for (const auto& [key, uses] : *all) {
    Feeding feeding(code, key);
    const bool is_read = !std::all_of(uses.reads.begin(), uses.reads.end(), [&](const Node* read) {
      return feeding.ends_there(read->output());
    });
    const bool is_written = !uses.assignments.empty() || feeding.is_changed();
    if (is_read || !is_written) continue;
    if (feeding.is_changed() && is_known_otherwise(key, *all, code)) continue;
    for (Node* assignment : uses.assignments) assignment->destroy();
    unused.insert(unused.end(), feeding.nodes().begin(), feeding.nodes().end());
    unused.insert(unused.end(), uses.reads.begin(), uses.reads.end());
  }
  destroy_unused(std::move(unused));
}

Nodes movable_reads(Node& node, const SameObject& is_same) {
  Nodes reads;
  Nodes assignments;
  for (Block* block : node.blocks()) {
    for_each_inner(*block, [&](Node* inner) {
      if (inner->kind() == prim::SetAttr) assignments.push_back(inner);
      const bool is_movable =
          inner->kind() == prim::GetAttr && !is_inside(inner->input()->node(), &node);
      if (is_movable) reads.push_back(inner);
    });
  }
  std::erase_if(reads, [&](const Node* read) {
    return std::any_of(assignments.begin(), assignments.end(), [&](const Node* assignment) {
      return assignment->s(c10::attr::name) == read->s(c10::attr::name) &&
             (is_inside(assignment->input(0)->node(), &node) ||
              is_same(assignment->input(0), read->input()));
    });
  });
  return reads;
}

Nodes return_attributes(Node& node, const SameObject& is_same) {
  Nodes reads;
  while (Node* assignment = assignment_in(node)) {
    Value* const object = assignment->input(0);
    const std::string name = assignment->s(c10::attr::name);
    torch::jit::Graph& graph = *node.owningGraph();
    Node* read = nullptr;
    {
      torch::jit::WithInsertPoint before(&node);
      read = graph.insertGetAttr(object, name)->node();
    }
    const SameObject same = [&](const Value* one, const Value* other) {
      return !is_inside(one->node(), &node) && is_same(one, other);
    };
    Assignments(object, name, same).make_output(node, read->output());
    {
      torch::jit::WithInsertPoint behind(node.next());
      graph.insertNode(graph.create(prim::SetAttr, {object, node.outputs().back()}, 0))
          ->s_(c10::attr::name, name);
    }
    if (read->hasUses()) {
      reads.push_back(read);
    } else {
      read->destroy();
    }
  }
  return reads;
}

}  // namespace scission::torchscript
