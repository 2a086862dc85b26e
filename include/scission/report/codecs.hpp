// What codecs do to a model, as text and as a picture; HtmlReport shows both.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"
#include "scission/report/text.hpp"

namespace scission {

/// A codec over all cuts of a model for which the profile has figures, without the model's input
/// and its end. Medians are over the cuts.
struct SCISSION_EXPORT CodecSummary {
  std::string codec;
  int cuts = 0;
  double size_ratio = 1;  ///< median of the bytes ÷ those that cross without a codec
  double encode_s = 0;    ///< median
  double decode_s = 0;    ///< median
  double error = 0;       ///< median
  double max_error = 0;
  double agreement = 1;  ///< median
  double min_agreement = 1;
  std::optional<double> accuracy = {};  ///< median; empty: no labels
};

/// By size ratio, the smallest first, and then by error. O(blocks + codecs · log codecs).
SCISSION_EXPORT std::vector<CodecSummary> summarise_codecs(const ModelProfile& profile);

/// A cut of a model, and the codecs that make the least of it.
struct SCISSION_EXPORT CutSummary {
  int last_layer = 0;
  double head_weight_bytes = 0;                    ///< of the blocks before the cut; 0 if unknown
  double raw_bytes = 0;                            ///< that cross without a codec
  const CodecTiming* smallest_lossless = nullptr;  ///< null: none was measured
  const CodecTiming* smallest = nullptr;           ///< of those with the agreement that was asked
};

/// Of the cuts at which a codec was measured, in order, without the model's input; valid as long as
/// the profile. A codec of error 0 counts as lossless. O(blocks + codecs · log codecs).
SCISSION_EXPORT std::vector<CutSummary> summarise_cuts(const ModelProfile& profile,
                                                       double min_agreement = 0.99);

/// "The input as the JPEG file that it came in: 57.8 kB, decoded in 3.1 ms."; empty where the
/// profile has no such figure.
SCISSION_EXPORT std::string picture_sentence(const ModelProfile& profile);

/// A table with a row for each codec, and picture_sentence(); empty if none was measured.
SCISSION_EXPORT std::string format_codecs(const ModelProfile& profile, TextWidth width = {});

/// Draws FOLDER/STEM.png, .svg and .gp: what crosses each cut, a line for each codec that no other
/// one beats in both the size and the error of its summary, and one without a codec; the error is
/// the colour of the points. Throws as draw_block_times() does, and Error(invalid_argument) for a
/// profile without codecs.
SCISSION_EXPORT void draw_codecs(const ModelProfile& profile, const std::filesystem::path& folder,
                                 const std::string& stem);

}  // namespace scission
