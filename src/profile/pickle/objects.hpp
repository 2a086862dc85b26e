// The few Python objects that a profile's pickle names, and what may be done with them: they make
// plain values. Everything else is refused.
#pragma once

#include <string_view>

#include "profile/pickle/machine.hpp"

namespace scission::pickle {

/// Pushes the object of that name.
void push_global(Machine& machine, std::string_view module, std::string_view name);

/// [class, arguments] → object: LayerBenchmark() alone.
void create_object(Machine& machine);

/// [function, arguments] → result: numpy's dtype('f8') and its scalars alone.
void call(Machine& machine);

/// [object, state] → object: a LayerBenchmark's attributes, or a dtype's byte order.
void set_state(Machine& machine);

}  // namespace scission::pickle
