#include "profile/pickle/objects.hpp"

#include <fmt/format.h>

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
  machine.fail(fmt::format("asks for the Python object {}.{}, which no profile needs",
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
