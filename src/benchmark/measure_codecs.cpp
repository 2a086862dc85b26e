#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "benchmark/output_effect.hpp"
#include "scission/benchmark.hpp"

namespace scission {
namespace {

using Tensors = std::vector<Tensor>;

/// What was seen of one codec at one cut.
struct CodecSeries {
  std::vector<double> bytes;  ///< per input
  std::vector<double> encode_s;
  std::vector<double> decode_s;
  double error = 0;
  double cosine = 1;
  int agreeing = 0;
  int correct = 0;
  bool was_coded = false;
  std::string fault;  ///< why it has no figures; empty: it has
};

/// A coded tensor each, decoded again.
struct CodedCut {
  std::vector<CodedTensor> coded;
  Tensors decoded;
  std::vector<double> encode_s;
  std::vector<double> decode_s;

  double bytes() const {
    double sum = 0;
    for (const CodedTensor& one : coded) sum += static_cast<double>(one.tensor.bytes.size);
    return sum;
  }
  bool was_coded() const {
    return std::any_of(coded.begin(), coded.end(),
                       [](const CodedTensor& one) { return !one.codec.empty(); });
  }
};

bool are_equal(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.bytes.view() == y.bytes.view();
  });
}

/// The output of the model for the decoded tensors of a cut, compared with that of the input.
struct Outcome {
  OutputEffect effect;
  bool agrees = true;
  bool is_correct = false;
  std::string fault;
};

/// The run of one input without codecs.
struct Reference {
  std::vector<Tensors> crossing;  ///< at each cut that the input comes to; 0: the model's input
  Tensors output;
  std::vector<std::int64_t> largest;
  std::optional<std::int64_t> label;
  std::optional<CodedTensor> picture;

  bool is_correct(const std::vector<std::int64_t>& answer) const {
    return label && std::all_of(answer.begin(), answer.end(),
                                [&](std::int64_t largest_one) { return largest_one == *label; });
  }
};

class CodecMeasurer {
 public:
  CodecMeasurer(const std::vector<ChainStage>& chain, int inputs, const CodecOptions& options)
      : chain_(chain),
        options_(options),
        inputs_(inputs),
        rounds_((options.min_rounds + inputs - 1) / inputs),
        clock_(options.clock ? options.clock : steady_now_s),
        series_(chain.size() + 1, std::vector<CodecSeries>(options.codecs.size())),
        start_s_(steady_now_s()) {}

  void measure(CalibrationInput input) {
    const Reference reference = run_reference(std::move(input));
    if (reference.label) ++labels_;
    if (reference.is_correct(reference.largest)) ++correct_;
    for (std::size_t cut = 0; cut < reference.crossing.size(); ++cut) measure_cut(cut, reference);
    ++done_;
  }

  CodecMeasurement result() const {
    CodecMeasurement result;
    result.inputs = inputs_;
    if (labels_ == inputs_) result.accuracy = share(correct_, inputs_);
    for (std::size_t cut = 0; cut < series_.size(); ++cut) {
      for (std::size_t codec = 0; codec < options_.codecs.size(); ++codec) {
        const CodecSeries& series = series_[cut][codec];
        if (series.was_coded && series.fault.empty()) {
          result.codecs.push_back(timing_of(cut, codec));
        }
      }
    }
    result.notes = notes();
    return result;
  }

 private:
  // --- Running ---

  /// Runs the stages from `first` on, and calls `at_cut` with what crosses each cut behind them.
  template <typename AtCut>
  Tensors run_from(std::size_t first, Tensors tensors, AtCut at_cut) const {
    for (std::size_t stage = first; stage < chain_.size(); ++stage) {
      tensors = chain_[stage].model->run(std::move(tensors));
      if (auto early = early_answer(chain_[stage].exits, tensors)) return *std::move(early);
      at_cut(tensors);
    }
    return tensors;
  }

  Reference run_reference(CalibrationInput input) const {
    Reference reference;
    reference.label = input.label;
    reference.picture = std::move(input.picture);
    reference.crossing.push_back(input.tensors);
    reference.output = run_from(0, std::move(input.tensors), [&](const Tensors& tensors) {
      reference.crossing.push_back(tensors);
    });
    reference.largest = largest_elements(reference.output);
    const std::int64_t classes = class_count(reference.output);
    if (reference.label && *reference.label >= classes) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("{} is the label of an input, and the model has {} classes, from 0",
                              *reference.label, classes),
                  "labels");
    }
    return reference;
  }

  Outcome run_rest(std::size_t cut, const Tensors& decoded, const Reference& reference) const {
    try {
      const Tensors output = run_from(cut, decoded, [](const Tensors&) {});
      const std::vector<std::int64_t> largest = largest_elements(output);
      Outcome outcome{compare_outputs(output, reference.output),
                      largest == reference.largest,
                      reference.is_correct(largest),
                      {}};
      if (!std::isfinite(outcome.effect.error)) {
        outcome.fault = "an output has another shape, or is infinite or no number";
      }
      return outcome;
    } catch (const Error& error) {
      return {{}, false, false, error.message()};
    }
  }

  // --- One cut of one input ---

  void measure_cut(std::size_t cut, const Reference& reference) {
    const Tensors& tensors = reference.crossing[cut];
    std::vector<std::pair<Tensors, Outcome>> known;  // codecs often decode to equal tensors
    known.emplace_back(tensors, Outcome{{}, true, reference.is_correct(reference.largest), {}});
    for (std::size_t index = 0; index < options_.codecs.size(); ++index) {
      CodecSeries& series = series_[cut][index];
      if (!series.fault.empty()) continue;
      const Codec& codec = *options_.codecs[index];
      const CodedCut coded = code(codec, tensors, cut == 0 ? reference.picture : std::nullopt);
      add_sizes(coded, series);
      const Outcome& outcome = outcome_of(cut, coded.decoded, reference, known);
      if (codec.is_lossless() && &outcome != &known.front().second) {
        throw Error(ErrorCode::mismatch, "is said to be lossless, and changes a tensor",
                    "codec " + codec.name());
      }
      add_outcome(outcome, series);
      show_progress(cut);
    }
  }

  CodedCut code(const Codec& codec, const Tensors& tensors,
                const std::optional<CodedTensor>& picture) const {
    CodedCut cut;
    const bool is_sent_as_file = picture && picture->codec == codec.name();
    for (int round = 0; round < rounds_; ++round) {
      cut.coded.clear();
      const double start_s = clock_();
      if (is_sent_as_file) {
        cut.coded.push_back(*picture);
      } else {
        for (const Tensor& tensor : tensors) cut.coded.push_back(encode_tensor(codec, tensor));
      }
      const double encoded_s = clock_();
      cut.encode_s.push_back(is_sent_as_file ? 0 : encoded_s - start_s);
      if (!cut.was_coded()) break;
      cut.decoded.clear();
      const double decode_start_s = clock_();
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        cut.decoded.push_back(
            decode_tensor(cut.coded[i], static_cast<std::int64_t>(tensors[i].bytes.size)));
      }
      cut.decode_s.push_back(clock_() - decode_start_s);
    }
    if (!cut.was_coded()) cut.decoded = tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) cut.decoded[i].name = tensors[i].name;
    return cut;
  }

  const Outcome& outcome_of(std::size_t cut, const Tensors& decoded, const Reference& reference,
                            std::vector<std::pair<Tensors, Outcome>>& known) const {
    for (const auto& [tensors, outcome] : known) {
      if (are_equal(tensors, decoded)) return outcome;
    }
    known.emplace_back(decoded, run_rest(cut, decoded, reference));
    return known.back().second;
  }

  static void add_sizes(const CodedCut& coded, CodecSeries& series) {
    series.was_coded = series.was_coded || coded.was_coded();
    series.bytes.push_back(coded.bytes());
    series.encode_s.insert(series.encode_s.end(), coded.encode_s.begin(), coded.encode_s.end());
    series.decode_s.insert(series.decode_s.end(), coded.decode_s.begin(), coded.decode_s.end());
  }

  static void add_outcome(const Outcome& outcome, CodecSeries& series) {
    series.fault = outcome.fault;
    series.error = std::max(series.error, outcome.effect.error);
    series.cosine = std::min(series.cosine, outcome.effect.cosine);
    if (outcome.agrees) ++series.agreeing;
    if (outcome.is_correct) ++series.correct;
  }

  // --- Results ---

  static double share(int part, int all) { return static_cast<double>(part) / all; }

  CodecTiming timing_of(std::size_t cut, std::size_t codec) const {
    const CodecSeries& series = series_[cut][codec];
    const auto inputs = static_cast<int>(series.bytes.size());
    CodecTiming timing;
    timing.codec = options_.codecs[codec]->name();
    timing.last_layer = last_layer(cut);
    for (const double bytes : series.bytes) timing.bytes += bytes / inputs;
    timing.bytes_p95 = quantile(series.bytes, 0.95);
    const Summary encode = summarise(series.encode_s);
    const Summary decode = summarise(series.decode_s);
    timing.encode_seconds = encode.median;
    timing.encode_interval = encode.interval;
    timing.decode_seconds = decode.median;
    timing.decode_interval = decode.interval;
    timing.error = series.error;
    timing.cosine = series.cosine;
    timing.agreement = share(series.agreeing, inputs);
    if (labels_ == inputs_) timing.accuracy = share(series.correct, inputs);
    return timing;
  }

  int last_layer(std::size_t cut) const { return cut == 0 ? -1 : chain_[cut - 1].last_layer; }

  /// "int4 has no figures at 3 cuts, first after layer 12: …"
  std::vector<std::string> notes() const {
    std::vector<std::string> all;
    for (std::size_t codec = 0; codec < options_.codecs.size(); ++codec) {
      int count = 0;
      std::string first;
      for (std::size_t cut = 0; cut < series_.size(); ++cut) {
        const std::string& fault = series_[cut][codec].fault;
        if (fault.empty()) continue;
        if (++count > 1) continue;
        first = cut == 0 ? "at the input: " : fmt::format("after layer {}: ", last_layer(cut));
        first += fault;
      }
      if (count == 0) continue;
      all.push_back(fmt::format("{} has no figures at {} of {} cuts, first {}",
                                options_.codecs[codec]->name(), count, series_.size(), first));
    }
    return all;
  }

  // --- Progress ---

  /// Cuts near the input take longest: more has to run behind them.
  void show_progress(std::size_t cut) {
    const auto cuts = static_cast<double>(series_.size());
    const double elapsed_s = steady_now_s() - start_s_;
    if (!options_.on_progress) return;
    const double left = (cuts - static_cast<double>(cut)) / cuts;
    const double within = 1 - left * left;
    const double fraction = (done_ + within) / inputs_;
    const double remaining_s = fraction > 0 ? elapsed_s / fraction - elapsed_s : 0;
    options_.on_progress({done_, inputs_, elapsed_s, remaining_s});
  }

  const std::vector<ChainStage>& chain_;
  const CodecOptions& options_;
  const int inputs_;
  const int rounds_;  ///< of each input
  const std::function<double()> clock_;
  std::vector<std::vector<CodecSeries>> series_;  ///< [cut][codec]; cut 0: the model's input
  const double start_s_;
  int done_ = 0;
  int labels_ = 0;
  int correct_ = 0;
};

}  // namespace

CodecMeasurement measure_codecs(const std::vector<ChainStage>& chain, int inputs,
                                const std::function<CalibrationInput(int index)>& read,
                                const CodecOptions& options) {
  require_option(inputs >= 1, "inputs", "must be 1 or more");
  require_option(options.min_rounds >= 1, "min_rounds", "must be 1 or more");
  require_option(!chain.empty(), "chain", "must have a stage");
  CodecMeasurer measurer(chain, inputs, options);
  for (int index = 0; index < inputs; ++index) measurer.measure(read(index));
  return measurer.result();
}

void add_codecs(const CodecMeasurement& result, ModelProfile& profile) {
  if (profile.codec_inputs != result.inputs) {
    profile.codecs.clear();
    profile.accuracy.reset();
  }
  for (const CodecTiming& timing : result.codecs) {
    std::erase_if(profile.codecs,
                  [&](const CodecTiming& earlier) { return earlier.codec == timing.codec; });
  }
  profile.codecs.insert(profile.codecs.end(), result.codecs.begin(), result.codecs.end());
  std::stable_sort(profile.codecs.begin(), profile.codecs.end(),
                   [](const CodecTiming& a, const CodecTiming& b) {
                     return std::tie(a.last_layer, a.codec) < std::tie(b.last_layer, b.codec);
                   });
  profile.codec_inputs = result.inputs;
  if (result.accuracy) profile.accuracy = result.accuracy;
}

bool has_codecs(const ModelProfile& profile, const std::vector<const Codec*>& codecs, int inputs) {
  if (profile.codec_inputs != inputs) return false;
  return std::all_of(codecs.begin(), codecs.end(), [&](const Codec* codec) {
    return std::any_of(profile.codecs.begin(), profile.codecs.end(),
                       [&](const CodecTiming& timing) { return timing.codec == codec->name(); });
  });
}

}  // namespace scission
