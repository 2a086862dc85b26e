#include "torchscript/trace/batch_numbers.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "torchscript/ops/rules.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;

const Names size_readers = {"aten::size",     "aten::numel",     "aten::len",    "prim::shape",
                            "aten::sym_size", "aten::sym_numel", "prim::nbytes", "aten::stride"};

const Names cutters = {"aten::split",        "aten::chunk",        "aten::unsafe_split",
                       "aten::unsafe_chunk", "aten::tensor_split", "aten::array_split"};

const Names rounding_windows = {"aten::unfold",
                                "aten::im2col",
                                "aten::stft",
                                "aten::conv1d",
                                "aten::conv2d",
                                "aten::conv3d",
                                "aten::_convolution",
                                "aten::convolution",
                                "aten::max_pool1d",
                                "aten::max_pool2d",
                                "aten::max_pool3d",
                                "aten::avg_pool1d",
                                "aten::avg_pool2d",
                                "aten::avg_pool3d",
                                "aten::max_pool2d_with_indices",
                                "aten::upsample_nearest1d",
                                "aten::upsample_nearest2d",
                                "aten::upsample_linear1d",
                                "aten::upsample_bilinear2d",
                                "aten::upsample_bicubic2d"};

// Their result has the shape of an argument that none of the others is larger than.
const Names pointwise = {"aten::add",     "aten::add_",       "aten::sub",     "aten::sub_",
                         "aten::mul",     "aten::mul_",       "aten::div",     "aten::div_",
                         "aten::where",   "aten::pow",        "aten::addcmul", "aten::maximum",
                         "aten::minimum", "aten::masked_fill"};

const Names copies_number = {"prim::NumToTensor",
                             "aten::Int",
                             "aten::IntImplicit",
                             "aten::item",
                             "aten::ScalarImplicit",
                             "aten::alias",
                             "aten::detach",
                             "aten::clone",
                             "aten::view",
                             "aten::reshape",
                             "aten::unsqueeze",
                             "aten::squeeze",
                             "aten::scalar_tensor",
                             "aten::tensor",
                             "aten::as_tensor",
                             "prim::unchecked_cast",
                             "aten::to"};

// Of floating-point numbers: as smooth as their arguments.
const Names smooth = {
    "aten::add",        "aten::sub",         "aten::mul",   "aten::div",    "aten::neg",
    "aten::sqrt",       "aten::pow",         "aten::Float", "aten::log",    "aten::exp",
    "aten::reciprocal", "aten::true_divide", "aten::rsqrt", "aten::log10",  "aten::FloatImplicit",
    "aten::to",         "prim::NumToTensor", "aten::item",  "aten::tensor", "aten::log1p"};

/// What is known of a number as a function of the batch.
struct AffineForm {
  bool varies = false;     ///< with the batch
  bool is_linear = false;  ///< slope · batch + offset, exactly, for every batch
  std::int64_t slope = 0;
  std::int64_t offset = 0;
  bool is_clamped = false;  ///< of a tensor: its shape may be another function than it seems
};

AffineForm linear(std::int64_t slope, std::int64_t offset) {
  return {slope != 0, true, slope, offset, false};
}

AffineForm unknown() { return {true, false, 0, 0, false}; }

// The sign of a linear number where it is the same for every batch from 1 on.
std::optional<int> sign_of(const AffineForm& form) {
  const std::int64_t first = form.slope + form.offset;  // with batch 1
  if (form.slope == 0) return (first > 0) - (first < 0);
  if (first > 0 && form.slope > 0) return 1;
  if (first < 0 && form.slope < 0) return -1;
  return std::nullopt;
}

bool is_never_zero(const AffineForm& form) {
  if (form.slope == 0) return form.offset != 0;
  return form.offset % form.slope != 0 || -form.offset / form.slope < 1;
}

bool is_at_least_zero(const AffineForm& form) {
  return form.is_linear && form.slope >= 0 && form.slope + form.offset >= 0;
}

AffineForm difference(const AffineForm& a, const AffineForm& b) {
  return linear(a.slope - b.slope, a.offset - b.offset);
}

AffineForm sum(const AffineForm& a, const AffineForm& b) {
  return linear(a.slope + b.slope, a.offset + b.offset);
}

// The integer by which `part` has to be multiplied to give `whole`, for every batch.
std::optional<std::int64_t> multiple(const AffineForm& whole, const AffineForm& part) {
  if (!whole.is_linear || !part.is_linear) return std::nullopt;
  const std::int64_t divisor = part.slope != 0 ? part.slope : part.offset;
  const std::int64_t dividend = part.slope != 0 ? whole.slope : whole.offset;
  if (divisor == 0 || dividend % divisor != 0) return std::nullopt;
  const std::int64_t factor = dividend / divisor;
  if (whole.slope != factor * part.slope || whole.offset != factor * part.offset) {
    return std::nullopt;
  }
  return factor;
}

std::int64_t floor_of(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// Goes through the logs step by step.
class Analysis {
 public:
  Analysis(const std::vector<const NumberLog*>& logs, const std::vector<std::int64_t>& batches)
      : logs_(logs), batches_(batches) {}

  bool holds() {
    for (const NumberLog* log : logs_) {
      if (log->size() != logs_[0]->size()) return false;
    }
    for (step_ = 0; step_ < logs_[0]->size(); ++step_) {
      if (!is_alike() || !follow()) return false;
    }
    return true;
  }

 private:
  using Items = std::vector<NumberItem>;

  const NumberStep& step(std::size_t log = 0) const { return (*logs_[log])[step_]; }

  // Whether all batches run the same operation on the same results and the same constants.
  bool is_alike() const {
    const NumberStep& ours = step();
    for (std::size_t log = 1; log < logs_.size(); ++log) {
      const NumberStep& theirs = step(log);
      if (ours.operation != theirs.operation || ours.inputs.size() != theirs.inputs.size() ||
          ours.outputs.size() != theirs.outputs.size()) {
        return false;
      }
      for (std::size_t i = 0; i < ours.inputs.size(); ++i) {
        if (!std::equal(ours.inputs[i].begin(), ours.inputs[i].end(), theirs.inputs[i].begin(),
                        theirs.inputs[i].end(), is_same_argument)) {
          return false;
        }
      }
      for (std::size_t i = 0; i < ours.outputs.size(); ++i) {
        if (ours.outputs[i].is_tensor != theirs.outputs[i].is_tensor ||
            ours.outputs[i].is_data != theirs.outputs[i].is_data ||
            ours.outputs[i].shape.size() != theirs.outputs[i].shape.size()) {
          return false;
        }
      }
    }
    return true;
  }

  static bool is_same_argument(const NumberItem& a, const NumberItem& b) {
    if (a.number != b.number || a.is_tensor != b.is_tensor || a.is_data != b.is_data) return false;
    if (a.shape.size() != b.shape.size()) return false;
    return a.number >= 0 || a.is_data || a.value.isNone() || a.value == b.value;
  }

  // Appends the forms of the step's results; false when they may not hold for every batch.
  bool follow() {
    const NumberStep& now = step();
    const std::string_view name = name_of(*now.operation);
    bool varies = false;  // of what does not depend on data
    bool is_clamped = false;
    for (const Items& items : now.inputs) {
      for (const NumberItem& item : items) {
        const AffineForm form = form_of(item);
        varies = varies || (form.varies && !item.is_data);
        is_clamped = is_clamped || form.is_clamped;
      }
    }
    if (now.chooses) return !varies;
    if (size_readers.contains(name)) return read_sizes(is_clamped);
    if (cutters.contains(name) && !cuts_alike(name)) return false;
    is_clamped = (is_clamped && !is_pointwise_on_known(name)) || clamps(name, varies);
    if (now.writes && varies && !now.outputs.empty() && !now.outputs[0].is_data) return false;
    for (std::size_t i = 0; i < now.outputs.size(); ++i) {
      if (!add_result(name, i, varies, is_clamped)) return false;
    }
    return true;
  }

  bool add_result(std::string_view name, std::size_t place, bool varies, bool is_clamped) {
    const NumberItem& item = step().outputs[place];
    AffineForm form;
    if (!item.is_data) {
      const bool is_number = is_single(place);
      if (!varies) {
        form = is_number && item.value.isInt() ? linear(0, item.value.toInt()) : AffineForm{};
      } else if (!is_number || item.value.isString()) {
        form = unknown();
      } else {
        const auto found = number_form(name, place);
        if (!found) return false;
        form = *found;
      }
    }
    form.is_clamped = is_clamped && item.is_tensor;
    forms_.push_back(form);
    return true;
  }

  // Whether the result is a number, or a tensor with one element, for every batch.
  bool is_single(std::size_t place) const {
    for (std::size_t log = 0; log < logs_.size(); ++log) {
      const NumberItem& item = step(log).outputs[place];
      if (item.is_tensor && item.value.isNone()) return false;
    }
    return true;
  }

  AffineForm form_of(const NumberItem& item) const {
    if (item.number >= 0) return forms_.at(item.number);
    if (!item.is_data && item.value.isInt()) return linear(0, item.value.toInt());
    return {};
  }

  // Of the operation's argument, a single number.
  std::optional<AffineForm> argument(std::size_t place) const {
    if (place >= step().inputs.size() || step().inputs[place].size() != 1) return std::nullopt;
    return form_of(step().inputs[place][0]);
  }

  std::optional<AffineForm> linear_argument(std::size_t place) const {
    auto form = argument(place);
    if (form && !form->is_linear) form.reset();
    return form;
  }

  // The linear function that gives these numbers.
  std::optional<AffineForm> fit(const std::vector<std::int64_t>& numbers) const {
    AffineForm form = linear(0, numbers[0]);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
      const std::int64_t run = batches_[i] - batches_[0];
      const std::int64_t rise = numbers[i] - numbers[0];
      if (run == 0) continue;
      if (rise % run != 0) return std::nullopt;
      form = linear(rise / run, numbers[0] - rise / run * batches_[0]);
      break;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (form.slope * batches_[i] + form.offset != numbers[i]) return std::nullopt;
    }
    return form;
  }

  // Sizes are linear where they fit, unless something on the way has clamped or rounded them.
  bool read_sizes(bool is_clamped) {
    for (std::size_t place = 0; place < step().outputs.size(); ++place) {
      if (step().outputs[place].is_data) {  // is no constant anywhere
        forms_.emplace_back();
        continue;
      }
      std::vector<std::int64_t> numbers;
      for (std::size_t log = 0; log < logs_.size(); ++log) {
        const c10::IValue& value = step(log).outputs[place].value;
        if (value.isInt()) numbers.push_back(value.toInt());
      }
      if (numbers.size() != logs_.size()) return false;
      if (is_clamped) return false;
      forms_.push_back(fit(numbers).value_or(unknown()));
    }
    return true;
  }

  // Of the tensor that is the first argument.
  std::optional<AffineForm> dimension_of_first(std::int64_t dimension) const {
    std::vector<std::int64_t> sizes;
    for (std::size_t log = 0; log < logs_.size(); ++log) {
      const Items& items = step(log).inputs.at(0);
      if (items.empty()) return std::nullopt;
      const auto& shape = items[0].shape;
      const auto rank = static_cast<std::int64_t>(shape.size());
      const std::int64_t place = dimension < 0 ? dimension + rank : dimension;
      if (place < 0 || place >= rank) return std::nullopt;
      sizes.push_back(shape[place]);
    }
    return fit(sizes);
  }

  std::optional<std::int64_t> constant_argument(std::size_t place) const {
    const auto form = linear_argument(place);
    if (!form || form->varies) return std::nullopt;
    return form->offset;
  }

  // Whether split() and chunk() give as many pieces for every batch.
  bool cuts_alike(std::string_view name) {
    const Items& cut = step().inputs.at(0);  // of data, the pieces are not taken apart
    if (cut.empty() || !cut[0].is_tensor || step().outputs.empty()) return true;
    const auto dimension = constant_argument(2);
    const auto whole = dimension ? dimension_of_first(*dimension) : std::nullopt;
    if (!whole) return false;
    if (step().inputs.at(1).size() != 1) return true;  // by sizes, which have to add up
    const auto part = linear_argument(1);
    if (!part) return false;
    if (!whole->varies && !part->varies) return true;
    if (name == "aten::tensor_split" || name == "aten::array_split") return !part->varies;
    if (name == "aten::split" || name == "aten::unsafe_split") {
      return multiple(*whole, *part).has_value();
    }
    return !part->varies && part->offset != 0 && whole->offset == 0 &&
           whole->slope % part->offset == 0;
  }

  bool is_pointwise_on_known(std::string_view name) const {
    if (!pointwise.contains(name) || step().outputs.size() != 1) return false;
    for (std::size_t i = 0; i < step().inputs.size(); ++i) {
      if (step().inputs[i].size() != 1) continue;
      const NumberItem& item = step().inputs[i][0];
      if (!item.is_tensor || form_of(item).is_clamped) continue;
      bool same = true;
      for (std::size_t log = 0; same && log < logs_.size(); ++log) {
        same = step(log).inputs[i][0].shape == step(log).outputs[0].shape;
      }
      if (same) return true;
    }
    return false;
  }

  // Whether the shape of the result may be another function of the batch than these batches show.
  bool clamps(std::string_view name, bool varies) {
    if (name == "aten::slice") return clamps_slice();
    if (name == "aten::tensor_split" || name == "aten::array_split") return shape_varies(0);
    if (name == "aten::arange" || name == "aten::range") return varies && !is_plain_range();
    if (rounding_windows.contains(name)) return shape_varies(1);
    for (const Items& items : step().inputs) {
      for (const NumberItem& item : items) {
        if (item.is_tensor && !item.is_data && form_of(item).varies && shrinks(name)) return true;
      }
    }
    return false;
  }

  static bool shrinks(std::string_view name) {
    static const Names names = {"aten::nonzero",  "aten::masked_select",      "aten::index",
                                "aten::_unique2", "aten::unique_consecutive", "aten::bincount",
                                "aten::one_hot",  "aten::repeat_interleave",  "aten::argwhere",
                                "aten::where"};
    return names.contains(name);
  }

  bool shape_varies(std::size_t first) const {
    for (std::size_t log = 1; log < logs_.size(); ++log) {
      for (std::size_t i = 0; i < step().outputs.size(); ++i) {
        const auto& ours = step().outputs[i].shape;
        const auto& theirs = step(log).outputs[i].shape;
        for (std::size_t d = first; d < ours.size(); ++d) {
          if (ours[d] != theirs[d]) return true;
        }
      }
    }
    return false;
  }

  // arange() of linear integers by ones.
  bool is_plain_range() const {
    std::size_t numbers = 0;  // its first arguments are end; start, end; or start, end, step
    std::vector<AffineForm> forms;
    for (const Items& items : step().inputs) {
      if (items.size() != 1 || items[0].value.isNone() || items[0].value.isBool()) break;
      if (!items[0].value.isInt()) return false;
      const AffineForm form = form_of(items[0]);
      if (!form.is_linear) return false;
      forms.push_back(form);
      ++numbers;
    }
    const auto* schema = step().operation->maybeSchema();
    if (!schema || numbers == 0) return false;
    std::size_t own = 0;
    while (own < schema->arguments().size() && own < 3 &&
           (schema->arguments()[own].name() == "start" ||
            schema->arguments()[own].name() == "end" ||
            schema->arguments()[own].name() == "step")) {
      ++own;
    }
    if (own == 0 || own > forms.size()) return false;
    if (own == 1) return is_at_least_zero(forms[0]);
    if (own == 3 && (forms[2].varies || forms[2].offset != 1)) return false;
    return is_at_least_zero(difference(forms[1], forms[0]));
  }

  // A bound of a slice as a place from 0 to the size, by Python's rule: a negative bound counts
  // from the end, then the place is clamped to 0…size. Empty unless the same case of the rule
  // applies to every batch, so that the place is one linear form.
  static std::optional<AffineForm> bound(const std::optional<AffineForm>& given,
                                         const AffineForm& size) {
    if (!given || !given->is_linear) return std::nullopt;
    constexpr std::int64_t end = std::int64_t{1} << 60;
    if (!given->varies && given->offset >= end) return size;
    AffineForm place = *given;
    if (!is_at_least_zero(place)) {
      if (!is_at_least_zero(difference(linear(0, -1), place))) return std::nullopt;
      place = sum(size, place);
      const AffineForm below = difference(linear(0, -1), place);
      if (is_at_least_zero(below)) return linear(0, 0);
      if (!is_at_least_zero(place)) return std::nullopt;
    }
    if (is_at_least_zero(difference(size, place))) return place;
    if (is_at_least_zero(difference(place, size))) return size;
    return std::nullopt;
  }

  // slice(tensor, dimension, start, end, step)
  bool clamps_slice() {
    const auto dimension = constant_argument(1);
    const auto size = dimension ? dimension_of_first(*dimension) : std::nullopt;
    if (!size) return true;
    const auto place = [&](std::size_t argument_place,
                           const AffineForm& fallback) -> std::optional<AffineForm> {
      const Items& items = step().inputs.at(argument_place);
      if (items.size() == 1 && items[0].number < 0 && items[0].value.isNone()) return fallback;
      return bound(argument(argument_place), *size);
    };
    const auto start = place(2, linear(0, 0));
    const auto end = place(3, *size);
    const auto by = constant_argument(4);
    if (!start || !end || !by) return true;
    const AffineForm length = difference(*end, *start);
    if (!sign_of(length) && !is_at_least_zero(length)) return true;
    return *by != 1 && length.varies;
  }

  // The form of a number that is computed from others; nullopt where it may be any.
  std::optional<AffineForm> number_form(std::string_view name, std::size_t place) const {
    const NumberItem& item = step().outputs[place];
    if (item.value.isDouble()) {
      if (!smooth.contains(name)) return std::nullopt;
      return unknown();
    }
    if (item.value.isBool()) return comparison(name);
    if (!item.value.isInt()) return std::nullopt;
    if (copies_number.contains(name)) return linear_argument(0);
    if (name == "prim::min" || name == "prim::max") return extremum(name == "prim::min");
    return arithmetic(name);
  }

  std::optional<AffineForm> arithmetic(std::string_view name) const {
    const auto a = linear_argument(0);
    if (!a) return std::nullopt;
    if (name == "aten::neg") return linear(-a->slope, -a->offset);
    const auto b = linear_argument(1);
    if (!b) return std::nullopt;
    if (name == "aten::add" || name == "aten::sub") {
      if (step().inputs.size() > 2 && constant_argument(2) != 1) return std::nullopt;  // alpha
      return name == "aten::add" ? sum(*a, *b) : difference(*a, *b);
    }
    if (name == "aten::mul") {
      if (a->varies && b->varies) return unknown();
      const AffineForm& factor = a->varies ? *b : *a;
      const AffineForm& other = a->varies ? *a : *b;
      return linear(other.slope * factor.offset, other.offset * factor.offset);
    }
    if (name == "aten::floordiv" || name == "aten::floor_divide" || name == "aten::div") {
      if (const auto times = multiple(*a, *b); times && is_never_zero(*b)) {
        return linear(0, *times);
      }
      if (b->varies || b->offset <= 0 || a->slope % b->offset != 0) return std::nullopt;
      if (name == "aten::div" && a->offset % b->offset != 0) return std::nullopt;
      return linear(a->slope / b->offset, floor_of(a->offset, b->offset));
    }
    if (name == "aten::remainder") {
      if (multiple(*a, *b) && is_never_zero(*b)) return linear(0, 0);
      if (b->varies || b->offset <= 0 || a->slope % b->offset != 0) return std::nullopt;
      return linear(0, a->offset - floor_of(a->offset, b->offset) * b->offset);
    }
    return std::nullopt;
  }

  // A comparison that comes out alike for every batch.
  std::optional<AffineForm> comparison(std::string_view name) const {
    const NumberStep& now = step();
    if (now.inputs.size() != 2) return std::nullopt;
    const bool equality = name == "aten::eq" || name == "aten::ne";
    const bool order =
        name == "aten::lt" || name == "aten::le" || name == "aten::gt" || name == "aten::ge";
    const Items& left = now.inputs[0];
    const Items& right = now.inputs[1];
    if (equality && left.size() != right.size()) return AffineForm{};
    if ((!equality && !order) || left.size() != right.size()) return std::nullopt;
    if (order && left.size() != 1) return std::nullopt;
    bool all_zero = true;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const AffineForm a = form_of(left[i]);
      const AffineForm b = form_of(right[i]);
      if (!a.is_linear || !b.is_linear) return std::nullopt;
      const AffineForm gap = difference(a, b);
      if (equality && is_never_zero(gap)) return AffineForm{};
      const bool is_zero = gap.slope == 0 && gap.offset == 0;
      all_zero = all_zero && is_zero;
      if (!order) continue;
      if (sign_of(gap)) return AffineForm{};
      // "At least" and "less than" hold alike where the gap may be 0 with batch 1 alone.
      const bool includes_zero = (name == "aten::ge" || name == "aten::lt");
      if (includes_zero && is_at_least_zero(gap)) return AffineForm{};
      if (!includes_zero && is_at_least_zero(linear(-gap.slope, -gap.offset))) return AffineForm{};
      return std::nullopt;
    }
    return all_zero ? std::optional<AffineForm>(AffineForm{}) : std::nullopt;
  }

  std::optional<AffineForm> extremum(bool least) const {
    std::vector<AffineForm> forms;
    for (const Items& items : step().inputs) {
      for (const NumberItem& item : items) forms.push_back(form_of(item));
    }
    if (forms.empty()) return std::nullopt;
    AffineForm best = forms[0];
    for (const AffineForm& form : forms) {
      if (!form.is_linear || !best.is_linear) return std::nullopt;
      const AffineForm gap = difference(form, best);
      const bool is_above = is_at_least_zero(gap);
      const bool is_below = is_at_least_zero(linear(-gap.slope, -gap.offset));
      if (!is_above && !is_below) return std::nullopt;
      if ((least && is_below) || (!least && is_above)) best = form;
    }
    return best;
  }

  const std::vector<const NumberLog*>& logs_;
  const std::vector<std::int64_t>& batches_;
  std::size_t step_ = 0;
  std::vector<AffineForm> forms_;  ///< of all results so far
};

}  // namespace

bool starts_size_arithmetic(const Node& operation) {
  const std::string_view name = name_of(operation);
  return size_readers.contains(name) || cutters.contains(name) || name == "aten::slice" ||
         name == "aten::arange" || rounding_windows.contains(name);
}

bool holds_for_any_batch(const std::vector<const NumberLog*>& logs,
                         const std::vector<std::int64_t>& batches) {
  return Analysis(logs, batches).holds();
}

}  // namespace scission::torchscript
