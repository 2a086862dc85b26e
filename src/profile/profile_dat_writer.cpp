// The original's profile, written: instruction by instruction what Python's own pickler makes.
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "profile/pickle/opcode.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission {
namespace {

using pickle::Opcode;

constexpr int protocol = 3;

// Texts that every block repeats; the memo holds them at these places, the class after them.
constexpr std::string_view shared_texts[] = {
    "model", "device", "input_layer", "output_layer", "second_prediction", "output_size", ""};
enum Shared { model_key, device_key, first_key, last_key, seconds_key, size_key, no_device };
constexpr int layer_class = std::size(shared_texts);
constexpr int model_name = layer_class + 1;

class DatWriter {
 public:
  std::string write(const SystemProfile& profile) {
    put(Opcode::proto);
    put_number(protocol, 1);
    put(Opcode::empty_dict);
    put(Opcode::mark);
    for (const ModelProfile& model : profile.models) put_model(model);
    put(Opcode::setitems);
    put(Opcode::stop);
    return std::move(bytes_);
  }

 private:
  void put_model(const ModelProfile& model) {
    put_text(clean_text(model.model));
    remember(model_name);
    put(Opcode::empty_list);
    put(Opcode::mark);
    for (const BlockTiming& timing : model.blocks) put_block(timing);
    put(Opcode::appends);
  }

  void put_block(const BlockTiming& timing) {
    put_layer_class();
    put(Opcode::empty_tuple);
    put(Opcode::newobj);
    put(Opcode::empty_dict);
    put(Opcode::mark);
    put_fields(timing);
    put(Opcode::setitems);
    put(Opcode::build);
  }

  void put_fields(const BlockTiming& timing) {
    put_shared(model_key);
    recall(model_name);
    put_shared(device_key);
    put_shared(no_device);
    put_shared(first_key);
    put_integer(timing.block.first_layer);
    put_shared(last_key);
    put_integer(timing.block.last_layer);
    put_shared(seconds_key);
    put_real(timing.seconds);
    put_shared(size_key);
    put_integer(timing.block.output_bytes + npy_header_bytes);
  }

  void put_layer_class() {
    if (!remembered_.insert(layer_class).second) return recall(layer_class);
    put(Opcode::global);
    bytes_ += "__main__\nLayerBenchmark\n";
    remember(layer_class);
  }

  void put_shared(Shared text) {
    if (!remembered_.insert(text).second) return recall(text);
    put_text(shared_texts[text]);
    remember(text);
  }

  void remember(int place) {
    put(Opcode::binput);
    put_number(static_cast<std::uint64_t>(place), 1);
  }

  void recall(int place) {
    put(Opcode::binget);
    put_number(static_cast<std::uint64_t>(place), 1);
  }

  void put(Opcode opcode) { bytes_ += static_cast<char>(opcode); }

  void put_text(std::string_view text) {
    put(Opcode::binunicode);
    put_number(text.size(), 4);
    bytes_ += text;
  }

  void put_integer(std::int64_t number) {
    const bool is_short = number <= std::numeric_limits<std::int32_t>::max();
    put(is_short ? Opcode::binint : Opcode::long1);
    if (!is_short) put_number(sizeof number, 1);
    put_number(static_cast<std::uint64_t>(number), is_short ? 4 : sizeof number);
  }

  void put_real(double number) {
    put(Opcode::binfloat);
    const auto bits = std::bit_cast<std::uint64_t>(number);
    for (int shift = 56; shift >= 0; shift -= 8) put_number(bits >> shift, 1);
  }

  /// The last `count` bytes, the lowest first.
  void put_number(std::uint64_t number, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) bytes_ += static_cast<char>(number >> (8 * i) & 0xFF);
  }

  std::string bytes_;
  std::set<int> remembered_;
};

void require_sizes(const ModelProfile& model, const std::string& place) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() - npy_header_bytes;
  for (const BlockTiming& timing : model.blocks) {
    if (timing.block.output_bytes <= most) continue;
    throw Error(ErrorCode::damaged,
                fmt::format("model {}: an output of {} bytes has no place in a .dat", model.model,
                            timing.block.output_bytes),
                place);
  }
}

/// That it can be read back: names that tell models apart, blocks that fit, sizes with a header.
void require_writable(const SystemProfile& profile) {
  const std::string place = fmt::format("profile {}-{}", profile.platform, profile.name);
  std::set<std::string> names;
  for (const ModelProfile& model : profile.models) {
    validate(model, place);
    require_sizes(model, place);
    if (model.model.empty()) throw Error(ErrorCode::damaged, "a model has no name", place);
    if (names.insert(clean_text(model.model)).second) continue;
    throw Error(ErrorCode::damaged, fmt::format("model {}: is there twice", model.model), place);
  }
}

}  // namespace

std::string format_profile_dat(const SystemProfile& profile) {
  require_writable(profile);
  return DatWriter().write(profile);
}

}  // namespace scission
