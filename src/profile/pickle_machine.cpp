#include "profile/pickle_machine.hpp"

#include <fmt/format.h>

#include <bit>
#include <utility>

namespace scission::pickle {
namespace {

// ('f8', False, True)
bool names_float64(Machine& machine, Index arguments) {
  return machine.is_tuple_of(arguments, 3) && machine.is_text(machine[arguments].items[0], "f8");
}

// (the dtype, its eight bytes)
bool holds_float64(Machine& machine, Index arguments) {
  if (!machine.is_tuple_of(arguments, 2)) return false;
  const Value& type = machine[machine[arguments].items[0]];
  const Value& data = machine[machine[arguments].items[1]];
  return type.kind == Kind::dtype && type.integer == 1 && data.kind == Kind::bytes &&
         data.text.size() == sizeof(double);
}

// (3, '<', None, None, None, -1, -1, 0)
bool says_little_endian(Machine& machine, Index state) {
  return machine.is_tuple_of(state, 8) && machine.is_text(machine[state].items[1], "<");
}

}  // namespace

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  int shift = 0;
  for (const char byte : bytes) {
    number |= std::uint64_t{static_cast<std::uint8_t>(byte)} << shift;
    shift += 8;
  }
  return number;
}

double little_endian_double(std::string_view bytes) {
  return std::bit_cast<double>(little_endian(bytes));
}

double big_endian_double(std::string_view bytes) {
  return little_endian_double(std::string(bytes.rbegin(), bytes.rend()));
}

std::string_view ByteReader::take(std::size_t count) {
  if (count > left()) fail("ends too early");
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

std::string_view ByteReader::take_line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos) fail("ends too early");
  const std::string_view line = take(end - at_);
  take(1);
  return line;
}

void ByteReader::fail(const std::string& fault, ErrorCode code) const {
  throw Error(code, fmt::format("{} (byte {} of the pickle)", fault, at_), place_);
}

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
  if (reachable() == 0) fail("takes a value that does not exist");
  return stack_.back();
}

Index Machine::pop() {
  const Index index = top();
  stack_.pop_back();
  return index;
}

std::vector<Index> Machine::pop_items(std::size_t count) {
  if (reachable() < count) fail("takes a value that does not exist");
  std::vector<Index> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return items;
}

void Machine::set_mark() { marks_.push_back(stack_.size()); }

std::vector<Index> Machine::pop_to_mark() {
  if (marks_.empty()) fail("goes back to a mark that does not exist");
  std::vector<Index> items = pop_items(reachable());
  marks_.pop_back();
  return items;
}

void Machine::remember(std::uint64_t number) { memo_[number] = top(); }

void Machine::remember_next() { remember(memo_.size()); }

void Machine::recall(std::uint64_t number) {
  const auto found = memo_.find(number);
  if (found == memo_.end()) fail("reads a memo entry that does not exist");
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

void push_global(Machine& machine, std::string_view module, std::string_view name) {
  if (module == "__main__" && name == "LayerBenchmark") return machine.push(Kind::layer_class);
  if (module == "numpy" && name == "dtype") return machine.push(Kind::dtype_class);
  if (name == "scalar" &&
      (module == "numpy.core.multiarray" || module == "numpy._core.multiarray")) {
    return machine.push(Kind::scalar_function);
  }
  if (module.starts_with("multiprocessing.")) {
    machine.fail("holds a multiprocessing proxy and no measurements; benchmark that system again");
  }
  machine.fail(fmt::format("asks for the Python object {}.{}, which is not supported in profiles",
                           printable(module), printable(name)));
}

void create_object(Machine& machine) {
  const std::vector<Index> call = machine.pop_items(2);
  if (machine[call[0]].kind != Kind::layer_class || !machine.is_tuple_of(call[1], 0)) {
    machine.fail("creates an object other than LayerBenchmark()");
  }
  machine.push(Kind::layer);
}

void call(Machine& machine) {
  const std::vector<Index> call = machine.pop_items(2);
  const Kind callee = machine[call[0]].kind;
  if (callee == Kind::dtype_class && names_float64(machine, call[1])) {
    return machine.push(Kind::dtype);
  }
  if (callee == Kind::scalar_function && holds_float64(machine, call[1])) {
    const Index data = machine[call[1]].items[1];
    return machine.push_real(little_endian_double(machine[data].text));
  }
  machine.fail("calls something other than numpy's float64");
}

void set_state(Machine& machine) {
  const Index state = machine.pop();
  Value& object = machine[machine.top()];
  if (object.kind == Kind::layer && machine[state].kind == Kind::dict) {
    object.items = {state};
  } else if (object.kind == Kind::dtype && says_little_endian(machine, state)) {
    object.integer = 1;
  } else {
    machine.fail("sets the state of something other than a LayerBenchmark or a float64");
  }
}

}  // namespace scission::pickle
