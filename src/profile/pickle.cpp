#include "profile/pickle.hpp"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "scission/base.hpp"

namespace scission::pickle {
namespace {

// A little-endian unsigned integer of at most 8 bytes.
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

// Reads a pickle sequentially and returns views. Throws Error(damaged, place) at an unexpected end.
// Refers to the bytes and to `place`.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, const std::string& place) : bytes_(bytes), place_(place) {}

  std::string_view take(std::size_t count) {
    if (count > left()) fail("ends too early");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  std::uint64_t take_number(std::size_t count) { return little_endian(take(count)); }

  // Without the newline that ends it.
  std::string_view take_line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail("ends too early");
    const std::string_view line = take(end - at_);
    take(1);
    return line;
  }

  std::size_t size() const { return bytes_.size(); }
  std::size_t left() const { return bytes_.size() - at_; }

  // Throws Error(code, place) with the current offset.
  [[noreturn]] void fail(const std::string& fault, ErrorCode code = ErrorCode::damaged) const {
    throw Error(code, fmt::format("{} (byte {} of the pickle)", fault, at_), place_);
  }

 private:
  std::string_view bytes_;
  const std::string& place_;
  std::size_t at_ = 0;
};

// The stack machine that runs a pickle. Reports faults through its ByteReader, which must outlive
// it.
class Machine {
 public:
  explicit Machine(const ByteReader& bytes) : bytes_(bytes) {}

  [[noreturn]] void fail(const std::string& fault) const { bytes_.fail(fault); }

  // Pushes a new value.
  void push(Value value) {
    document_.values.push_back(std::move(value));
    stack_.push_back(static_cast<Index>(document_.values.size() - 1));
  }
  void push(Kind kind, std::vector<Index> items = {}) { push({kind, 0, 0, {}, std::move(items)}); }
  void push_text(Kind kind, std::string_view text) { push({kind, 0, 0, text, {}}); }
  void push_integer(std::int64_t number) { push({Kind::integer, number, 0, {}, {}}); }
  void push_boolean(bool value) { push({Kind::boolean, value ? 1 : 0, 0, {}, {}}); }
  void push_real(double number) { push({Kind::real, 0, number, {}, {}}); }

  // Values below the last mark cannot be popped.
  Index top() const {
    if (reachable() == 0) fail("takes a value that does not exist");
    return stack_.back();
  }

  Index pop() {
    const Index index = top();
    stack_.pop_back();
    return index;
  }

  std::vector<Index> pop_items(std::size_t count) {
    if (reachable() < count) fail("takes a value that does not exist");
    std::vector<Index> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  void set_mark() { marks_.push_back(stack_.size()); }

  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) fail("goes back to a mark that does not exist");
    std::vector<Index> items = pop_items(reachable());
    marks_.pop_back();
    return items;
  }

  // The memo: values by number, for reuse.
  void remember(std::uint64_t number) { memo_[number] = top(); }
  void remember_next() { remember(memo_.size()); }

  void recall(std::uint64_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) fail("reads a memo entry that does not exist");
    stack_.push_back(found->second);
  }

  Value& operator[](Index index) { return document_.values[index]; }

  bool is_text(Index index, std::string_view text) const {
    const Value& value = document_[index];
    return value.kind == Kind::text && value.text == text;
  }

  bool is_tuple_of(Index index, std::size_t count) const {
    const Value& value = document_[index];
    return value.kind == Kind::tuple && value.items.size() == count;
  }

  // Pops the only remaining value.
  Document finish() {
    document_.root = pop();
    if (!stack_.empty() || !marks_.empty()) fail("ends with more than one value");
    return std::move(document_);
  }

 private:
  std::size_t reachable() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  const ByteReader& bytes_;
  Document document_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Index> memo_;
};

// --- The Python objects that a pickle may name ---

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

// Pushes the Python object with that name.
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

// [class, arguments] → object: LayerBenchmark() alone.
void create_object(Machine& machine) {
  const std::vector<Index> call = machine.pop_items(2);
  if (machine[call[0]].kind != Kind::layer_class || !machine.is_tuple_of(call[1], 0)) {
    machine.fail("creates an object other than LayerBenchmark()");
  }
  machine.push(Kind::layer);
}

// [function, arguments] → result: numpy's dtype('f8') and its scalars alone.
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

// [object, state] → object: a LayerBenchmark's attributes, or a dtype's byte order.
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

// --- The instructions ---

constexpr int oldest_protocol = 2;
constexpr int newest_protocol = 4;

class Interpreter {
 public:
  Interpreter(std::string_view bytes, const std::string& place)
      : bytes_(bytes, place), machine_(bytes_) {}

  Document run() {
    // Indices of values and memo numbers have 32 bits.
    if (bytes_.size() > std::numeric_limits<Index>::max()) fail("is too large for a profile");
    read_protocol();
    while (const std::optional<Opcode> opcode = next_instruction()) execute(*opcode);
    if (bytes_.left() > 0) fail("continues after its end");
    return machine_.finish();
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const { bytes_.fail(fault); }

  void read_protocol() {
    if (bytes_.size() == 0 || bytes_.take_number(1) != static_cast<std::uint8_t>(Opcode::proto)) {
      fail("is not a Python pickle of protocol 2 to 4");
    }
    const std::uint64_t protocol = bytes_.take_number(1);
    if (protocol < oldest_protocol || protocol > newest_protocol) {
      bytes_.fail(fmt::format("is a Python pickle of protocol {}; 2 to 4 are supported", protocol),
                  ErrorCode::unsupported);
    }
  }

  std::optional<Opcode> next_instruction() {
    const auto opcode = static_cast<Opcode>(bytes_.take_number(1));
    if (opcode == Opcode::stop) return std::nullopt;
    return opcode;
  }

  void execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::mark:
        return machine_.set_mark();
      case Opcode::binint:
        return machine_.push_integer(static_cast<std::int32_t>(bytes_.take_number(4)));
      case Opcode::binint1:
        return machine_.push_integer(static_cast<std::int64_t>(bytes_.take_number(1)));
      case Opcode::binint2:
        return machine_.push_integer(static_cast<std::int64_t>(bytes_.take_number(2)));
      case Opcode::long1:
        return push_long();
      case Opcode::binfloat:
        return machine_.push_real(big_endian_double(bytes_.take(8)));
      case Opcode::none:
        return machine_.push(Kind::none);
      case Opcode::newtrue:
        return machine_.push_boolean(true);
      case Opcode::newfalse:
        return machine_.push_boolean(false);
      case Opcode::binunicode:
        return machine_.push_text(Kind::text, bytes_.take(bytes_.take_number(4)));
      case Opcode::short_binunicode:
        return machine_.push_text(Kind::text, bytes_.take(bytes_.take_number(1)));
      case Opcode::short_binbytes:
        return machine_.push_text(Kind::bytes, bytes_.take(bytes_.take_number(1)));
      case Opcode::empty_tuple:
        return machine_.push(Kind::tuple);
      case Opcode::tuple:
        return machine_.push(Kind::tuple, machine_.pop_to_mark());
      case Opcode::tuple2:
        return machine_.push(Kind::tuple, machine_.pop_items(2));
      case Opcode::tuple3:
        return machine_.push(Kind::tuple, machine_.pop_items(3));
      case Opcode::empty_list:
        return machine_.push(Kind::list);
      case Opcode::append:
        return extend(Kind::list, machine_.pop_items(1));
      case Opcode::appends:
        return extend(Kind::list, machine_.pop_to_mark());
      case Opcode::empty_dict:
        return machine_.push(Kind::dict);
      case Opcode::setitem:
        return set_items(machine_.pop_items(2));
      case Opcode::setitems:
        return set_items(machine_.pop_to_mark());
      case Opcode::global:
        return push_global_by_line();
      case Opcode::stack_global:
        return push_global_from_stack();
      case Opcode::newobj:
        return create_object(machine_);
      case Opcode::reduce:
        return call(machine_);
      case Opcode::build:
        return set_state(machine_);
      case Opcode::binput:
        return machine_.remember(bytes_.take_number(1));
      case Opcode::long_binput:
        return machine_.remember(bytes_.take_number(4));
      case Opcode::memoize:
        return machine_.remember_next();
      case Opcode::binget:
        return machine_.recall(bytes_.take_number(1));
      case Opcode::long_binget:
        return machine_.recall(bytes_.take_number(4));
      case Opcode::frame:
        return enter_frame();
      case Opcode::proto:
      case Opcode::stop:
        break;
    }
    fail(fmt::format("has the instruction 0x{:02x}, which is not supported in profiles",
                     static_cast<unsigned>(opcode)));
  }

  void push_long() {
    const std::size_t size = bytes_.take_number(1);
    if (size > sizeof(std::int64_t)) fail("has an integer of more than 64 bits");
    const std::uint64_t bits = bytes_.take_number(size);
    const auto unused_bits = static_cast<int>(64 - 8 * size);
    // Shifting left and right again extends the sign.
    machine_.push_integer(
        size == 0 ? 0 : static_cast<std::int64_t>(bits << unused_bits) >> unused_bits);
  }

  // A frame states only the size of the next chunk to read.
  void enter_frame() {
    if (bytes_.take_number(8) > bytes_.left()) fail("ends too early");
  }

  // [container, items…] → container
  void extend(Kind kind, const std::vector<Index>& items) {
    Value& container = machine_[machine_.top()];
    if (container.kind != kind) fail("adds items to a value that is not a container of that kind");
    container.items.insert(container.items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<Index>& items) {
    if (items.size() % 2 != 0) fail("sets a key without a value");
    extend(Kind::dict, items);
  }

  void push_global_by_line() {
    const std::string_view module = bytes_.take_line();
    push_global(machine_, module, bytes_.take_line());
  }

  void push_global_from_stack() {
    const std::vector<Index> names = machine_.pop_items(2);
    const Value& module = machine_[names[0]];
    const Value& name = machine_[names[1]];
    if (module.kind != Kind::text || name.kind != Kind::text)
      fail("names an object by a value that is not text");
    push_global(machine_, module.text, name.text);
  }

  ByteReader bytes_;
  Machine machine_;
};

}  // namespace

Document parse_pickle(std::string_view bytes, const std::string& place) {
  return Interpreter(bytes, place).run();
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string shown(text.substr(0, longest));
  for (char& character : shown) {
    if (character < ' ' || character > '~') character = '?';
  }
  return text.size() > longest ? shown + "..." : shown;
}

}  // namespace scission::pickle
