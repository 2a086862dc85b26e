// Options as the original programs spell them. Their parser is Python's argparse: an option may be
// shortened to any prefix that no other option shares, long names may follow a single dash, and a
// yes or no is a value.
#pragma once

#include <cxxopts.hpp>
#include <string>
#include <vector>

#include "command_line.hpp"

namespace scission::apps {

/// An option of an original program, and what it means to a tool here.
struct OriginalOption {
  enum class Kind {
    value,       ///< "-repeats 3" is "--repetitions 3"
    boolean,     ///< "-dc True" is "--disable-cuda", "-dc False" is nothing, "-dc" is as here: true
    argument,    ///< "-m vgg16" is the positional argument "vgg16"
    no_value,    ///< "--hel" is "--help"
    no_meaning,  ///< "-s False" is nothing, and `remark` is said
  };

  Words spellings;  ///< with their dashes, {"-r", "-repeats"}
  Kind kind = Kind::value;
  std::string option = {};  ///< the long name here, without dashes
  std::string remark = {};
};

/// The options of each program of the original (github.com/qub-blesson/Scission) and of its fork
/// (github.com/gabrielecastellano/Scission), which has all of the original's:
/// scission_benchmark.py, scission_predict.py and plot_models.py.
std::vector<OriginalOption> benchmark_originals();
std::vector<OriginalOption> predict_originals();
std::vector<OriginalOption> graph_originals();

struct TranslatedWords {
  Words words;
  Words remarks;  ///< one for each option without a meaning that was given, however often
};

/// The command line `words`, whose first is the program, with the originals' spellings replaced by
/// those of `own`. Options of `own` that are spelled in full stay as they are, and so does what no
/// original knows. A word after a boolean option is its value only where it reads as one: yes, no,
/// true, false, t, f, y, n, 1 or 0, in any case. Without a value such an option must be spelled in
/// full.
///
/// Throws Error(invalid_argument) with the word as place for a prefix that several options share,
/// and for "--disablecuda=VALUE" whose value is not a yes or no.
TranslatedWords translate_originals(const std::vector<OriginalOption>& originals,
                                    const cxxopts::Options& own, const Words& words);

}  // namespace scission::apps
