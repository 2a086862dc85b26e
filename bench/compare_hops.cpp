// A hop from worker to worker on this machine, beside a plain TCP socket sending the same bytes.
//
//   compare-hops [ROUNDS]     rounds of each size, the two in turn (default 100); medians are
//   printed
//
// Two workers in processes of their own hand a tensor on, without computing; the socket is this
// process's, to a third one, which answers with one byte when it has everything. The last line is
// what a health check costs, of those that are sent while requests are under way.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "cpu_clock.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "scission/stats.hpp"
#include "serving_process.hpp"

namespace {

using namespace scission;

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "compare-hops: {}\n", what);
  std::exit(1);
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Hands on what it gets, or only its first number: what is not to be timed stays small.
class Handing : public StageModel {
 public:
  explicit Handing(bool is_last) : is_last_(is_last) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    inputs[0].name = is_last_ ? "y" : "x";
    if (!is_last_) return inputs;
    inputs[0].shape = {1};
    inputs[0].bytes.size = sizeof(float);
    return inputs;
  }

 private:
  bool is_last_;
};

void serve_worker(const std::string& name, const std::filesystem::path& folder, int pipe) {
  runtime::WorkerOptions options;
  options.name = name;
  options.listen = "127.0.0.1:0";
  options.store = folder / name;
  options.load = [](const std::filesystem::path& file, const Segment&) {
    return std::make_unique<Handing>(read_file(file) == "last");
  };
  const runtime::Worker worker(options);
  bench::tell_port(pipe, worker.port());
  pause();
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

void send_all(int socket, const char* data, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t count = write(socket, data + sent, size - sent);
    if (count <= 0) fail("the socket broke");
    sent += static_cast<std::size_t>(count);
  }
}

void receive_all(int socket, char* data, std::size_t size) {
  for (std::size_t got = 0; got < size;) {
    const ssize_t count = read(socket, data + got, size - got);
    if (count <= 0) std::_Exit(0);  // the other end is done
    got += static_cast<std::size_t>(count);
  }
}

/// Receives messages, each an 8-byte length and that many bytes, and answers each with one byte.
void serve_socket(int pipe) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener, 1);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  bench::tell_port(pipe, ntohs(address.sin_port));
  const int peer = accept(listener, nullptr, nullptr);
  std::vector<char> buffer;
  for (;;) {
    std::uint64_t bytes = 0;
    receive_all(peer, reinterpret_cast<char*>(&bytes), sizeof bytes);
    buffer.resize(bytes);
    receive_all(peer, buffer.data(), buffer.size());
    send_all(peer, "k", 1);
  }
}

int connected_to(int port) {
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("no connection");
  }
  const int on = 1;
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return peer;
}

double time_socket(int peer, const std::string& bytes) {
  const double start = now_s();
  const std::uint64_t size = bytes.size();
  send_all(peer, reinterpret_cast<const char*>(&size), sizeof size);
  send_all(peer, bytes.data(), bytes.size());
  char answer = 0;
  receive_all(peer, &answer, 1);
  return now_s() - start;
}

runtime::StageAssignment assign(const std::string& system, const std::string& words,
                                std::int64_t numbers, const std::filesystem::path& folder) {
  Segment segment;
  segment.file = "stage.pt";
  segment.layers = {"all"};
  segment.inputs = {{"x", "float32", {1, numbers}}};
  segment.outputs = {words == "last" ? TensorSpec{"y", "float32", {1}}
                                     : TensorSpec{"x", "float32", {1, numbers}}};
  segment.sha256 = sha256_of(words);
  segment.bytes = static_cast<std::int64_t>(words.size());
  const std::filesystem::path file = folder / words;
  write_file_atomically(file, words);
  return {system, segment, file, {}};
}

double time_hop(runtime::Pipeline& pipeline, const Tensor& tensor) {
  const runtime::PipelineResult result = pipeline.run({tensor});
  if (!result.is_answered) fail(result.failure.message);
  const runtime::HopTiming& hop = result.hops.at(1);
  return hop.serialise_s + hop.transfer_s + hop.deserialise_s;
}

void compare(std::int64_t bytes, int rounds, const runtime::Clients& workers, int peer,
             const std::filesystem::path& folder) {
  const std::int64_t numbers = bytes / static_cast<std::int64_t>(sizeof(float));
  const std::string payload(static_cast<std::size_t>(bytes), 'x');
  const Tensor tensor{"x", "float32", {1, numbers}, to_shared_bytes(payload)};
  runtime::Pipeline pipeline(runtime::deploy_stages(fmt::format("hand{}", bytes),
                                                    {assign("a", "first", numbers, folder),
                                                     assign("b", "last", numbers, folder)},
                                                    workers, {}),
                             {"here"});
  std::vector<double> hops;
  std::vector<double> plain;
  constexpr int warmup = 5;
  for (int round = -warmup; round < rounds; ++round) {
    const double hop_s = time_hop(pipeline, tensor);
    const double socket_s = time_socket(peer, payload);
    if (round < 0) continue;
    hops.push_back(hop_s);
    plain.push_back(socket_s);
  }
  const double hop_ms = 1e3 * median(hops);
  const double plain_ms = 1e3 * median(plain);
  fmt::print("{:>10} {:>9.2f} ms {:>9.2f} ms {:>8.2f} {:>+9.2f} ms\n", bytes, hop_ms, plain_ms,
             hop_ms / plain_ms, hop_ms - plain_ms);
}

/// CPU seconds of a running process so far.
double cpu_s_of(pid_t process) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    fail("the processor time of a worker cannot be read");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void print_health_checks(const runtime::Client& client, pid_t worker) {
  constexpr int count = 3000;
  constexpr double period_s = 0.3;  // of checks while a request is under way
  const double before_s = bench::own_cpu_s() + cpu_s_of(worker);
  for (int i = 0; i < count; ++i) {
    if (!client.is_live(1)) fail("a worker does not answer health checks");
  }
  const double check_s = (bench::own_cpu_s() + cpu_s_of(worker) - before_s) / count;
  fmt::print(
      "a health check takes {:.0f} µs of processor time on both sides together: one every "
      "{:g} s takes {:.3f} % of it\n",
      1e6 * check_s, period_s, 100 * check_s / period_s);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  if (rounds < 1) fail("ROUNDS must be 1 or more");
  const WorkFolder folder(std::filesystem::temp_directory_path());
  // All processes before gRPC has a thread here.
  const int socket_port = bench::start_child(serve_socket).port;
  std::map<std::string, std::string> addresses;
  std::map<std::string, pid_t> processes;
  for (const char* name : {"a", "b"}) {
    const bench::Child child =
        bench::start_child([&](int pipe) { serve_worker(name, folder.path(), pipe); });
    addresses[name] = fmt::format("127.0.0.1:{}", child.port);
    processes[name] = child.process;
  }
  const runtime::Clients workers = runtime::connect(addresses, {});
  const int peer = connected_to(socket_port);
  fmt::print("{:>10} {:>12} {:>12} {:>8} {:>12}\n", "bytes", "a hop", "plain TCP", "ratio", "more");
  for (const std::int64_t bytes : {60'000, 600'000, 3'000'000, 12'000'000}) {
    compare(bytes, rounds, workers, peer, folder.path());
  }
  print_health_checks(*workers.at("a"), processes.at("a"));
}
