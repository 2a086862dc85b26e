// The stack machine that a pickle is a program for: its values, stack, marks and memo.
#pragma once

#include <unordered_map>

#include "profile/pickle.hpp"
#include "profile/pickle/byte_reader.hpp"

namespace scission::pickle {

/// Throws through its ByteReader, which must outlive it, whenever a program goes wrong.
class Machine {
 public:
  explicit Machine(const ByteReader& bytes) : bytes_(bytes) {}

  [[noreturn]] void fail(const std::string& fault) const { bytes_.fail(fault); }

  /// A new value on top of the stack.
  void push(Value value);
  void push(Kind kind, std::vector<Index> items = {});
  void push_text(Kind kind, std::string_view text);
  void push_integer(std::int64_t number);
  void push_boolean(bool value);
  void push_real(double number);

  /// What lies below the last mark is out of reach.
  Index top() const;
  Index pop();
  std::vector<Index> pop_items(std::size_t count);
  void set_mark();
  std::vector<Index> pop_to_mark();

  /// The memo: values by number, to be used again.
  void remember(std::uint64_t number);
  void remember_next();
  void recall(std::uint64_t number);

  Value& operator[](Index index) { return document_.values[index]; }
  bool is_text(Index index, std::string_view text) const;
  bool is_tuple_of(Index index, std::size_t count) const;

  /// The one value that is left. The machine is empty then.
  Document finish();

 private:
  std::size_t reachable() const;

  const ByteReader& bytes_;
  Document document_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Index> memo_;
};

}  // namespace scission::pickle
