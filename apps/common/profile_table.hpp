// A table of benchmarked models.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "scission/measure/judgement.hpp"
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

/// "+0.8 % (−0.4…+1.9)": the sum of the blocks against the whole model, with its 95 % interval
/// where that is known.
std::string difference_text(const ModelProfile& model);

/// Below the table: which models are fine, a line for each kind of doubt with its models and what to
/// do, and the verdict; at most `width` characters wide.
std::string judgement_text(const MeasurementJudgement& judgement, std::optional<std::size_t> width);

}  // namespace scission::apps
