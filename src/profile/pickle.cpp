#include "profile/pickle.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>

#include "profile/pickle_machine.hpp"

namespace scission::pickle {
namespace {

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
