// Pickles assembled instruction by instruction.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace scission::testing::pickles {

inline const std::string protocol = "\x80\x04";
inline const std::string mark = "(";
inline const std::string empty_tuple = ")";
inline const std::string empty_list = "]";
inline const std::string empty_dict = "}";
inline const std::string none = "N";
inline const std::string append = "a";
inline const std::string appends = "e";
inline const std::string set_items = "u";
inline const std::string new_object = "\x81";
inline const std::string reduce = "R";
inline const std::string build = "b";
inline const std::string tuple = "t";
inline const std::string tuple2 = "\x86";
inline const std::string tuple3 = "\x87";
inline const std::string memoize = "\x94";
inline const std::string stop = ".";

inline std::string bytes_of(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

inline std::string text(std::string_view text) {
  return "\x8c" + bytes_of(text.size(), 1) + std::string(text);
}

inline std::string raw_bytes(std::string_view bytes) {
  return "C" + bytes_of(bytes.size(), 1) + std::string(bytes);
}

inline std::string integer(std::int32_t number) {
  return "J" + bytes_of(static_cast<std::uint32_t>(number), 4);
}

inline std::string real(double number) {
  std::string bytes = bytes_of(std::bit_cast<std::uint64_t>(number), 8);
  std::reverse(bytes.begin(), bytes.end());
  return "G" + bytes;
}

inline std::string get(int memo) { return "h" + bytes_of(static_cast<unsigned>(memo), 1); }

inline std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

/// numpy.float64(number), from the module that numpy keeps its scalars in.
inline std::string numpy_float64(double number, std::string_view module = "numpy.core.multiarray") {
  const std::string little_endian = mark + integer(3) + text("<") + none + none + none +
                                    integer(-1) + integer(-1) + integer(0) + tuple;
  const std::string dtype =
      global("numpy", "dtype") + text("f8") + "\x89\x88" + tuple3 + reduce + little_endian + build;
  return global(module, "scalar") + dtype +
         raw_bytes(bytes_of(std::bit_cast<std::uint64_t>(number), 8)) + tuple2 + reduce;
}

/// A LayerBenchmark with the fields that `fields` leaves on the stack.
inline std::string layer(const std::string& fields) {
  return global("__main__", "LayerBenchmark") + empty_tuple + new_object + empty_dict + mark +
         fields + set_items + build;
}

/// A LayerBenchmark with all fields.
inline std::string block(int first, int last, const std::string& seconds, int output_size) {
  return layer(text("input_layer") + integer(first) + text("output_layer") + integer(last) +
               text("second_prediction") + seconds + text("output_size") + integer(output_size));
}

inline std::string list(const std::string& elements) {
  return empty_list + mark + elements + appends;
}

/// A whole .dat; `models` is name, list, name, list, ….
inline std::string dat(const std::string& models) {
  return protocol + empty_dict + mark + models + set_items + stop;
}

}  // namespace scission::testing::pickles
