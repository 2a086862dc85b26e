// What a stage takes when it begins after a wait, beside the same stage right behind its
// predecessor: one factor at a time, all conditions in turn in every round.
//
//   compare-stage-start THREADS ROUNDS [MODEL...]   built-in models (default: mobilenet, resnet50)
//
// The stage is the model from half of its time on, its last twentieth, its last block. A row is the
// median over the rounds; its ratio is the median of the ratios to the reference of the same round,
// with the 95 % interval of that median, so that what slows a whole round down does not count. The
// first rows are CPU times of this process, which other programs lengthen by displacing caches
// only.
#include <fmt/format.h>
#include <torch/script.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/run_program.hpp"
#include "cpu_clock.hpp"
#include "scission/base.hpp"
#include "scission/measure.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/worker/worker.hpp"
#include "scission/stats.hpp"
#include "scission/torchscript/backend/backend.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "serving_process.hpp"

namespace {

using namespace scission;
namespace ts = scission::torchscript;

using Work = std::function<void()>;

constexpr double idle_s = 0.05;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_time(const Work& work) {
  const double start_s = bench::own_cpu_s();
  work();
  return bench::own_cpu_s() - start_s;
}

double wall_time(const Work& work) {
  const double start_s = now_s();
  work();
  return now_s() - start_s;
}

void idle() { std::this_thread::sleep_for(std::chrono::duration<double>(idle_s)); }

void spin() {
  for (const double end_s = now_s() + idle_s; now_s() < end_s;) {
  }
}

void flush(const Tensor& tensor) {
#if defined(__x86_64__)
  constexpr std::size_t line = 64;
  for (std::size_t at = 0; at < tensor.bytes.size; at += line) _mm_clflush(tensor.bytes.data + at);
  _mm_mfence();
#else
  (void)tensor;
#endif
}

/// Writes more memory than the caches hold, as another program would.
void displace() {
  static std::vector<char> memory(std::size_t{96} << 20);
  for (std::size_t at = 0; at < memory.size(); at += 64) ++memory[at];
}

/// The same numbers in fresh memory that another thread has written.
Tensor received(const Tensor& tensor) {
  Tensor copy = tensor;
  std::thread([&] {
    copy.bytes = to_shared_bytes(std::string(tensor.bytes.data, tensor.bytes.size));
  }).join();
  return copy;
}

/// A thread that waits for work, as those of workers and pipelines do.
class WaitingThread {
 public:
  explicit WaitingThread(const Work& at_start) : thread_([this, at_start] { serve(at_start); }) {}
  ~WaitingThread() {
    run({});
    thread_.join();
  }

  /// Returns when the work is done; without work the thread ends.
  void run(const Work& work) {
    std::unique_lock lock(mutex_);
    work_ = work;
    is_done_ = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return is_done_; });
  }

 private:
  void serve(const Work& at_start) {
    at_start();
    for (bool is_last = false; !is_last;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !is_done_; });
      is_last = !work_;
      if (!is_last) work_();
      is_done_ = true;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Work work_;
  bool is_done_ = true;
  std::thread thread_;
};

/// A condition: what is done before the stage, and the stage's time.
struct Condition {
  std::string name;
  std::function<double()> run;
  bool is_reference = false;  ///< of itself and of those behind it
  std::vector<double> seconds = {};
};

/// Both halves of a model, in this process and the second one also on a worker.
class SplitInTwo {
 public:
  SplitInTwo(const ts::SplitModel& model, double share, const std::filesystem::path& folder,
             const runtime::Clients& workers)
      : blocks_(ts::make_runnable(model)), input_(ts::to_tensors(model.inputs())) {
    first_ = first_block(share);
    const std::vector<Cut> cuts{model.cuts().cuts[first_ - 1], model.cuts().cuts.back()};
    const SegmentManifest manifest = ts::write_segments(model, cuts, folder);
    head_ = load(ts::load_stage, manifest, folder, 0);
    tail_ = load(ts::load_stage, manifest, folder, 1);
    slow_ = load(throttled(ts::load_stage, speed), manifest, folder, 1);
    const Segment& segment = manifest.segments[1];
    served_ = std::make_unique<runtime::Pipeline>(
        runtime::deploy_stages(model.graph().name, {{"a", segment, folder / segment.file, {}}},
                               workers, {}),
        runtime::PipelineOptions{"here"});
  }

  static constexpr double speed = 0.25;

  const Block& block() const { return blocks_->blocks()[first_]; }

  double chain(const Work& before_stage) {
    for (int i = 0; i < first_; ++i) blocks_->run_block(i);
    before_stage();
    return cpu_time([&] {
      for (std::size_t i = first_; i < blocks_->blocks().size(); ++i) {
        blocks_->run_block(static_cast<int>(i));
      }
    });
  }

  /// `prepare` gets the stage's input and returns the tensor to use.
  double stage(const std::function<Tensor(Tensor)>& prepare) {
    return run(*tail_, prepare(run_head()));
  }

  double on_a_waiting_thread(WaitingThread& thread, const Work& before_stage) {
    const Tensor input = run_head();
    before_stage();
    double seconds = 0;
    thread.run([&] { seconds = run(*tail_, input); });
    return seconds;
  }

  double by_the_clock(const Work& before_stage) { return by_the_clock(*tail_, before_stage); }

  /// Of the slowed-down stage, scaled back.
  double slowed(const Work& before_stage) { return speed * by_the_clock(*slow_, before_stage); }

  struct Served {
    double compute_s = 0;
    double queue_s = 0;
    double conversion_s = 0;  ///< of tensors, at both ends
    double total_s = 0;
  };

  Served served(const Work& before_stage) {
    const Tensor input = run_head();
    before_stage();
    const runtime::PipelineResult result = served_->run({input});
    if (!result.is_answered) throw std::runtime_error(result.failure.message);
    const runtime::HopTiming& hop = result.hops.at(0);
    return {hop.compute_s, hop.queue_s, hop.serialise_s + hop.deserialise_s, result.latency_s};
  }

 private:
  static std::unique_ptr<StageModel> load(const StageLoader& loader,
                                          const SegmentManifest& manifest,
                                          const std::filesystem::path& folder, int index) {
    const Segment& segment = manifest.segments[index];
    return loader(folder / segment.file, segment);
  }

  double by_the_clock(StageModel& stage, const Work& before_stage) {
    Tensor input = run_head();
    before_stage();
    return wall_time([&] { stage.run({std::move(input)}); });
  }

  Tensor run_head() { return head_->run(input_).at(0); }

  static double run(StageModel& stage, Tensor input) {
    return cpu_time([&] { stage.run({std::move(input)}); });
  }

  int first_block(double share) {
    MeasureOptions options;
    options.max_time_s = 1;
    const ModelProfile profile = measure(*blocks_, options);
    double seconds = 0;
    for (std::size_t i = 0; i + 1 < profile.blocks.size(); ++i) {
      seconds += profile.blocks[i].seconds;
      if (seconds >= share * profile.blocks_seconds()) return static_cast<int>(i) + 1;
    }
    return static_cast<int>(profile.blocks.size()) - 1;
  }

  std::unique_ptr<Runnable> blocks_;
  std::vector<Tensor> input_;
  int first_ = 0;
  std::unique_ptr<StageModel> head_;
  std::unique_ptr<StageModel> tail_;
  std::unique_ptr<StageModel> slow_;
  std::unique_ptr<runtime::Pipeline> served_;
};

void nothing() {}

std::vector<Condition> conditions_of(SplitInTwo& model, int threads) {
  const auto own = std::make_shared<WaitingThread>([=] { ts::set_threads(threads); });
  const auto usual = std::make_shared<WaitingThread>([] {});
  const auto after = [&](const Work& wait) {
    return [&model, wait] {
      return model.stage([&](Tensor input) {
        wait();
        return input;
      });
    };
  };
  return {
      {"blocks in a chain, right behind (reference)", [&] { return model.chain(nothing); }, true},
      {"blocks in a chain, after 50 ms asleep", [&] { return model.chain(idle); }},
      {"stage, right behind", after(nothing)},
      {"stage, after 50 ms of computing something small", after(spin)},
      {"stage, after 50 ms asleep", after(idle)},
      {"stage, its input flushed from the caches",
       [&] {
         return model.stage([](Tensor input) {
           flush(input);
           return input;
         });
       }},
      {"stage, its input from another thread", [&] { return model.stage(received); }},
      {"stage, its weights displaced (96 MiB written)", after(displace)},
      {"stage, on a waiting thread",
       [&model, own] { return model.on_a_waiting_thread(*own, nothing); }},
      {"stage, on a waiting thread with LibTorch's defaults",
       [&model, usual] { return model.on_a_waiting_thread(*usual, nothing); }},
      {"stage, on a waiting thread, after 50 ms asleep",
       [&model, own] { return model.on_a_waiting_thread(*own, idle); }},
      {"by the clock: stage, right behind (reference)", [&] { return model.by_the_clock(nothing); },
       true},
      {"  stage, after 50 ms asleep", [&] { return model.by_the_clock(idle); }},
      {"  stage slowed down 4 times ÷ 4, right behind", [&] { return model.slowed(nothing); }},
      {"  stage slowed down 4 times ÷ 4, after 50 ms asleep", [&] { return model.slowed(idle); }},
      {"  worker, compute, right behind", [&] { return model.served(nothing).compute_s; }},
      {"  worker, compute, after 50 ms asleep", [&] { return model.served(idle).compute_s; }},
      {"  worker, queue, after 50 ms asleep", [&] { return model.served(idle).queue_s; }},
      {"  worker, conversions, after 50 ms asleep",
       [&] { return model.served(idle).conversion_s; }},
      {"  worker, whole request, after 50 ms asleep", [&] { return model.served(idle).total_s; }},
  };
}

/// Each round starts with another condition, so that none always follows the same one's end.
void run_rounds(std::vector<Condition>& conditions, int rounds) {
  constexpr int warmup = 3;
  const auto count = static_cast<int>(conditions.size());
  for (int round = -warmup; round < rounds; ++round) {
    for (int i = 0; i < count; ++i) {
      Condition& condition = conditions[(i + round + warmup) % count];
      const double seconds = condition.run();
      if (round >= 0) condition.seconds.push_back(seconds);
    }
  }
}

void print(const std::vector<Condition>& conditions) {
  const std::vector<double>* reference = nullptr;
  for (const Condition& condition : conditions) {
    if (condition.is_reference) reference = &condition.seconds;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < reference->size(); ++i) {
      ratios.push_back(condition.seconds[i] / (*reference)[i]);
    }
    const Summary ratio = summarise(ratios);
    fmt::print("  {:<52} {:>10} {:>7.3f}  {:.3f} … {:.3f}\n", condition.name,
               format_duration(median(condition.seconds)), ratio.median, ratio.interval.low,
               ratio.interval.high);
  }
  std::fflush(stdout);
}

void compare(const std::string& name, int threads, int rounds, const runtime::Clients& workers) {
  const ZooModel& zoo = find_zoo_model(name);
  const std::vector<InputSpec> inputs{{{1, zoo.channels, zoo.height, zoo.width}}};
  const ts::SplitModel model(ts::build_zoo_model(name), name, ts::random_inputs({inputs}), {});
  for (const double share : {0.5, 0.95, 1.0}) {
    const WorkFolder folder(std::filesystem::temp_directory_path());
    SplitInTwo halves(model, share, folder.path(), workers);
    std::vector<Condition> conditions = conditions_of(halves, threads);
    run_rounds(conditions, rounds);
    fmt::print("{}, from layer {} on\n", name, halves.block().first_layer);
    print(conditions);
  }
}

void serve(const std::filesystem::path& store, int threads, int pipe) {
  runtime::WorkerOptions options;
  options.name = "a";
  options.listen = "127.0.0.1:0";
  options.store = store;
  options.on_compute_thread = [threads] { ts::set_threads(threads); };
  options.load = with_warmup(ts::load_stage, options.on_compute_thread);
  keep_freed_memory();
  const runtime::Worker worker(options);
  bench::tell_port(pipe, worker.port());
  pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::atoi(argv[1]) < 1 || std::atoi(argv[2]) < 1) {
    fmt::print(stderr, "usage: compare-stage-start THREADS ROUNDS [MODEL...]\n");
    return 2;
  }
  try {
    const int threads = std::atoi(argv[1]);
    const WorkFolder store(std::filesystem::temp_directory_path());
    const int port =
        bench::start_child([&](int pipe) { serve(store.path() / "a", threads, pipe); }).port;
    ts::register_backend();
    keep_freed_memory();
    ts::set_threads(threads);
    const runtime::Clients workers =
        runtime::connect({{"a", fmt::format("127.0.0.1:{}", port)}}, {});
    std::vector<std::string> models(argv + 3, argv + argc);
    if (models.empty()) models = {"mobilenet", "resnet50"};
    fmt::print("  {:<52} {:>10} {:>7}  95 %\n", "", "median", "ratio");
    for (const std::string& model : models) compare(model, threads, std::atoi(argv[2]), workers);
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare-stage-start: {}\n", error.what());
    return 1;
  }
}
