// Times of blocks from ONNX Runtime's profile of the whole model.
#include "onnx/block_times.hpp"

#include <fmt/format.h>

#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

using namespace scission::testing;

// A profile of operations, each with its microseconds, that run one after the other; nested ones
// run within the one before.
class ProfileWriter {
 public:
  ProfileWriter& operation(const std::string& name, int us) {
    add(name + "_kernel_time", now_us_, us);
    now_us_ += us;
    return *this;
  }
  ProfileWriter& nested(const std::string& name, int start_us, int us) {
    add(name + "_kernel_time", start_us, us);
    return *this;
  }
  ProfileWriter& end_run() {
    add("model_run", 0, now_us_);
    return *this;
  }
  int now_us() const { return now_us_; }
  std::string text() const { return "[\n" + events_ + "\n]\n"; }

 private:
  void add(const std::string& name, int start_us, int us) {
    if (!events_.empty()) events_ += ",\n";
    events_ +=
        fmt::format(R"({{"cat": "Node", "name": "{}", "ts": {}, "dur": {}}})", name, start_us, us);
  }

  std::string events_;
  int now_us_ = 0;
};

BlockNames names_of(const OnnxBuilder& builder, const Scratch& folder) {
  const SplitModel model = split_of(source_of(builder.write(folder.path())));
  return {model.model(), blocks_between(model.graph(), model.cuts().cuts)};
}

// v1 ── v2 ── v3 ── v4, a block each behind that of the input, v0.
BlockNames chain_names(const Scratch& folder) {
  OnnxBuilder chain = chain_model(4);
  for (auto& node : *chain.graph().mutable_node()) node.set_name("/" + node.output(0) + "/Relu");
  return names_of(chain, folder);
}

TEST_CASE("an operation belongs to the block whose node or value its name contains") {
  const Scratch folder;
  OnnxBuilder builder = residual_model();
  const SplitModel model = split_of(source_of(builder.write(folder.path())));
  const std::vector<Block> blocks = blocks_between(model.graph(), model.cuts().cuts);
  const BlockNames names(model.model(), blocks);
  REQUIRE(names.blocks() == blocks.size());
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    for (int layer = blocks[block].first_layer; layer <= blocks[block].last_layer; ++layer) {
      for (const int node : model.model().layers[layer].nodes) {
        const std::string name = model.model().nodes.node(node).name();
        const int value = model.model().nodes.makes[node].front();
        const std::string made = model.model().nodes.values[value].name;
        for (const std::string& one : {name, made, made + "_nchwc", "fused " + name + "_4"}) {
          CHECK(names.find(one) == static_cast<int>(block));
        }
      }
    }
  }
  CHECK(names.find("/Shape") == BlockNames::any);
  for (auto& node : *builder.graph().mutable_node()) {
    if (node.name() == "/Shape") node.clear_name();
  }
  CHECK_FALSE(names_of(builder, folder).has_unnamed());
  builder.graph().mutable_node(builder.graph().node_size() - 1)->clear_name();
  CHECK(names_of(builder, folder).has_unnamed());
  CHECK(names.find("ReorderOutput_token_8") == BlockNames::unknown);
  CHECK(names.find("") == BlockNames::unknown);
}

TEST_CASE(
    "the blocks' times add up to the whole model's, and count neither bodies nor first runs") {
  const Scratch folder;
  const BlockNames names = chain_names(folder);
  REQUIRE(names.blocks() == 5);  // the first is the input
  ProfileWriter profile;
  profile.operation("v1", 1000).operation("v2", 1000).operation("v3", 1).operation("v4", 1);
  profile.end_run();
  for (int run = 0; run < 3; ++run) {
    profile.operation("v1_nchwc", 10).operation("ReorderOutput", 20);
    profile.nested("inside_v2", profile.now_us(), 39).operation("v2", 40).operation("v3", 10);
    profile.operation("v4", 10).end_run();
  }
  // 90 us of operations; the other 10 us are 2 us for each.
  const std::vector<double> seconds = block_times_of_profile(profile.text(), names, 100e-6);
  REQUIRE(seconds.size() == 5);
  CHECK(seconds[1] == Approx(34e-6));  // with the conversion behind it
  CHECK(seconds[2] == Approx(42e-6));
  CHECK(seconds[3] == Approx(12e-6));
  CHECK(seconds[4] == Approx(12e-6));
  // A run that is faster without the profiler.
  CHECK(block_times_of_profile(profile.text(), names, 45e-6)[2] == Approx(20e-6));
}

TEST_CASE("a profile that tells too little gives no times") {
  const Scratch folder;
  const BlockNames names = chain_names(folder);
  ProfileWriter one;
  one.operation("v1", 10).end_run();
  CHECK(block_times_of_profile(one.text(), names, 1).empty());
  ProfileWriter other;
  for (int run = 0; run < 3; ++run) other.operation("v1", 10).operation("what", 10).end_run();
  CHECK(block_times_of_profile(other.text(), names, 1).empty());
  for (const char* name : {"v\"1", "v\n1", "v\\1", "v\xff"}) {
    ProfileWriter odd;
    for (int run = 0; run < 3; ++run) odd.operation("v1", 10).operation(name, 1).end_run();
    CHECK(block_times_of_profile(odd.text(), names, 1).empty());
  }
  const std::string mistyped = "{\"name\": \"v1_kernel_time\", \"ts\": \"now\"}\n";
  CHECK(block_times_of_profile(mistyped + one.text(), names, 1).empty());
}

TEST_CASE("no time is assigned where nodes have no names, and none by the name of two blocks") {
  const Scratch folder;
  OnnxBuilder chain = chain_model(4);
  for (auto& node : *chain.graph().mutable_node()) node.clear_name();
  ProfileWriter profile;
  for (int run = 0; run < 3; ++run) profile.operation("v1", 10).operation("v2", 10).end_run();
  CHECK(names_of(chain, folder).has_unnamed());
  CHECK(block_times_of_profile(profile.text(), names_of(chain, folder), 1).empty());
  // A node with the name of what another one makes.
  chain.graph().mutable_node(0)->set_name("v3");
  CHECK(names_of(chain, folder).find("v3") == BlockNames::unknown);
}

TEST_CASE("extra times are divided between the ends of blocks by what crosses there") {
  // Each session costs 1; block 1 converts 30 bytes in and 10 out.
  const std::vector<double> boundaries = boundary_times({1, 5, 1, 1}, {0, 30, 10, 20});
  CHECK(boundaries == std::vector<double>{0, 1 + 3, 1 + 1, 1});
  CHECK(boundary_times({2, 2}, {0, 0}) == std::vector<double>{0, 2});
}

}  // namespace
}  // namespace scission::onnx
