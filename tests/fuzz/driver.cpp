// Runs a fuzz target without libFuzzer: on every file of a corpus, then on mutations of them.
//
//     fuzz-TARGET CORPUS DICTIONARY [--seconds N] [--seed N] [--only N]
//
// Mutation number N depends on the seed and on N alone. A crash names N; --only runs that one
// again and writes it to stdout first.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "mutate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using scission::fuzz::Material;

std::uint64_t running = 0;  // the number of the mutation, for the handler of a crash

extern "C" void on_crash(int signal_number) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "crashed in mutation %llu\n",
                                   static_cast<unsigned long long>(running));
  if (write(STDERR_FILENO, text, static_cast<std::size_t>(length)) < 0) _exit(1);
  raise(signal_number);
}

// On a stack of its own, so that an overflow of the stack is reported, too.
void report_crashes() {
  static char stack_memory[1 << 16];
  stack_t stack{};
  stack.ss_sp = stack_memory;
  stack.ss_size = sizeof stack_memory;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) {
    sigaction(number, &action, nullptr);
  }
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::map<std::filesystem::path, std::string> sorted;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    sorted[entry.path()] = scission::read_file(entry.path());
  }
  std::vector<std::string> corpus;
  for (auto& [path, contents] : sorted) corpus.push_back(std::move(contents));
  return corpus;
}

// The inside of a pair of quotes, in which \xNN stands for a byte and \\ and \" for themselves.
std::string unescaped(const std::string& text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      bytes += text[at];
    } else if (text.at(++at) == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

// libFuzzer's format: a word in double quotes on each line, and lines that begin with #.
std::vector<std::string> read_dictionary(const std::filesystem::path& path) {
  std::vector<std::string> words;
  std::istringstream lines(scission::read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 2 || line.front() != '"' || line.back() != '"') continue;
    words.push_back(unescaped(line.substr(1, line.size() - 2)));
  }
  return words;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutation(const Material& material, std::uint64_t seed, std::uint64_t number) {
  std::seed_seq mixed{seed, number};
  std::mt19937_64 random(mixed);
  return mutated(material, random);
}

struct Options {
  double seconds = 10;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> only;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--seconds") options.seconds = std::stod(argv[i + 1]);
    if (name == "--seed") options.seed = std::stoull(argv[i + 1]);
    if (name == "--only") options.only = std::stoull(argv[i + 1]);
  }
  return options;
}

void run_for(const Material& material, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
  while (Clock::now() < end) {
    ++running;
    run(mutation(material, options.seed, running));
  }
  std::cout << "seed " << options.seed << ": " << material.corpus.size() << " inputs and "
            << running << " mutations, no crash\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " CORPUS DICTIONARY [--seconds N] [--seed N] [--only N]\n";
    return 2;
  }
  report_crashes();
  const Material material{read_corpus(argv[1]), read_dictionary(argv[2])};
  const Options options = parse_options(argc, argv);
  if (options.only) {
    running = *options.only;
    const std::string input = mutation(material, options.seed, *options.only);
    std::cout << input << std::flush;
    run(input);
    return 0;
  }
  for (const std::string& input : material.corpus) run(input);
  run_for(material, options);
  return 0;
}
