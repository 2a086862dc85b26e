#include "profile/pickle/machine.hpp"

#include <utility>

namespace scission::pickle {

void Machine::push(Value value) {
  document_.values.push_back(std::move(value));
  stack_.push_back(static_cast<Index>(document_.values.size() - 1));
}

void Machine::push(Kind kind, std::vector<Index> items) {
  push({kind, 0, 0, {}, std::move(items)});
}

void Machine::push_text(Kind kind, std::string_view text) { push({kind, 0, 0, text, {}}); }

void Machine::push_integer(std::int64_t number) { push({Kind::integer, number, 0, {}, {}}); }

void Machine::push_boolean(bool value) { push({Kind::boolean, value ? 1 : 0, 0, {}, {}}); }

void Machine::push_real(double number) { push({Kind::real, 0, number, {}, {}}); }

std::size_t Machine::reachable() const {
  return stack_.size() - (marks_.empty() ? 0 : marks_.back());
}

Index Machine::top() const {
  if (reachable() == 0) fail("takes a value that is not there");
  return stack_.back();
}

Index Machine::pop() {
  const Index index = top();
  stack_.pop_back();
  return index;
}

std::vector<Index> Machine::pop_items(std::size_t count) {
  if (reachable() < count) fail("takes a value that is not there");
  std::vector<Index> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return items;
}

void Machine::set_mark() { marks_.push_back(stack_.size()); }

std::vector<Index> Machine::pop_to_mark() {
  if (marks_.empty()) fail("goes back to a mark that is not there");
  std::vector<Index> items = pop_items(reachable());
  marks_.pop_back();
  return items;
}

void Machine::remember(std::uint64_t number) { memo_[number] = top(); }

void Machine::remember_next() { remember(memo_.size()); }

void Machine::recall(std::uint64_t number) {
  const auto found = memo_.find(number);
  if (found == memo_.end()) fail("recalls a value that it has not remembered");
  stack_.push_back(found->second);
}

bool Machine::is_text(Index index, std::string_view text) const {
  const Value& value = document_[index];
  return value.kind == Kind::text && value.text == text;
}

bool Machine::is_tuple_of(Index index, std::size_t count) const {
  const Value& value = document_[index];
  return value.kind == Kind::tuple && value.items.size() == count;
}

Document Machine::finish() {
  document_.root = pop();
  if (!stack_.empty() || !marks_.empty()) fail("ends with more than one value");
  return std::move(document_);
}

}  // namespace scission::pickle
