// The instructions of a pickle that the reader understands.
#pragma once

#include <cstdint>

namespace scission::pickle {

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
