// A table of benchmarked models.
#pragma once

#include <string>
#include <vector>

#include "base/text_table.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"

namespace scission::apps {

/// A row a model, printed when the model is done.
class ProfileTable {
 public:
  ProfileTable();

  std::string header() const { return table_.last_row(); }

  /// Adds the model, and gives its row.
  std::string add(const ModelProfile& model);

 private:
  text::Table table_;
};

/// "+0.8 % (−0.4…+1.9)": the sum of the blocks against the whole model, with its 95 % interval
/// where that is known.
std::string difference_text(const ModelProfile& model);

/// What is printed below the table.
struct AssessmentLines {
  std::string fine;                   ///< the models without a warning; may be empty
  std::vector<std::string> warnings;  ///< one for each kind, with its models and what to do
  std::string verdict;
};
AssessmentLines assessment_lines(const MeasurementAssessment& assessment);

}  // namespace scission::apps
