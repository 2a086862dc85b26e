// Timelines of requests in Chrome's trace event format.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;

/// A part of a request's time, in seconds since the beginning of the trace.
struct Span {
  const char* name;
  double begin_s = 0;
  double end_s = 0;
  std::string args;  ///< JSON
};

/// Spans of a request that follow each other on one machine or link.
struct Block {
  std::size_t owner = 0;  ///< index of the machine or link
  std::vector<Span> spans;
};

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Microseconds of whole nanoseconds, so that neighbours meet exactly.
std::string microseconds(std::int64_t ns) { return fmt::format("{}.{:03}", ns / 1000, ns % 1000); }

std::int64_t nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

class TraceWriter {
 public:
  std::string write(const std::vector<PlanRun>& runs) {
    for (const PlanRun& run : runs) add(run);
    std::stable_sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
      return a.spans.front().begin_s < b.spans.front().begin_s;
    });
    for (const Block& block : blocks_) write(block);
    for (std::size_t i = 0; i < owners_.size(); ++i) write_names(i);
    return fmt::format("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", events_);
  }

 private:
  struct Owner {
    std::string name;
    std::vector<double> rows_end_s{};  ///< of the rows, when the last span on each ends
  };

  void add(const PlanRun& run) {
    double end_s = 0;
    find_owner(run.plan.source);
    for (std::size_t i = 0; i < run.requests.size(); ++i) {
      add(run, run.requests[i], i + 1);
      end_s = std::max(end_s, run.requests[i].due_s + run.requests[i].latency_s);
    }
    offset_s_ += end_s;
  }

  void add(const PlanRun& run, const RequestRecord& request, std::size_t number) {
    now_s_ = offset_s_ + request.due_s;
    args_ = fmt::format("\"request\":{},\"number\":{},\"plan\":{}", quoted(request.id), number,
                        request.rank);
    if (!request.is_answered) {
      args_ += fmt::format(",\"failure\":{}", quoted(request.failure));
      append(run.plan.source, "failed", request.latency_s, "");
      return;
    }
    const double hops_s = sum_of(request.hops);
    // Rounding may make the parts longer than the whole by nanoseconds.
    scale_ = hops_s > request.latency_s ? request.latency_s / hops_s : 1;
    append(run.plan.source, "wait", std::max(0.0, request.latency_s - hops_s), "");
    for (const HopTiming& hop : request.hops) add(hop);
  }

  void add(const HopTiming& hop) {
    std::string args = fmt::format(",\"bytes\":{}", hop.bytes);
    if (!hop.codec.empty()) args += fmt::format(",\"codec\":{}", quoted(hop.codec));
    const auto append_scaled = [&](const std::string& owner, const char* name, double seconds) {
      append(owner, name, seconds * scale_, args);
    };
    append_scaled(hop.from, "serialise", hop.serialise_s);
    append_scaled(hop.from, "encode", hop.encode_s);
    append_scaled(hop.from + " → " + hop.to, "transfer", hop.transfer_s);
    append_scaled(hop.to, "deserialise", hop.deserialise_s);
    append_scaled(hop.to, "decode", hop.decode_s);
    append_scaled(hop.to, "queue", hop.queue_s);
    append_scaled(hop.to, "compute", hop.compute_s);
  }

  static double sum_of(const std::vector<HopTiming>& hops) {
    double sum = 0;
    for (const HopTiming& hop : hops) {
      sum += hop.serialise_s + hop.encode_s + hop.transfer_s + hop.deserialise_s + hop.decode_s +
             hop.queue_s + hop.compute_s;
    }
    return sum;
  }

  void append(const std::string& owner, const char* name, double seconds, const std::string& more) {
    if (!(seconds > 0)) return;
    const std::size_t index = find_owner(owner);
    Span span{name, now_s_, now_s_ + seconds, args_ + more};
    now_s_ = span.end_s;
    const bool follows = !blocks_.empty() && blocks_.back().owner == index &&
                         blocks_.back().spans.back().end_s == span.begin_s;
    if (!follows) blocks_.push_back({index, {}});
    blocks_.back().spans.push_back(std::move(span));
  }

  std::size_t find_owner(const std::string& name) {
    const auto [found, is_new] = indices_.try_emplace(name, owners_.size());
    if (is_new) owners_.push_back({name});
    return found->second;
  }

  /// In the first row where nothing else is at that time.
  void write(const Block& block) {
    std::vector<double>& ends = owners_[block.owner].rows_end_s;
    const double begin_s = block.spans.front().begin_s;
    auto row = std::find_if(ends.begin(), ends.end(), [&](double end_s) {
      return nanoseconds(end_s) <= nanoseconds(begin_s);
    });
    if (row == ends.end()) row = ends.insert(ends.end(), 0);
    *row = block.spans.back().end_s;
    for (const Span& span : block.spans) {
      const std::int64_t begin_ns = nanoseconds(span.begin_s);
      write_event(fmt::format(
          R"({{"ph":"X","name":"{}","pid":{},"tid":{},"ts":{},"dur":{},"args":{{{}}}}})", span.name,
          block.owner + 1, row - ends.begin() + 1, microseconds(begin_ns),
          microseconds(nanoseconds(span.end_s) - begin_ns), span.args));
    }
  }

  void write_names(std::size_t index) {
    const Owner& owner = owners_[index];
    const auto name = [&](const char* event, std::size_t row, const std::string& argument) {
      write_event(fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{{}}}}})", event,
                              index + 1, row, argument));
    };
    name("process_name", 0, fmt::format(R"("name":{})", quoted(owner.name)));
    name("process_sort_index", 0, fmt::format(R"("sort_index":{})", index));
    for (std::size_t row = 1; row <= owner.rows_end_s.size(); ++row) {
      name("thread_name", row, fmt::format(R"("name":"row {}")", row));
    }
  }

  void write_event(std::string_view event) {
    if (!events_.empty()) events_ += ",\n";
    events_ += event;
  }

  double offset_s_ = 0;  ///< of the current run
  double now_s_ = 0;     ///< end of the current request's last span
  double scale_ = 1;     ///< of the current request's spans
  std::string args_;     ///< of the current request
  std::vector<Block> blocks_;
  std::vector<Owner> owners_;
  std::map<std::string, std::size_t> indices_;  ///< of the owners, by name
  std::string events_;
};

}  // namespace

std::string format_trace_json(const std::vector<PlanRun>& runs) {
  return TraceWriter().write(runs);
}

}  // namespace scission::runtime
