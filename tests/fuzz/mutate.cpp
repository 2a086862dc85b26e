#include "mutate.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace scission::fuzz {
namespace {

constexpr std::size_t longest_input = 1 << 16;
constexpr std::size_t longest_part = 64;

std::size_t below(std::size_t bound, std::mt19937_64& random) {
  return bound == 0 ? 0 : random() % bound;
}

const std::string& any_of(const std::vector<std::string>& texts, std::mt19937_64& random) {
  return texts[below(texts.size(), random)];
}

std::string part_of(const std::string& text, std::mt19937_64& random) {
  const std::size_t from = below(text.size() + 1, random);
  return text.substr(from, below(longest_part, random));
}

void flip_bit(std::string& input, std::mt19937_64& random) {
  if (input.empty()) return;
  input[below(input.size(), random)] ^= static_cast<char>(1 << below(8, random));
}

// Ends of ranges are likelier to matter than what lies between.
void set_byte(std::string& input, std::mt19937_64& random) {
  constexpr std::uint8_t ends[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  if (input.empty()) return;
  const std::uint8_t byte = below(2, random) == 0 ? ends[below(std::size(ends), random)]
                                                  : static_cast<std::uint8_t>(random());
  input[below(input.size(), random)] = static_cast<char>(byte);
}

void insert(std::string& input, const std::string& part, std::mt19937_64& random) {
  input.insert(below(input.size() + 1, random), part);
}

void replace(std::string& input, const std::string& part, std::mt19937_64& random) {
  const std::size_t at = below(input.size() + 1, random);
  input.replace(at, part.size(), part);
}

void mutate_once(std::string& input, const Material& material, std::mt19937_64& random) {
  switch (below(material.dictionary.empty() ? 7 : 9, random)) {
    case 0:
      return flip_bit(input, random);
    case 1:
      return set_byte(input, random);
    case 2:
      return input.resize(below(input.size() + 1, random));
    case 3:
      return insert(input, part_of(any_of(material.corpus, random), random), random);
    case 4:
      return replace(input, part_of(any_of(material.corpus, random), random), random);
    case 5:
      return insert(input, part_of(input, random), random);
    case 6:
      input.erase(below(input.size() + 1, random), below(longest_part, random));
      return;
    case 7:
      return insert(input, any_of(material.dictionary, random), random);
    default:
      return replace(input, any_of(material.dictionary, random), random);
  }
}

}  // namespace

std::string mutated(const Material& material, std::mt19937_64& random) {
  std::string input = any_of(material.corpus, random);
  const std::size_t times = 1 + below(8, random);
  for (std::size_t time = 0; time < times; ++time) mutate_once(input, material, random);
  input.resize(std::min(input.size(), longest_input));
  return input;
}

}  // namespace scission::fuzz
