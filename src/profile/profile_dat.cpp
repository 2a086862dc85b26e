// The original's profile: a pickled dict of model name to list of LayerBenchmark.
#include <fmt/format.h>

#include <limits>
#include <unordered_set>

#include "profile/pickle.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission {
namespace {

using pickle::Index;
using pickle::Kind;
using pickle::Value;

// Texts are shared within a pickle, so that a small file could otherwise ask for very long ones.
constexpr std::size_t longest_layer_type = 100;
constexpr std::size_t most_fields = 32;

class DatReader {
 public:
  DatReader(const pickle::Document& document, const std::string& place)
      : document_(document), place_(place) {}

  std::vector<ModelProfile> read() {
    const Value& root = document_[document_.root];
    if (root.kind != Kind::dict) fail("is a pickle, but not of a dict of models");
    std::vector<ModelProfile> models;
    for (std::size_t item = 0; item < root.items.size(); item += 2) {
      models.push_back(read_model(document_[root.items[item]], root.items[item + 1]));
      validate(models.back(), place_);
    }
    return models;
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::damaged, where_.empty() ? fault : where_ + ": " + fault, place_);
  }

  ModelProfile read_model(const Value& name, Index blocks) {
    if (name.kind != Kind::text || name.text.empty()) fail("a model's name is no text");
    ModelProfile profile;
    profile.model = name.text;
    where_ = "model " + pickle::printable(name.text);
    if (!names_.insert(name.text).second) fail("is there twice");
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
    if (object.kind != Kind::layer || object.items.empty()) fail("is no LayerBenchmark");
    const std::vector<Index>& fields = document_[object.items.front()].items;
    if (fields.size() > 2 * most_fields) fail("has too many fields");
    return fields;
  }

  // The last one of that name counts, as in Python; nullptr when there is none.
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
      fail(fmt::format("{} is no layer's number", name));
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

  // Each list is read once: reading a shared one again and again could cost without bound.
  const std::vector<Index>& items_of_list(Index list) {
    if (document_[list].kind != Kind::list) fail("is no list where there should be one");
    if (!lists_.insert(list).second) fail("shares a list with another");
    return document_[list].items;
  }

  const pickle::Document& document_;
  const std::string& place_;
  std::string where_;
  std::unordered_set<Index> lists_;
  std::unordered_set<std::string_view> names_;
};

}  // namespace

std::vector<ModelProfile> parse_profile_dat(std::string_view bytes, const std::string& place) {
  const pickle::Document document = pickle::load(bytes, place);
  return DatReader(document, place).read();
}

}  // namespace scission
