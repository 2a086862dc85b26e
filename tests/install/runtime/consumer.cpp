// Serves nothing to nobody with the installed runtime, and asks whether it is ready.
#include <filesystem>
#include <iostream>
#include <memory>
#include <scission/runtime/client/client.hpp>
#include <scission/runtime/worker/worker.hpp>
#include <string>

int main() {
  scission::runtime::WorkerOptions options;
  options.name = "consumer";
  options.listen = "127.0.0.1:0";
  options.load = [](const auto&, const auto&) { return std::unique_ptr<scission::StageModel>(); };
  options.store = std::filesystem::temp_directory_path() / "scission-consumer";
  const scission::runtime::Worker worker(options);
  const std::string address = "127.0.0.1:" + std::to_string(worker.port());
  const scission::runtime::Client client(address, {});
  std::cout << client.server(10).name << "\n";
  return client.is_ready(10) ? 0 : 1;
}
