#include "pickle.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <unordered_map>

#include "pickle/byte_reader.hpp"
#include "pickle/opcode.hpp"

namespace scission::pickle {
namespace {

constexpr int oldest_protocol = 2;
constexpr int newest_protocol = 4;

class Interpreter {
 public:
  Interpreter(std::string_view bytes, const std::string& place) : bytes_(bytes, place) {}

  Document run() {
    // Indices of values and the memo's numbers have 32 bits.
    if (bytes_.size() > std::numeric_limits<Index>::max()) fail("is too large for a profile");
    read_protocol();
    while (const std::optional<Opcode> opcode = next_instruction()) execute(*opcode);
    document_.root = pop();
    if (!stack_.empty() || !marks_.empty()) fail("ends with more than one value");
    if (bytes_.left() > 0) fail("goes on after its end");
    return std::move(document_);
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const { bytes_.fail(fault); }

  void read_protocol() {
    if (bytes_.size() == 0 || bytes_.take_number(1) != static_cast<std::uint8_t>(Opcode::proto)) {
      fail("is not a Python pickle of protocol 2 to 4");
    }
    const std::uint64_t protocol = bytes_.take_number(1);
    if (protocol < oldest_protocol || protocol > newest_protocol) {
      bytes_.fail(fmt::format("is a Python pickle of protocol {}; 2 to 4 are known", protocol),
                  ErrorCode::unsupported);
    }
  }

  std::optional<Opcode> next_instruction() {
    const auto opcode = static_cast<Opcode>(bytes_.take_number(1));
    if (opcode == Opcode::stop) return std::nullopt;
    return opcode;
  }

  // --- stack

  void push(Value value) {
    document_.values.push_back(std::move(value));
    stack_.push_back(static_cast<Index>(document_.values.size() - 1));
  }

  void push(Kind kind, std::vector<Index> items = {}) { push({kind, 0, 0, {}, std::move(items)}); }
  void push_text(Kind kind, std::string_view text) { push({kind, 0, 0, text, {}}); }
  void push_integer(std::int64_t number) { push({Kind::integer, number, 0, {}, {}}); }
  void push_boolean(bool value) { push({Kind::boolean, value ? 1 : 0, 0, {}, {}}); }
  void push_real(double number) { push({Kind::real, 0, number, {}, {}}); }

  // What lies below the last mark is out of reach.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  Index top() const {
    if (stack_.size() <= floor()) fail("takes a value that is not there");
    return stack_.back();
  }

  Index pop() {
    const Index index = top();
    stack_.pop_back();
    return index;
  }

  std::vector<Index> pop_items(std::size_t count) {
    if (stack_.size() - floor() < count) fail("takes a value that is not there");
    std::vector<Index> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) fail("goes back to a mark that is not there");
    std::vector<Index> items = pop_items(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  Value& value(Index index) { return document_.values[index]; }

  Value& top_of_kind(Kind kind, const char* fault) {
    Value& found = value(top());
    if (found.kind != kind) fail(fault);
    return found;
  }

  // --- memo

  void remember(std::uint64_t number) { memo_[number] = top(); }

  void recall(std::uint64_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) fail("recalls a value that it has not remembered");
    stack_.push_back(found->second);
  }

  // --- instructions

  void execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::mark:
        return marks_.push_back(stack_.size());
      case Opcode::binint:
        return push_integer(static_cast<std::int32_t>(bytes_.take_number(4)));
      case Opcode::binint1:
        return push_integer(static_cast<std::int64_t>(bytes_.take_number(1)));
      case Opcode::binint2:
        return push_integer(static_cast<std::int64_t>(bytes_.take_number(2)));
      case Opcode::long1:
        return push_long();
      case Opcode::binfloat:
        return push_real(big_endian_double(bytes_.take(8)));
      case Opcode::none:
        return push(Kind::none);
      case Opcode::newtrue:
        return push_boolean(true);
      case Opcode::newfalse:
        return push_boolean(false);
      case Opcode::binunicode:
        return push_text(Kind::text, bytes_.take(bytes_.take_number(4)));
      case Opcode::short_binunicode:
        return push_text(Kind::text, bytes_.take(bytes_.take_number(1)));
      case Opcode::short_binbytes:
        return push_text(Kind::bytes, bytes_.take(bytes_.take_number(1)));
      case Opcode::empty_tuple:
        return push(Kind::tuple);
      case Opcode::tuple:
        return push(Kind::tuple, pop_to_mark());
      case Opcode::tuple2:
        return push(Kind::tuple, pop_items(2));
      case Opcode::tuple3:
        return push(Kind::tuple, pop_items(3));
      case Opcode::empty_list:
        return push(Kind::list);
      case Opcode::append:
        return append(pop_items(1));
      case Opcode::appends:
        return append(pop_to_mark());
      case Opcode::empty_dict:
        return push(Kind::dict);
      case Opcode::setitem:
        return set_items(pop_items(2));
      case Opcode::setitems:
        return set_items(pop_to_mark());
      case Opcode::global:
        return push_global_by_line();
      case Opcode::stack_global:
        return push_global_from_stack();
      case Opcode::newobj:
        return create_object();
      case Opcode::reduce:
        return call();
      case Opcode::build:
        return set_state();
      case Opcode::binput:
        return remember(bytes_.take_number(1));
      case Opcode::long_binput:
        return remember(bytes_.take_number(4));
      case Opcode::memoize:
        return remember(memo_.size());
      case Opcode::binget:
        return recall(bytes_.take_number(1));
      case Opcode::long_binget:
        return recall(bytes_.take_number(4));
      case Opcode::frame:
        return enter_frame();
      case Opcode::proto:
      case Opcode::stop:
        break;
    }
    fail(fmt::format("has the instruction 0x{:02x}, which no profile needs",
                     static_cast<unsigned>(opcode)));
  }

  void push_long() {
    const std::size_t size = bytes_.take_number(1);
    if (size > sizeof(std::int64_t)) fail("has a whole number of more than 64 bits");
    const std::uint64_t bits = bytes_.take_number(size);
    const auto unused_bits = static_cast<int>(64 - 8 * size);
    // Shifting up and down again copies the sign into the bytes that are not there.
    push_integer(size == 0 ? 0 : static_cast<std::int64_t>(bits << unused_bits) >> unused_bits);
  }

  // A frame only tells a reader how much to fetch at once.
  void enter_frame() {
    if (bytes_.take_number(8) > bytes_.left()) fail("ends too early");
  }

  void append(const std::vector<Index>& items) {
    Value& list = top_of_kind(Kind::list, "appends to what is no list");
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<Index>& items) {
    if (items.size() % 2 != 0) fail("sets a key without a value");
    Value& dict = top_of_kind(Kind::dict, "sets items of what is no dict");
    dict.items.insert(dict.items.end(), items.begin(), items.end());
  }

  void push_global_by_line() {
    const std::string_view module = bytes_.take_line();
    push_global(module, bytes_.take_line());
  }

  void push_global_from_stack() {
    const std::vector<Index> names = pop_items(2);
    const Value& module = value(names[0]);
    const Value& name = value(names[1]);
    if (module.kind != Kind::text || name.kind != Kind::text) fail("names an object without text");
    push_global(module.text, name.text);
  }

  void push_global(std::string_view module, std::string_view name) {
    if (module == "__main__" && name == "LayerBenchmark") return push(Kind::layer_class);
    if (module == "numpy" && name == "dtype") return push(Kind::dtype_class);
    if (name == "scalar" &&
        (module == "numpy.core.multiarray" || module == "numpy._core.multiarray")) {
      return push(Kind::scalar_function);
    }
    if (module.starts_with("multiprocessing.")) {
      fail("holds a multiprocessing proxy and no measurements; benchmark that system again");
    }
    fail(
        fmt::format("asks for the Python object {}.{}, which no profile needs; it may be a "
                    "forgery",
                    printable(module), printable(name)));
  }

  void create_object() {
    const std::vector<Index> call = pop_items(2);
    if (value(call[0]).kind != Kind::layer_class || !is_tuple_of(call[1], 0)) {
      fail("creates an object other than LayerBenchmark()");
    }
    push(Kind::layer);
  }

  void call() {
    const std::vector<Index> call = pop_items(2);
    const Kind callee = value(call[0]).kind;
    if (callee == Kind::dtype_class && is_float64_name(call[1])) return push(Kind::dtype);
    if (callee == Kind::scalar_function && is_float64_scalar(call[1])) {
      return push_real(little_endian_double(value(value(call[1]).items[1]).text));
    }
    fail("calls something other than numpy's float64");
  }

  bool is_tuple_of(Index index, std::size_t count) {
    return value(index).kind == Kind::tuple && value(index).items.size() == count;
  }

  bool is_text(Index index, std::string_view text) {
    return value(index).kind == Kind::text && value(index).text == text;
  }

  // ('f8', False, True)
  bool is_float64_name(Index arguments) {
    return is_tuple_of(arguments, 3) && is_text(value(arguments).items[0], "f8");
  }

  // (the dtype, its eight bytes)
  bool is_float64_scalar(Index arguments) {
    if (!is_tuple_of(arguments, 2)) return false;
    const Value& type = value(value(arguments).items[0]);
    const Value& data = value(value(arguments).items[1]);
    return type.kind == Kind::dtype && type.integer == 1 && data.kind == Kind::bytes &&
           data.text.size() == sizeof(double);
  }

  void set_state() {
    const Index state = pop();
    Value& object = value(top());
    if (object.kind == Kind::layer && value(state).kind == Kind::dict) {
      object.items = {state};
    } else if (object.kind == Kind::dtype && is_little_endian(state)) {
      object.integer = 1;
    } else {
      fail("sets the state of something other than a LayerBenchmark or a float64");
    }
  }

  // (3, '<', None, None, None, -1, -1, 0)
  bool is_little_endian(Index state) {
    return is_tuple_of(state, 8) && is_text(value(state).items[1], "<");
  }

  ByteReader bytes_;
  Document document_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Index> memo_;
};

}  // namespace

Document load(std::string_view bytes, const std::string& place) {
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
