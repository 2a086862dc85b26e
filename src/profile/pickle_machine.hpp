// The stack machine that runs a pickle, and the Python objects that the pickle may name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "profile/pickle.hpp"
#include "scission/base/error.hpp"

namespace scission::pickle {

/// A little-endian unsigned integer of at most 8 bytes.
std::uint64_t little_endian(std::string_view bytes);

/// A little-endian double of 8 bytes.
double little_endian_double(std::string_view bytes);
double big_endian_double(std::string_view bytes);

/// Reads a pickle sequentially and returns views. Throws Error(damaged, place) at an unexpected
/// end. Refers to the bytes and to `place`.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, const std::string& place) : bytes_(bytes), place_(place) {}

  std::string_view take(std::size_t count);
  std::uint64_t take_number(std::size_t count) { return little_endian(take(count)); }
  std::string_view take_line();  ///< without the newline that ends it

  std::size_t size() const { return bytes_.size(); }
  std::size_t left() const { return bytes_.size() - at_; }

  /// Throws Error(code, place) with the current offset.
  [[noreturn]] void fail(const std::string& fault, ErrorCode code = ErrorCode::damaged) const;

 private:
  std::string_view bytes_;
  const std::string& place_;
  std::size_t at_ = 0;
};

/// Reports faults through its ByteReader, which must outlive it.
class Machine {
 public:
  explicit Machine(const ByteReader& bytes) : bytes_(bytes) {}

  [[noreturn]] void fail(const std::string& fault) const { bytes_.fail(fault); }

  /// Pushes a new value.
  void push(Value value);
  void push(Kind kind, std::vector<Index> items = {});
  void push_text(Kind kind, std::string_view text);
  void push_integer(std::int64_t number);
  void push_boolean(bool value);
  void push_real(double number);

  /// Values below the last mark cannot be popped.
  Index top() const;
  Index pop();
  std::vector<Index> pop_items(std::size_t count);
  void set_mark();
  std::vector<Index> pop_to_mark();

  /// The memo: values by number, for reuse.
  void remember(std::uint64_t number);
  void remember_next();
  void recall(std::uint64_t number);

  Value& operator[](Index index) { return document_.values[index]; }
  bool is_text(Index index, std::string_view text) const;
  bool is_tuple_of(Index index, std::size_t count) const;

  /// Pops the only remaining value.
  Document finish();

 private:
  std::size_t reachable() const;

  const ByteReader& bytes_;
  Document document_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Index> memo_;
};

/// Pushes the Python object with that name.
void push_global(Machine& machine, std::string_view module, std::string_view name);

/// [class, arguments] → object: LayerBenchmark() alone.
void create_object(Machine& machine);

/// [function, arguments] → result: numpy's dtype('f8') and its scalars alone.
void call(Machine& machine);

/// [object, state] → object: a LayerBenchmark's attributes, or a dtype's byte order.
void set_state(Machine& machine);

}  // namespace scission::pickle
