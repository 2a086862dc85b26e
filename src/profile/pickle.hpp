// Reading the Python pickles of the original's profiles, and only those.
//
// A pickle is a program for a stack machine. This interpreter supports the instructions that the
// original's .dat files consist of (protocols 2 to 4). It calls no function and creates only the
// plain values below; all other instructions and names of Python objects are errors.
//
// Values are stored in one array and refer to each other by index, so shared and cyclic values need
// no ownership, and the depth of nesting is unlimited. Each instruction creates at most one value,
// so memory is proportional to the size of the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scission::pickle {

enum class Kind {
  none,
  boolean,
  integer,
  real,  ///< a float, or numpy.float64
  text,
  bytes,
  tuple,
  list,
  dict,
  layer,            ///< an instance of the original's LayerBenchmark
  layer_class,      ///< the class LayerBenchmark
  scalar_function,  ///< the function that creates numpy's scalars
  dtype_class,      ///< the class numpy.dtype
  dtype,            ///< the type float64; unusable until its byte order is set
};

using Index = std::uint32_t;

struct Value {
  Kind kind = Kind::none;
  std::int64_t integer = 0;  ///< of an integer; 0 or 1 of a boolean; 1 of a usable dtype
  double real = 0;
  std::string_view text;     ///< of text and bytes; a view into the pickle
  std::vector<Index> items;  ///< a dict's are key, value, key, value, …; a layer's is its dict
};

struct Document {
  std::vector<Value> values;
  Index root = 0;

  const Value& operator[](Index index) const { return values[index]; }
};

/// The value of a pickle. O(size). The result refers to `bytes`.
/// Throws Error(damaged | unsupported, place) with the offset of the fault.
Document parse_pickle(std::string_view bytes, const std::string& place);

/// Untrusted text for a message: truncated, and with all but printable ASCII replaced.
std::string printable(std::string_view text);

/// Named as Python's pickletools names them.
enum class Opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  long1 = 0x8a,
  binfloat = 'G',
  none = 'N',
  newtrue = 0x88,
  newfalse = 0x89,
  binunicode = 'X',
  short_binunicode = 0x8c,
  short_binbytes = 'C',
  empty_tuple = ')',
  tuple = 't',
  tuple2 = 0x86,
  tuple3 = 0x87,
  empty_list = ']',
  append = 'a',
  appends = 'e',
  empty_dict = '}',
  setitem = 's',
  setitems = 'u',
  global = 'c',
  stack_global = 0x93,
  newobj = 0x81,
  reduce = 'R',
  build = 'b',
  binput = 'q',
  long_binput = 'r',
  binget = 'h',
  long_binget = 'j',
  memoize = 0x94,
  proto = 0x80,
  frame = 0x95,
};

}  // namespace scission::pickle
