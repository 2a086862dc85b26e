#include <httplib.h>
#include <poll.h>

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/certificates.hpp"
#include "runtime/plain_sockets.hpp"
#include "runtime/rest/rest_server.hpp"
#include "runtime/running_worker.hpp"
#include "runtime/worker/listener.hpp"
#include "scission/runtime/client/client.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::runtime;
using namespace scission::testing;

namespace {

using nlohmann::json;

WorkerOptions http_options(std::shared_ptr<Gate> gate = {}) {
  WorkerOptions options = worker_options("edge1", std::move(gate));
  options.http = "127.0.0.1:0";
  return options;
}

httplib::Client client_of(const Worker& worker) {
  httplib::Client client("127.0.0.1", worker.http_port());
  client.set_read_timeout(patience);
  client.set_keep_alive(true);
  return client;
}

const std::string small_request =
    R"({"id":"a","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})";

/// A request for [1, N] with its numbers as bytes behind the JSON.
struct BinaryRequest {
  explicit BinaryRequest(const std::vector<float>& numbers) {
    const std::size_t size = numbers.size() * sizeof(float);
    body = R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,)" +
           std::to_string(numbers.size()) +
           R"(],"datatype":"FP32","parameters":{"binary_data_size":)" + std::to_string(size) +
           "}}]}";
    headers.emplace("Inference-Header-Content-Length", std::to_string(body.size()));
    const std::size_t begin = body.size();
    body.resize(begin + size);
    std::memcpy(body.data() + begin, numbers.data(), size);
  }

  httplib::Result post(httplib::Client& client) const {
    return client.Post("/v2/models/net/infer", headers, body, "application/octet-stream");
  }

  std::string body;
  httplib::Headers headers;
};

void check_refused(const httplib::Result& result, int status, const std::string& part) {
  REQUIRE(result);
  CAPTURE(result->body);
  CHECK(result->status == status);
  CHECK(json::parse(result->body).at("error").get<std::string>().find(part) != std::string::npos);
}

void check_alive(const Worker& worker) {
  httplib::Client client = client_of(worker);
  const auto answer = client.Post("/v2/models/net/infer", small_request, "application/json");
  REQUIRE(answer);
  CHECK(answer->status == 200);
}

/// A server in front of a worker, with a patience that a test can wait for.
struct HastyServer {
  explicit HastyServer(const RunningWorker& worker)
      : listener("127.0.0.1:0"),
        rest(worker.channel, {.limits = {},
                              .security = {},
                              .patience = {.idle_s = 0.3, .head_s = 0.3},
                              .metrics = {},
                              .access = nullptr}) {
    listener.start(
        8, [this](int descriptor) { rest.serve(descriptor); }, [](const std::string&) {});
  }
  ~HastyServer() { listener.stop(); }

  Listener listener;
  RestServer rest;
};

std::string received(const Descriptor& socket) {
  std::string all;
  while (const auto piece = receive(socket, 4096)) {
    if (piece->empty()) break;
    all += *piece;
  }
  return all;
}

}  // namespace

TEST_CASE("A worker answers the protocol's paths over HTTP") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "add 1").ok());
  httplib::Client client = client_of(edge.worker);
  const auto get = [&](const std::string& path) {
    CAPTURE(path);
    const auto answer = client.Get(path);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    return json::parse(answer->body);
  };
  CHECK(get("/v2").at("name") == "edge1");
  CHECK(get("/v2").at("extensions").at(0) == "binary_tensor_data");
  CHECK(get("/v2/health/live").at("live") == true);
  CHECK(get("/v2/health/ready").at("ready") == true);
  CHECK(get("/v2/models/net/ready").at("ready") == true);
  CHECK(get("/v2/models/n%65t/versions/1/ready").at("ready") == true);
  const json model = get("/v2/models/net");
  CHECK(model.at("versions") == json::array({"1"}));
  CHECK(model.at("inputs").at(0) == json({{"name", "x"}, {"datatype", "FP32"}, {"shape", {1, 4}}}));
  CHECK(client.Get("/v2/models/none/ready")->status == 503);
}

TEST_CASE("A request in JSON is answered in JSON") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "add 1").ok());
  httplib::Client client = client_of(edge.worker);
  for (const char* path : {"/v2/models/net/infer", "/v2/models/net/versions/1/infer"}) {
    const auto answer = client.Post(path, small_request, "application/json");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->get_header_value("Content-Type") == "application/json");
    CHECK(json::parse(answer->body) ==
          json::parse(R"({"model_name":"net","model_version":"1","id":"a","outputs":[
            {"name":"y","datatype":"FP32","shape":[1,4],"data":[2,3,4,5]}]})"));
  }
}

TEST_CASE("A binary request over HTTP has the same bits in its answer as one over gRPC") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "multiply 0.3").ok());
  std::vector<float> numbers(150'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i) * 0.37F;
  const Inferred expected = infer(*edge.stub, float_request("net", numbers));
  REQUIRE(expected.status.ok());
  httplib::Client client = client_of(edge.worker);
  const auto answer = BinaryRequest(numbers).post(client);
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  const auto json_bytes = std::stoul(answer->get_header_value("Inference-Header-Content-Length"));
  const json head = json::parse(answer->body.substr(0, json_bytes));
  CHECK(head.at("outputs").at(0).at("parameters").at("binary_data_size") == 600'000);
  CHECK(answer->body.substr(json_bytes) == expected.response.raw_output_contents(0));
}

TEST_CASE("What gRPC refuses is refused over HTTP with the same words") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "add 1").ok());
  REQUIRE(edge.deploy("broken", "throw").ok());
  httplib::Client client = client_of(edge.worker);
  const auto post = [&](const std::string& path, const std::string& body) {
    return client.Post(path, body, "application/json");
  };
  const Inferred unknown = infer(*edge.stub, float_request("none", {1, 2, 3, 4}));
  check_refused(post("/v2/models/none/infer", small_request), 404, unknown.status.error_message());
  check_refused(post("/v2/models/net/versions/2/infer", small_request), 404, "no version '2'");
  check_refused(post("/v2/models/broken/infer", small_request), 500, "model broken failed");
  check_refused(post("/v2/models/net/infer", "{\"inputs\":"), 400, "JSON");
  check_refused(post("/v2/models/net/infer",
                     R"({"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[1,2,3,4]}]})"),
                400, "tensor x: has 1 dimensions");
  check_refused(post("/v2/models/net/infer",
                     R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1]}]})"),
                400, "tensor x");
  check_refused(post("/v2/models/net", small_request), 405, "only GET");
  check_refused(client.Get("/v2/models/net/infer"), 405, "only POST");
  check_refused(client.Get("/v2/models/net/sing"), 404, "no such path");
  check_refused(client.Get("/v3"), 404, "/v3");
  check_refused(client.Get("/v2/models/none"), 404, "not deployed");
  check_refused(client.Put("/v2", "{}", "text/plain"), 400, "takes no body");
  check_alive(edge.worker);
}

TEST_CASE("A body above the limit is refused before it is read") {
  WorkerOptions options = http_options();
  options.limits.message.bytes = 1 << 20;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  const Descriptor socket = plain_connection(edge.worker.http_port());
  REQUIRE(send_all(socket,
                   "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\n"
                   "Content-Length: 99999999999\r\n\r\n"));
  const std::string answer = received(socket);
  CHECK(answer.find("HTTP/1.1 413 ") == 0);
  CHECK(answer.find("the limit is 1048576") != std::string::npos);
  check_alive(edge.worker);
}

TEST_CASE("Requests whose body has no certain end are refused, and the connection ends") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "add 1").ok());
  for (const std::string& head : std::vector<std::string>{
           "Transfer-Encoding: chunked\r\n", "", "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: -1\r\n", "Content-Encoding: gzip\r\nContent-Length: 5\r\n",
           "Content-Length: 9999999999\r\nExpect: 100-continue\r\n",
           "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nA: b\r\n folded\r\n", "Content-Length: 5\r\nHost: y\r\n",
           "Content-Length: 5\r\nno colon\r\n", "Content-Length:\r\n",
           "Content-Length:\r\nContent-Length: 5\r\n", "Content-Length: %35\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nTransfer-Encoding:\t\r\n",
           "Content-Length: 5\r\nX: a\rTransfer-Encoding: chunked\r\n",
           "Content-Length: 5\nX: a\r\n", "Content-Length: 5\r\nTransfer-Encoding\xa0: chunked\r\n",
           "Content-Length: 5\r\n\x0bTransfer-Encoding: chunked\r\n"}) {
    CAPTURE(head);
    const Descriptor socket = plain_connection(edge.worker.http_port());
    REQUIRE(send_all(socket, "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\n" + head + "\r\n"));
    const std::string answer = received(socket);
    CAPTURE(answer);
    CHECK(answer.find("HTTP/1.1 4") == 0);
    CHECK(answer.find("{\"error\":") != std::string::npos);
    CHECK(answer.find("HTTP/1.1 ", 9) == std::string::npos);  // one answer
  }
  for (const char* line : {"GET  /v2 HTTP/1.1", "GET /v2\tHTTP/1.1", "GET /v2 HTTP/1.1 "}) {
    CAPTURE(line);
    const Descriptor socket = plain_connection(edge.worker.http_port());
    REQUIRE(send_all(socket, std::string(line) + "\r\nHost: x\r\n\r\n"));
    CHECK(received(socket).find("HTTP/1.1 400") == 0);
  }
  for (const std::string& text : {std::string("nonsense\r\n\r\n"), std::string(100'000, 'x'),
                                  "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
                                  "GET / HTTP/1.1\r\n" + std::string(9000, 'b') + ": c\r\n\r\n"}) {
    const Descriptor socket = plain_connection(edge.worker.http_port());
    (void)send_all(socket, text);
    end_sending(socket);
    (void)received(socket);
  }
  check_alive(edge.worker);
}

TEST_CASE("A request's target may be a whole URL, as proxies send it") {
  const RunningWorker edge(http_options());
  for (const char* target :
       {"http://edge:8000/v2/health/live", "HTTPS://edge/v2/health/live?x=/y"}) {
    CAPTURE(target);
    const Descriptor socket = plain_connection(edge.worker.http_port());
    REQUIRE(send_all(socket, std::string("GET ") + target +
                                 " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    CHECK(received(socket).find("HTTP/1.1 200") == 0);
  }
  const Descriptor socket = plain_connection(edge.worker.http_port());
  REQUIRE(send_all(socket, "GET http://edge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  CHECK(received(socket).find("HTTP/1.1 404") == 0);
}

TEST_CASE("HTTP requests that are refused before they become calls are counted by their status") {
  WorkerOptions options = http_options();
  options.limits.message.bytes = 1 << 20;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  const std::string post = "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\n";
  for (const auto& [text, status] : std::vector<std::pair<std::string, std::string>>{
           {post + "Expect: magic\r\nContent-Length: 2\r\n\r\n", "417"},
           {post + "Long: " + std::string(9000, 'x') + "\r\n\r\n", "431"},
           {post + std::string(70'000, '\n'), "431"},
           {post + "Content-Length: 9000000\r\n\r\n", "413"},
           {post + "Content-Length: 2\r\n\r\n{}", "400"},
           {post + "Content-Length: 2\r\n\r\n[]", "400"}}) {
    CAPTURE(text.substr(0, 100));
    const Descriptor socket = plain_connection(edge.worker.http_port());
    REQUIRE(send_all(socket, text));
    end_sending(socket);
    const std::string answer = received(socket);
    CAPTURE(answer);
    CHECK(answer.find("HTTP/1.1 " + status) == 0);
  }
  httplib::Client client = client_of(edge.worker);
  REQUIRE(client.Post("/v2/models/none/infer", small_request, "application/json")->status == 404);
  const std::string page = client.Get("/metrics")->body;
  CAPTURE(page);
  for (const char* line :
       {"{reason=\"417\"} 1\n", "{reason=\"431\"} 2\n", "{reason=\"413\"} 1\n"}) {
    CHECK(page.find(std::string("scission_http_request_refused") + line) != std::string::npos);
  }
  CHECK(page.find("reason=\"404\"") == std::string::npos);  // a call has failed
}

TEST_CASE("The bodies of all requests that arrive at once have a limit in sum") {
  WorkerOptions options = http_options();
  options.limits.message.bytes = 16 << 20;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1").ok());
  const std::string head =
      "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n";
  std::vector<Descriptor> sockets;
  std::vector<pollfd> events;
  for (int i = 0; i < 5; ++i) {  // four fit in; none of them sends its body
    sockets.push_back(plain_connection(edge.worker.http_port()));
    events.push_back({sockets.back().number(), POLLIN, 0});
    REQUIRE(send_all(sockets.back(), head));
  }
  REQUIRE(::poll(events.data(), events.size(), 15'000) == 1);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].revents == 0) continue;
    const std::string answer = received(sockets[i]);
    CAPTURE(answer);
    CHECK(answer.find("HTTP/1.1 429") == 0);
    CHECK(answer.find("fill the memory") != std::string::npos);
    CHECK(answer.find("Retry-After: 1") != std::string::npos);
  }
}

TEST_CASE("The bodies of one client leave half of the memory to others") {
  RestTotals totals(100);
  const auto mine = totals.take_body(40, "phone");
  CHECK_THROWS_AS(totals.take_body(20, "phone"), grpc::Status);
  const auto other = totals.take_body(50, "edge1");
  CHECK_THROWS_AS(totals.take_body(20, ""), grpc::Status);
  { const auto last = totals.take_body(10, "phone"); }
  const auto again = totals.take_body(10, "phone");
}

TEST_CASE("A model that runs on any batch says so over HTTP as over gRPC") {
  const RunningWorker edge(http_options());
  Deployment deployment = fake_deployment(edge.folder, "net", "add 1");
  deployment.is_whole = deployment.any_batch = true;
  Client(address_of(edge.worker), {}).deploy(deployment, 30);
  httplib::Client client = client_of(edge.worker);
  const auto answer = client.Get("/v2/models/net");
  REQUIRE(answer);
  CHECK(json::parse(answer->body).at("inputs").at(0).at("shape") == json::array({-1, 4}));
}

TEST_CASE("An idle HTTP client is disconnected, and a slow one told so") {
  const RunningWorker edge("edge1");
  REQUIRE(edge.deploy("net", "add 1").ok());
  HastyServer hasty(edge);
  const Descriptor idle = plain_connection(hasty.listener.port());
  CHECK(received(idle).empty());
  const Descriptor slow = plain_connection(hasty.listener.port());
  REQUIRE(send_all(slow, "GET /v2 HT"));
  CHECK(received(slow).find("200") == std::string::npos);
  const Descriptor slow_body = plain_connection(hasty.listener.port());
  REQUIRE(send_all(
      slow_body,
      "POST /v2/models/net/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n{"));
  CHECK(received(slow_body).find("HTTP/1.1 408") == 0);
}

TEST_CASE("A hundred HTTP requests at once are answered or told that the queue is full") {
  WorkerOptions options = http_options();
  options.limits.queued_requests = 8;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("net", "add 1 1").ok());
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      httplib::Client client = client_of(edge.worker);
      const auto answer = client.Post("/v2/models/net/infer", small_request, "application/json");
      if (!answer) return;
      if (answer->status == 200) ++answered;
      if (answer->status == 429 && answer->has_header("Retry-After")) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered + refused == 100);
  CHECK(answered > 0);
  check_alive(edge.worker);
}

TEST_CASE("A request whose HTTP client has gone does not keep its place in the queue") {
  const auto gate = std::make_shared<Gate>();
  WorkerOptions options = http_options(gate);
  options.limits.queued_requests = 2;
  const RunningWorker edge(std::move(options));
  REQUIRE(edge.deploy("slow", "wait").ok());
  const auto begin = [&] {
    Descriptor socket = plain_connection(edge.worker.http_port());
    REQUIRE(send_all(
        socket,
        "POST /v2/models/slow/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
            std::to_string(small_request.size()) + "\r\n\r\n" + small_request));
    return socket;
  };
  const Descriptor computing = begin();
  REQUIRE(gate->wait_for_arrivals(1));
  { const Descriptor queued = begin(); }
  httplib::Client client = client_of(edge.worker);
  client.set_read_timeout(std::chrono::seconds(1));
  bool is_admitted = false;
  for (int i = 0; i < 300 && !is_admitted; ++i) {
    const auto answer = client.Post("/v2/models/slow/infer", small_request, "application/json");
    is_admitted = !answer;  // not refused: it waits
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(is_admitted);
  gate->open();
  CHECK(!received(computing).empty());
}

TEST_CASE("HTTP has the worker's TLS") {
  const Certificates certificates;
  WorkerOptions options = http_options();
  options.security.tls = certificates.issue("server");
  const RunningWorker edge(std::move(options));
  httplib::SSLClient client("localhost", edge.worker.http_port());
  client.set_ca_cert_path(certificates.authority().c_str());
  client.enable_server_certificate_verification(true);
  client.set_read_timeout(patience);
  const auto answer = client.Get("/v2/health/ready");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  const Descriptor plain = plain_connection(edge.worker.http_port());
  REQUIRE(send_all(plain, "GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(received(plain).find("200") == std::string::npos);
}

TEST_CASE("HTTP beyond the loopback needs TLS as gRPC does") {
  WorkerOptions options = worker_options("edge1");
  options.http = "0.0.0.0:0";
  CHECK_ERROR(RunningWorker(std::move(options)), ErrorCode::invalid_argument, "0.0.0.0:0");
}

TEST_CASE("A draining worker finishes HTTP requests, and is not ready meanwhile") {
  const auto gate = std::make_shared<Gate>();
  RunningWorker edge(http_options(gate));
  REQUIRE(edge.deploy("slow", "wait").ok());
  int status = 0;
  std::thread caller([&] {
    httplib::Client client = client_of(edge.worker);
    const auto answer = client.Post("/v2/models/slow/infer", small_request, "application/json");
    if (answer) status = answer->status;
  });
  REQUIRE(gate->wait_for_arrivals(1));
  httplib::Client client = client_of(edge.worker);
  std::thread drain([&] { edge.worker.drain(30); });
  int ready = 200;
  for (int i = 0; i < 300 && ready == 200; ++i) {
    const auto answer = client.Get("/v2/health/ready");
    ready = answer ? answer->status : 0;
  }
  CHECK(ready == 503);
  gate->open();
  caller.join();
  drain.join();
  CHECK(status == 200);
}

TEST_CASE("A worker's metrics count what it was asked over gRPC and HTTP") {
  const RunningWorker edge(http_options());
  REQUIRE(edge.deploy("net", "add 1").ok());
  REQUIRE(infer(*edge.stub, float_request("net", {1, 2, 3, 4})).status.ok());
  httplib::Client client = client_of(edge.worker);
  REQUIRE(client.Post("/v2/models/net/infer", small_request, "application/json")->status == 200);
  REQUIRE(client.Post("/v2/models/none/infer", small_request, "application/json")->status == 404);
  const auto page = client.Get("/metrics");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->get_header_value("Content-Type").find("text/plain; version=0.0.4") == 0);
  const auto has = [&](const std::string& part) {
    CAPTURE(part, page->body);
    CHECK(page->body.find(part) != std::string::npos);
  };
  has("\nscission_inference_request_success{model=\"net\",version=\"1\"} 2\n");
  has("\nscission_inference_request_failure{model=\"\",reason=\"NOT_FOUND\",version=\"1\"} 1\n");
  has("\nscission_models 1\n");
  has("\nscission_ready 1\n");
  has("\nscission_connections_accepted{protocol=\"http\"} 1\n");
  has("\nprocess_open_fds ");
  has("\nscission_storage_available_bytes ");
}
