#include "scission/backend/warmed.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "scission/base/error.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

int priority() { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); }

struct Seen {
  std::vector<std::vector<Tensor>> runs;
  std::vector<int> priorities;
  std::vector<std::thread::id> threads;
};

/// Notes what it is run on, and refuses it if asked to.
class Noting : public StageModel {
 public:
  Noting(std::shared_ptr<Seen> seen, bool refuses) : seen_(std::move(seen)), refuses_(refuses) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    seen_->runs.push_back(inputs);
    seen_->priorities.push_back(priority());
    seen_->threads.push_back(std::this_thread::get_id());
    if (refuses_) throw std::runtime_error("not on zeros");  // as a backend of anyone's may
    return inputs;
  }

 private:
  std::shared_ptr<Seen> seen_;
  bool refuses_;
};

StageLoader noting(const std::shared_ptr<Seen>& seen, bool refuses = false) {
  return [=](const std::filesystem::path&, const Segment&) {
    return std::make_unique<Noting>(seen, refuses);
  };
}

Segment segment_of(std::vector<TensorSpec> inputs) {
  Segment segment;
  segment.inputs = std::move(inputs);
  return segment;
}

}  // namespace

TEST_CASE("A warmed stage has run once on zeros of its inputs' shapes") {
  const auto seen = std::make_shared<Seen>();
  const auto stage =
      warmed(noting(seen))("", segment_of({{"x", "float32", {2, 3}}, {"steps", "int64", {}}}));
  REQUIRE(stage);
  REQUIRE(seen->runs.size() == 1);
  const std::vector<Tensor>& inputs = seen->runs[0];
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0].name == "x");
  CHECK(inputs[0].dtype == "float32");
  CHECK(inputs[0].shape == std::vector<std::int64_t>{2, 3});
  CHECK(inputs[0].bytes.view() == std::string(24, '\0'));
  CHECK(inputs[1].bytes.view() == std::string(8, '\0'));
}

TEST_CASE("Warming has a thread of its own and a lower priority, which the caller keeps") {
  const auto seen = std::make_shared<Seen>();
  const int before = priority();
  std::vector<std::thread::id> told;
  const auto stage =
      warmed(noting(seen), [&] { told.push_back(std::this_thread::get_id()); })("", segment_of({}));
  stage->run({});
  REQUIRE(seen->priorities.size() == 2);
  CHECK(seen->priorities[0] > before);
  CHECK(seen->priorities[1] == before);
  CHECK(seen->threads[0] != seen->threads[1]);
  CHECK(told == std::vector<std::thread::id>{seen->threads[0]});
}

TEST_CASE("A stage that does not run on zeros, or on too many, is handed out all the same") {
  const auto seen = std::make_shared<Seen>();
  CHECK(warmed(noting(seen, true))("", segment_of({{"x", "float32", {1}}})));
  CHECK(seen->runs.size() == 1);
  CHECK(warmed(noting(seen))("", segment_of({{"x", "float32", {1LL << 40}}})));
  CHECK(seen->runs.size() == 1);
}

TEST_CASE("What cannot be loaded is told as it was without warming") {
  const StageLoader load = [](const std::filesystem::path&,
                              const Segment&) -> std::unique_ptr<StageModel> {
    throw Error(ErrorCode::damaged, "is no model", "net.pt");
  };
  const auto error = testing::error_of([&] { warmed(load)("", segment_of({})); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(std::string(error->what()).find("is no model") != std::string::npos);
}
