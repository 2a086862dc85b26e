// The original's profile: a pickled dictionary from model name to list of LayerBenchmark.
#include "base/require.hpp"
#include "scission/profile.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <unordered_set>

#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "profile/pickle.hpp"

namespace scission {
namespace {

using pickle::Index;
using pickle::Kind;
using pickle::Value;

// Limits the output of a small file that refers to one long text many times.
constexpr std::size_t longest_layer_type = 100;
constexpr std::size_t max_fields = 32;

class DatReader {
 public:
  DatReader(const pickle::Document& document, const std::string& place)
      : document_(document), place_(place) {}

  std::vector<ModelProfile> read() {
    const Value& root = document_[document_.root];
    if (root.kind != Kind::dict) fail("is a pickle, but not of a dictionary of models");
    std::vector<ModelProfile> models;
    for (std::size_t item = 0; item < root.items.size(); item += 2) {
      models.push_back(read_model(document_[root.items[item]], root.items[item + 1]));
      validate(models.back(), place_);
    }
    return models;
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const {
    throw_damaged(where_.empty() ? fault : where_ + ": " + fault, place_);
  }

  ModelProfile read_model(const Value& name, Index blocks) {
    if (name.kind != Kind::text || name.text.empty()) fail("a model's name is not text");
    ModelProfile profile;
    profile.model = name.text;
    where_ = "model " + pickle::printable(name.text);
    if (!names_.insert(name.text).second) fail("appears twice");
    for (const Index block : items_of_list(blocks)) {
      where_ =
          fmt::format("model {}, block {}", pickle::printable(name.text), profile.blocks.size());
      profile.blocks.push_back(read_block(document_[block]));
    }
    where_.clear();
    return profile;
  }

  BlockTiming read_block(const Value& object) {
    const std::vector<Index>& fields = fields_of(object);
    BlockTiming timing;
    timing.block.first_layer = layer_number(fields, "input_layer");
    timing.block.last_layer = layer_number(fields, "output_layer");
    timing.block.output_bytes = whole_number(*required(fields, "output_size"), "output_size");
    timing.seconds = seconds(*required(fields, "second_prediction"));
    if (const Value* count = field(fields, "params")) {
      timing.parameters = whole_number(*count, "params");
    }
    if (const Index* types = field_index(fields, "layers")) timing.layer_types = joined(*types);
    return timing;
  }

  // Name, value, name, value, …
  const std::vector<Index>& fields_of(const Value& object) const {
    if (object.kind != Kind::layer || object.items.empty()) fail("is not a LayerBenchmark");
    const std::vector<Index>& fields = document_[object.items.front()].items;
    if (fields.size() > 2 * max_fields) fail("has too many fields");
    return fields;
  }

  // The last field with that name, as in Python, or nullptr.
  const Index* field_index(const std::vector<Index>& fields, std::string_view name) const {
    for (std::size_t item = fields.size(); item > 0; item -= 2) {
      const Value& key = document_[fields[item - 2]];
      if (key.kind == Kind::text && key.text == name) return &fields[item - 1];
    }
    return nullptr;
  }

  const Value* field(const std::vector<Index>& fields, std::string_view name) const {
    const Index* index = field_index(fields, name);
    return index == nullptr ? nullptr : &document_[*index];
  }

  const Value* required(const std::vector<Index>& fields, std::string_view name) const {
    const Value* found = field(fields, name);
    if (found == nullptr) fail(fmt::format("has no {}", name));
    return found;
  }

  std::int64_t whole_number(const Value& value, std::string_view name) const {
    if (value.kind != Kind::integer) fail(fmt::format("{} must be a whole number", name));
    return value.integer;
  }

  int layer_number(const std::vector<Index>& fields, std::string_view name) const {
    const std::int64_t number = whole_number(*required(fields, name), name);
    if (number < 0 || number >= std::numeric_limits<int>::max()) {
      fail(fmt::format("{} is not a layer number", name));
    }
    return static_cast<int>(number);
  }

  double seconds(const Value& value) const {
    if (value.kind == Kind::integer) return static_cast<double>(value.integer);
    if (value.kind != Kind::real) fail("second_prediction must be a number");
    return value.real;
  }

  std::string joined(Index types) {
    std::string joined;
    for (const Index index : items_of_list(types)) {
      const Value& type = document_[index];
      if (type.kind != Kind::text || type.text.size() > longest_layer_type) {
        fail("layers must be names of layer types");
      }
      if (!joined.empty()) joined += ' ';
      joined += type.text;
    }
    return joined;
  }

  // Each list may be read only once, so that shared lists cannot make a small file expensive.
  const std::vector<Index>& items_of_list(Index list) {
    if (document_[list].kind != Kind::list) fail("is not a list");
    if (!lists_.insert(list).second) fail("shares a list with another value");
    return document_[list].items;
  }

  const pickle::Document& document_;
  const std::string& place_;
  std::string where_;
  std::unordered_set<Index> lists_;
  std::unordered_set<std::string_view> names_;
};

using pickle::Opcode;

constexpr int protocol = 3;

// Texts that every block repeats; their indices are their memo numbers. The class has the next one.
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

  /// The low `count` bytes in little-endian order.
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
    throw_damaged(fmt::format("model {}: an output of {} bytes is too large for a .dat",
                              model.model, timing.block.output_bytes),
                  place);
  }
}

/// Checks that the file can be read back: unique names, valid blocks, sizes that fit with a header.
void require_writable(const SystemProfile& profile) {
  const std::string place = fmt::format("profile {}-{}", profile.platform, profile.name);
  std::set<std::string> names;
  for (const ModelProfile& model : profile.models) {
    validate(model, place);
    require_sizes(model, place);
    if (model.model.empty()) throw_damaged("a model has no name", place);
    if (names.insert(clean_text(model.model)).second) continue;
    throw_damaged(fmt::format("model {}: appears twice", model.model), place);
  }
}

}  // namespace

std::vector<ModelProfile> parse_profile_dat(std::string_view bytes, const std::string& place) {
  const pickle::Document document = pickle::parse_pickle(bytes, place);
  return DatReader(document, place).read();
}

std::string format_profile_dat(const SystemProfile& profile) {
  require_writable(profile);
  return DatWriter().write(profile);
}

}  // namespace scission
