// Changing an input a little, at random.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace scission::fuzz {

/// What mutations draw from: whole inputs, and words that the format knows.
struct Material {
  std::vector<std::string> corpus;  ///< not empty
  std::vector<std::string> dictionary;
};

/// One of the corpus, changed in one to eight places: bytes flipped or replaced, parts cut out,
/// repeated or spliced in from another input, words inserted, the end cut off. At most a few times
/// as long as the corpus' longest.
std::string mutated(const Material& material, std::mt19937_64& random);

}  // namespace scission::fuzz
