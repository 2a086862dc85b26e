// A query taken apart into single constraints, any of which can be left out or eased.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scission/search/search.hpp"
#include "search/limit_text.hpp"

namespace scission {

/// What a search is asked. The problem is a part of it: systems limit their own memory.
struct Question {
  PartitionProblem problem;
  Query query;
};

/// The number in a constraint that has one.
struct AtomLimit {
  double value = 0;  ///< as asked
  LimitUnit unit = LimitUnit::seconds;
  /// Puts the constraint, with this limit, into a question.
  std::function<void(Question&, double)> add;
  /// What a plan needs the limit to be.
  std::function<double(const Question&, const Plan&)> need;
  /// The measure whose least amount is the least limit, where the limit is one on a measure.
  std::optional<Metric> measure = {};
};

/// One constraint.
struct ConstraintAtom {
  std::string text;  ///< "layer 7 on device"; up to its number where it has one: "latency at most "
  std::string tail = {};                    ///< what follows the number: " of the compute time"
  std::function<void(Question&)> add = {};  ///< puts it into a question; unless it has a limit
  std::optional<AtomLimit> limit = {};

  void put_into(Question& question) const;
  std::string full_text() const;
  std::string text_rounded_up(double value) const;  ///< for that other limit
};

ConstraintAtom limited_atom(std::string text, AtomLimit limit, std::string tail = {});

/// All the constraints, in the order of Query's fields, the systems' own memory last. Adding them
/// to without_constraints() gives the question back.
std::vector<ConstraintAtom> constraint_atoms(const Question& question);

Question without_constraints(const Question& question);

}  // namespace scission
