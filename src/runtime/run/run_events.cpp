// What a run does, as lines of JSON.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/json_field.hpp"
#include "base/seconds.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;

Json item_json(const TimelineItem& item) {
  Json json = {{"system", item.system}};
  if (item.is_transfer) {
    json["to"] = item.to;
    json["bytes"] = item.bytes;
    if (!item.codec.empty()) json["codec"] = item.codec;
  } else {
    json["first_layer"] = item.first_layer;
    json["last_layer"] = item.last_layer;
  }
  json["seconds"] = number_or_null(item.seconds);
  return json;
}

Json link_json(const NetworkRow& row) {
  Json json = {{"from", row.source}, {"to", row.destination}};
  if (row.link.curve.empty()) {
    json["ping_ms"] = row.link.ping_ms;
    json["megabits_per_s"] = row.link.megabits_per_s;
  }
  return json;
}

Json estimate_json(const ResourceEstimate& estimate) {
  Json json = {{"system", estimate.system}};
  if (!estimate.to.empty()) json["to"] = estimate.to;
  json["factor"] = number_or_null(estimate.factor);
  json["stddev"] = number_or_null(estimate.stddev);
  if (estimate.megabits_per_s) json["megabits_per_s"] = *estimate.megabits_per_s;
  if (estimate.is_lost) json["is_lost"] = true;
  return json;
}

double total_s(const HopTiming& hop) {
  return hop.serialise_s + hop.encode_s + hop.transfer_s + hop.deserialise_s + hop.decode_s +
         hop.queue_s + hop.compute_s;
}

/// The hops one after the other up to the answer, as format_trace_json() places them.
Json hops_json(const PipelineResult& result, double answered_s) {
  double sum_s = 0;
  for (const HopTiming& hop : result.hops) sum_s += total_s(hop);
  // Rounding may make the parts longer than the whole by nanoseconds.
  const double scale = sum_s > result.latency_s ? result.latency_s / sum_s : 1;
  double begin_s = answered_s - sum_s * scale;
  return json_array(result.hops, [&](const HopTiming& hop) {
    Json json = {{"from", hop.from},
                 {"to", hop.to},
                 {"bytes", hop.bytes},
                 {"begin_s", begin_s},
                 {"send_s", scale * (hop.serialise_s + hop.encode_s)},
                 {"transfer_s", scale * hop.transfer_s},
                 {"receive_s", scale * (hop.deserialise_s + hop.decode_s)},
                 {"queue_s", scale * hop.queue_s},
                 {"compute_s", scale * hop.compute_s}};
    if (!hop.codec.empty()) json["codec"] = hop.codec;
    begin_s += scale * total_s(hop);
    return json;
  });
}

}  // namespace

class RunEventLog::Impl {
 public:
  Impl(const std::filesystem::path& file, std::string model, OnFailure on_failure)
      : file_(file),
        model_(std::move(model)),
        on_failure_(std::move(on_failure)),
        stream_(file, std::ios::binary | std::ios::trunc) {
    if (!stream_) throw Error(ErrorCode::io, "cannot be written: " + cause(), file_.string());
  }

  /// Writes what `make(at_s)` adds to a line.
  template <typename Make>
  void write(const char* event, Make make) {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    try {
      const double at_s = seconds_since(begin_);
      Json line = {{"event", event}, {"at_s", at_s}};
      make(line, at_s);
      stream_ << format_json(line, -1) << std::flush;
      if (!stream_) fail("cannot be written: " + cause());
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }

  /// Writes the last line, if there is a first one.
  void end() {
    if (has_begun_) write("end", [](Json&, double) {});
  }

  void begin() { has_begun_ = true; }

  int next_request() {
    const std::lock_guard lock(mutex_);
    return ++requests_;
  }

  const std::string& model() const { return model_; }

  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void fail(const std::string& why) {
    failure_ = fmt::format("{}: {}; what follows is missing there", file_.string(), why);
    if (on_failure_) on_failure_(failure_);
  }

  static std::string cause() { return std::generic_category().message(errno); }

  const std::filesystem::path file_;
  const std::string model_;
  const OnFailure on_failure_;
  std::atomic<bool> has_begun_ = false;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::ofstream stream_;
  int requests_ = 0;
  std::string failure_;
};

RunEventLog::RunEventLog(const std::filesystem::path& file, std::string model, OnFailure on_failure)
    : impl_(std::make_unique<Impl>(file, std::move(model), std::move(on_failure))) {}

RunEventLog::~RunEventLog() { impl_->end(); }

void RunEventLog::start(const std::vector<std::string>& systems,
                        const std::vector<NetworkRow>& links) {
  impl_->begin();
  impl_->write("start", [&](Json& line, double) {
    line["format"] = "scission-events";
    line["version"] = 1;
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    line["unix_s"] = now.count();
    line["model"] = impl_->model();
    line["systems"] = systems;
    line["links"] = json_array(links, link_json);
  });
}

void RunEventLog::plan(int number, const PlanTimeline& plan, const std::string& why) {
  impl_->write("plan", [&](Json& line, double) {
    line["plan"] = number;
    line["route"] = plan.route();
    line["source"] = plan.source;
    line["why"] = why;
    line["latency_s"] = number_or_null(plan.latency_s);
    line["items"] = json_array(plan.items, item_json);
  });
}

int RunEventLog::sent() {
  const int request = impl_->next_request();
  impl_->write("sent", [&](Json& line, double) { line["request"] = request; });
  return request;
}

void RunEventLog::answered(int request, int plan, const PipelineResult& result) {
  impl_->write("answered", [&](Json& line, double at_s) {
    line["request"] = request;
    line["id"] = result.id;
    line["plan"] = plan;
    line["latency_s"] = result.latency_s;
    if (!result.is_answered) line["failure"] = describe(result.failure);
    line["hops"] = hops_json(result, at_s);
  });
}

void RunEventLog::estimates(const std::vector<ResourceEstimate>& estimates,
                            double expected_latency_s) {
  impl_->write("estimates", [&](Json& line, double) {
    line["expected_latency_s"] = number_or_null(expected_latency_s);
    line["estimates"] = json_array(estimates, estimate_json);
  });
}

std::string RunEventLog::failure() const { return impl_->failure(); }

}  // namespace scission::runtime
