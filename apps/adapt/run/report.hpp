// What scission-adapt run prints at the end.
#pragma once

#include <string>
#include <vector>

#include "adapt/run/drive.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::adaptive_run {

/// A run that is over.
struct Outcome {
  std::string model;
  std::string source;
  std::vector<std::string> plans;  ///< as text, by number
  std::vector<Record> records;
  std::vector<runtime::PlanSwitch> switches;
  runtime::MonitoringCost watching;
  bool is_verified = false;
  double tolerance = 0;
};

/// The requests that one plan answered.
struct PlanShare {
  int plan = 0;
  int answered = 0;
  runtime::Quantiles latency;
};

/// How much longer than usual requests took: than the median of those that their plan answered
/// while nothing changed. Seconds; nothing but zeros without such requests.
struct Delay {
  int requests = 0;
  double median = 0;
  double p95 = 0;
  double worst = 0;
};

struct Delays {
  Delay deploying;  ///< sent or answered while a plan was deployed and warmed
  Delay cut_over;   ///< under way at a cut-over, or among the first three sent after it
  Delay otherwise;  ///< all others, for comparison
};

std::vector<PlanShare> shares_of(const Outcome& outcome);
Delays delays_of(const Outcome& outcome);
runtime::Quantiles latency_of(const Outcome& outcome);
int answered_in(const Outcome& outcome);
int wrong_in(const Outcome& outcome);

/// The share of the answered requests' latency that watching took in CPU time.
double watching_share(const Outcome& outcome);

std::string report_text(const Outcome& outcome);
/// docs/controlling.md describes it.
std::string report_json(const Outcome& outcome);
/// "request,input,sent_s,latency_s,waited_s,plan,attempts,answered,largest,difference"
std::string log_csv(const Outcome& outcome);

/// "device 0-6 → edge1 7-25: faster by 12 % …": a line as it happens.
std::string switch_line(const runtime::PlanSwitch& change, const std::string& to);

/// 1 where an answer is missing or wrong, which is told on stderr; else 0.
int exit_code_of(const Outcome& outcome);

}  // namespace scission::adaptive_run
