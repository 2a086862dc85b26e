// A table of benchmarked models.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/profile/profile.hpp"
#include "table.hpp"

namespace scission::apps {

/// A row a model, printed when the model is done.
class ProfileTable {
 public:
  ProfileTable();

  std::string header() const { return table_.last_row(); }

  /// Adds the model, and gives its row.
  std::string add(const ModelProfile& model);

 private:
  Table table_;
};

/// read_profiles(), with a line on stderr for every JSON file that is no profile.
std::vector<SystemProfile> read_profile_folder(const std::filesystem::path& folder);

/// "+0.8 % (−0.4…+1.9)": the sum of the blocks against the whole model, with its 95 % interval
/// where that is known.
std::string difference_text(const ModelProfile& model);

}  // namespace scission::apps
