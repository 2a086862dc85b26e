#include "runtime/metrics/metrics.hpp"

#include <string>

#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

RequestResult result_of(const std::string& model, double compute_s,
                        grpc::StatusCode code = grpc::StatusCode::OK) {
  RequestResult result;
  result.model = model;
  result.code = code;
  result.timing.compute_s = compute_s;
  result.timing.queue_s = 0.5;
  result.timing.total_s = 1;
  result.timing.received_bytes = 100;
  result.sent_bytes = 40;
  return result;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Requests are counted by model and outcome, and times are those of answered ones") {
  RequestMetrics metrics;
  metrics.record(result_of("net", 0.003));
  metrics.record(result_of("net", 0.25));
  metrics.record(result_of("net", 0, grpc::StatusCode::RESOURCE_EXHAUSTED));
  metrics.record(result_of("", 0, grpc::StatusCode::NOT_FOUND));
  const ModelTotals net = metrics.totals().at("net");
  CHECK(net.succeeded == 2);
  CHECK(net.failures() == 1);
  CHECK(net.queue_s == Approx(1));
  CHECK(net.received_bytes == 300);
  const std::string text = format_metrics(metrics.totals(), {});
  CAPTURE(text);
  CHECK(has_line(text, "# TYPE scission_inference_request_success counter"));
  CHECK(has_line(text, R"(scission_inference_request_success{model="net",version="1"} 2)"));
  CHECK(text.find(R"(scission_inference_request_failure{model="net",reason="RESOURCE_EXHAUSTED",)"
                  R"(version="1"} 1)") != std::string::npos);
  CHECK(has_line(text, R"(scission_inference_queue_duration_us{model="net",version="1"} 1000000)"));
}

TEST_CASE("Buckets of the histogram are cumulative, and a time on a bound belongs below it") {
  RequestMetrics metrics;
  for (const double compute_s : {0.0001, 0.25, 0.3, 100.0})
    metrics.record(result_of("net", compute_s));
  const std::string text = format_metrics(metrics.totals(), {});
  CAPTURE(text);
  const auto bucket = [](const std::string& bound, int count) {
    return R"(scission_inference_compute_infer_seconds_bucket{model="net",version="1",le=")" +
           bound + "\"} " + std::to_string(count);
  };
  CHECK(has_line(text, bucket("0.25", 2)));
  CHECK(has_line(text, bucket("0.5", 3)));
  CHECK(has_line(text, bucket("+Inf", 4)));
  CHECK(has_line(text,
                 R"(scission_inference_compute_infer_seconds_count{model="net",version="1"} 4)"));
}

TEST_CASE("Names of models do not fill the memory, nor break the text") {
  RequestMetrics metrics;
  for (int i = 0; i < 1500; ++i) metrics.record(result_of("net" + std::to_string(i), 0));
  CHECK(metrics.totals().size() == 1001);
  CHECK(metrics.totals().at("other").succeeded == 500);
  RequestMetrics strange;
  strange.record(result_of("a\"b\\c\nd", 0));
  CHECK(format_metrics(strange.totals(), {}).find(R"(model="a\"b\\c\nd")") != std::string::npos);
}

TEST_CASE("Readings of one name are one family") {
  const std::string text = format_metrics(
      {}, {{.name = "a", .help = "A.", .value = 1, .labels = {{"p", "x"}}, .is_counter = true},
           {.name = "a", .help = "A.", .value = 2, .labels = {{"p", "y"}}, .is_counter = true},
           {.name = "b", .help = "B.", .value = 0.5}});
  CHECK(text.find("# TYPE a counter\na{p=\"x\"} 1\na{p=\"y\"} 2\n") != std::string::npos);
  CHECK(text.find("# TYPE b gauge\nb 0.5\n") != std::string::npos);
  CHECK(text.find("# TYPE a counter", text.find("# TYPE a counter") + 1) == std::string::npos);
}
