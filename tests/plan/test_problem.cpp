#include <limits>

#include "scission/base.hpp"
#include "scission/plan/problem.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

SystemProfile profile(const std::string& platform, const std::string& name,
                      const std::vector<Block>& blocks, double seconds) {
  ModelProfile model;
  model.model = "net";
  for (const Block& block : blocks) {
    BlockTiming timing;
    timing.block = block;
    timing.seconds = seconds;
    model.blocks.push_back(timing);
  }
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models.push_back(model);
  return system;
}

BlockTiming& block_of(SystemProfile& profile, std::size_t block) {
  return profile.models[0].blocks[block];
}

std::vector<BlockMemory> memory_of(const std::vector<SystemProfile>& profiles) {
  return make_problem(profiles, Network{}, "net").memory;
}

// Layers 1 and 3 are exits, at the ends of blocks of 2 s.
PartitionProblem problem_with_exits() {
  auto pi = profile("device", "pi", {{0, 1, 100}, {2, 3, 100}, {4, 4, 40}}, 2);
  block_of(pi, 0).layer_types = "Input scission::exit";
  block_of(pi, 1).layer_types = "Conv2d scission::exit";
  block_of(pi, 2).layer_types = "Linear";
  return make_problem({pi}, Network{}, "net");
}

std::string refusal(const std::vector<SystemProfile>& profiles, const std::string& model = "net") {
  try {
    make_problem(profiles, Network{}, model);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what profiles state of codecs is brought to the common cuts, the largest size of each") {
  auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}, {2, 2, 300}, {3, 4, 40}}, 1);
  auto coarse = profile("cloud", "vm", {{0, 1, 928}, {2, 4, 168}}, 0.25);
  const auto timing = [](const char* codec, int layer, double bytes, double encode_s) {
    CodecTiming one;
    one.codec = codec;
    one.last_layer = layer;
    one.bytes = bytes;
    one.encode_seconds = encode_s;
    one.decode_seconds = 2 * encode_s;
    one.error = bytes / 1000;
    one.agreement = 0.75;
    return one;
  };
  fine.models[0].codecs = {timing("int8", -1, 90, 1), timing("int8", 0, 80, 1),
                           timing("int8", 1, 70, 1), timing("fp16", 1, 60, 1)};
  coarse.models[0].codecs = {timing("int8", 1, 75, 0.5), timing("int8", 4, 10, 0.5)};
  const PartitionProblem problem = make_problem({coarse, fine}, Network{}, "net");
  REQUIRE(problem.codecs.size() == 2);
  CHECK(problem.codecs[0].name == "fp16");
  const CodecCosts& int8 = problem.codecs[1];
  const double none = std::numeric_limits<double>::infinity();
  CHECK(int8.name == "int8");
  CHECK(int8.bytes == std::vector<double>{90, 75, 10});
  CHECK(int8.error == std::vector<double>{0.09, 0.075, 0.01});
  CHECK(int8.disagreement == std::vector<double>{0.25, 0.25, 0.25});
  CHECK(int8.encode_s == std::vector<std::vector<double>>{{1, 1, none}, {none, 0.5, 0.5}});
  CHECK(int8.decode_s == std::vector<std::vector<double>>{{2, 2, none}, {none, 1, 1}});
}

TEST_CASE("profiles of different grain are brought to their common boundaries") {
  const auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}, {2, 2, 300}, {3, 4, 40}}, 1);
  const auto coarse = profile("cloud", "vm", {{0, 1, 928}, {2, 4, 168}}, 0.25);
  const PartitionProblem problem = make_problem({coarse, fine}, Network{}, "net");
  CHECK(problem.blocks == std::vector<Block>{{0, 1, 928}, {2, 4, 168}});
  CHECK(problem.systems == std::vector<System>{{"pi", "device"}, {"vm", "cloud"}});
  CHECK(problem.block_s == std::vector<std::vector<double>>{{2, 2}, {0.25, 0.25}});
}

TEST_CASE(
    "a merged block has the setup time of its first part, and none where no profile has one") {
  auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}, {2, 2, 300}, {3, 4, 40}}, 1);
  const auto coarse = profile("cloud", "vm", {{0, 1, 928}, {2, 4, 168}}, 0.25);
  CHECK(make_problem({coarse, fine}, Network{}, "net").setup_s.empty());
  block_of(fine, 0).setup_seconds = 0.1;
  block_of(fine, 1).setup_seconds = 0.2;
  block_of(fine, 2).setup_seconds = 0.3;
  const PartitionProblem problem = make_problem({coarse, fine}, Network{}, "net");
  CHECK(problem.setup_s == std::vector<std::vector<double>>{{0.1, 0.3}, {0, 0}});
  CHECK(problem.expected_setup_s(0, 1) == 0.3);
}

TEST_CASE("sizes that depend on data may differ between profiles, and the largest counts") {
  const Block seen{0, 1, 800, ByteRange{400, 1200}};
  const auto one = profile("device", "pi", {seen, {2, 4, 40}}, 1);
  const auto other = profile("cloud", "vm", {{0, 1, 2000, ByteRange{600, 2000}}, {2, 4, 40}}, 1);
  const PartitionProblem problem = make_problem({one, other}, Network{}, "net");
  CHECK(problem.blocks[0] == Block{0, 1, 2000, ByteRange{400, 2000}});
  CHECK(problem.blocks[1] == Block{2, 4, 40});
}

TEST_CASE("profiles of different models under one name are refused") {
  const auto one = profile("device", "pi", {{0, 1, 800}, {2, 4, 40}}, 1);
  CHECK(refusal({one, profile("edge", "box", {{0, 1, 800}, {2, 5, 40}}, 1)}) ==
        "device-pi and edge-box hold different models under the name 'net': one ends with layer 4, "
        "the other with layer 5");
  CHECK(refusal({one, profile("edge", "box", {{0, 1, 1600}, {2, 4, 40}}, 1)}) ==
        "device-pi and edge-box hold different models under the name 'net': after layer 1 one "
        "outputs 800 bytes, the other 1600");
}

TEST_CASE("an unknown model is answered with those that are known") {
  CHECK(refusal({profile("device", "pi", {{0, 1, 8}}, 1)}, "other") ==
        "model 'other' is in none of the profiles; choose from: net");
}

TEST_CASE("a platform without a place in the order and a name used twice are refused") {
  const auto one = profile("device", "pi", {{0, 1, 8}}, 1);
  CHECK(
      refusal({profile("fog", "box", {{0, 1, 8}}, 1)}).rfind("profile of box: platform 'fog'", 0) ==
      0);
  CHECK(
      refusal({one, profile("edge", "pi", {{0, 1, 8}}, 1)}).rfind("two systems have the same", 0) ==
      0);
}

TEST_CASE("an order that names a platform twice is refused") {
  const auto one = profile("device", "pi", {{0, 1, 8}}, 1);
  CHECK_THROWS_AS(make_problem({one}, Network{}, "net", {"device", "cloud", "device"}), Error);
}

TEST_CASE("links are taken from the network for every pair of systems") {
  const Network network({{"device", "cloud", {10, 8}}});
  const PartitionProblem problem = make_problem(
      {profile("device", "pi", {{0, 1, 8}}, 1), profile("cloud", "vm", {{0, 1, 8}}, 1)}, network,
      "net");
  CHECK(problem.link(0, 1) == Link{10, 8});
  CHECK_FALSE(problem.link(1, 0));
}

TEST_CASE("a block takes what its profile states of memory") {
  auto pi = profile("device", "pi", {{0, 1, 800}, {2, 4, 40}}, 1);
  block_of(pi, 0).weight_bytes = 1000;
  block_of(pi, 0).parameters = 7;
  block_of(pi, 0).peak_activation_bytes = 90;
  block_of(pi, 1).weight_bytes = 2000;
  block_of(pi, 1).peak_activation_bytes = 5000;
  CHECK(memory_of({pi}) == std::vector<BlockMemory>{{1000, 90}, {2000, 5000}});
}

TEST_CASE("without stated memory a block takes 4 bytes a parameter, its input and its output") {
  auto pi = profile("device", "pi", {{0, 1, 800}, {2, 4, 40}}, 1);
  block_of(pi, 1).parameters = 10;
  CHECK(memory_of({pi}) == std::vector<BlockMemory>{{0, 150'800}, {40, 840}});
}

TEST_CASE("a merged block takes its parts' weights together and the most of their activations") {
  auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}, {2, 2, 300}, {3, 4, 40}}, 1);
  for (std::size_t block = 0; block < 4; ++block) {
    block_of(fine, block).weight_bytes = 1 << block;
    block_of(fine, block).peak_activation_bytes = block == 1 ? 5 : 3;
  }
  const auto coarse = profile("cloud", "vm", {{0, 1, 800}, {2, 4, 40}}, 1);
  CHECK(memory_of({fine, coarse}) == std::vector<BlockMemory>{{1 + 2, 5}, {4 + 8, 3}});
}

TEST_CASE("the parts of a merged block count with their parameters where they state no weights") {
  auto fine = profile("device", "pi", {{0, 0, 600}, {1, 1, 800}}, 1);
  block_of(fine, 0).weight_bytes = 100;
  block_of(fine, 1).parameters = 5;
  const auto coarse = profile("cloud", "vm", {{0, 1, 800}}, 1);
  CHECK(memory_of({fine, coarse}) == std::vector<BlockMemory>{{120, 150'800}});
  CHECK(memory_of({coarse, fine}) == std::vector<BlockMemory>{{120, 150'800}});
}

TEST_CASE("of several profiles the largest figure counts, and a stated one before a reckoned one") {
  auto pi = profile("device", "pi", {{0, 1, 800}}, 1);
  auto box = profile("edge", "box", {{0, 1, 800}}, 1);
  auto vm = profile("cloud", "vm", {{0, 1, 800}}, 1);
  block_of(pi, 0).parameters = 1000;
  CHECK(memory_of({pi, box, vm}) == std::vector<BlockMemory>{{4000, 150'800}});
  block_of(box, 0).weight_bytes = 2000;
  block_of(box, 0).peak_activation_bytes = 70;
  CHECK(memory_of({pi, box, vm}) == std::vector<BlockMemory>{{2000, 70}});
  block_of(vm, 0).weight_bytes = 1900;
  block_of(vm, 0).peak_activation_bytes = 80;
  CHECK(memory_of({pi, box, vm}) == std::vector<BlockMemory>{{2000, 80}});
}

TEST_CASE("without a parameter in any profile memory is not known") {
  auto pi = profile("device", "pi", {{0, 1, 800}, {2, 4, 40}}, 1);
  CHECK(memory_of({pi}).empty());
  block_of(pi, 1).parameters = 1;
  CHECK(memory_of({pi}).size() == 2);
}

TEST_CASE("systems have no figures of their own at first") {
  const PartitionProblem problem =
      make_problem({profile("device", "pi", {{0, 1, 8}}, 1)}, Network{}, "net");
  CHECK(problem.systems == std::vector<System>{{"pi", "device"}});
  CHECK_FALSE(problem.systems[0].memory_bytes);
}

TEST_CASE("early exits are the layers of that type in the profiles") {
  const PartitionProblem problem = problem_with_exits();
  CHECK(problem.exits == std::vector<int>{1, 3});
  CHECK(problem.exit_shares.empty());
  CHECK(problem.reach(3) == 1);
}

TEST_CASE("the share of the requests that run a block is what the exits before it leave") {
  PartitionProblem problem = problem_with_exits();
  set_exit_shares(parse_exit_shares(" 1=0.25, 3 = 50%"), problem);
  CHECK(problem.exit_shares == std::vector<ExitShare>{{1, 0.25}, {3, 0.5}});
  CHECK(problem.reach(0) == 1);
  CHECK(problem.reach(1) == 0.75);
  CHECK(problem.reach(2) == 0.25);
  CHECK(problem.reach(3) == 0.25);  // the output of the last block
  CHECK(problem.expected_s(0, 2) == 0.5);
  set_exit_shares({{3, 0.1}, {1, 0.9}}, problem);
  CHECK(problem.reach(2) == 0);
}

TEST_CASE("invalid exit shares are refused and change nothing") {
  PartitionProblem problem = problem_with_exits();
  set_exit_shares({{1, 0.5}}, problem);
  const auto refuses = [&](const char* text, const char* why) {
    CHECK_ERROR(set_exit_shares(parse_exit_shares(text), problem), ErrorCode::invalid_argument,
                why);
    CHECK(problem.exit_shares == std::vector<ExitShare>{{1, 0.5}});
  };
  refuses("2=0.5", "layer 2 is no early exit; the exits are 1, 3");
  refuses("9=0.5", "layer 9 is no early exit");
  refuses("1=0.5,3=0.6", "the shares are 1.1 together, and must be 1 at most");
  CHECK_ERROR(parse_exit_shares("1=0.5,3=0.6"), ErrorCode::invalid_argument, "1 at most");
  refuses("1=-0.1", "the share of layer 1 is -0.1, and must be 0 or more");
  refuses("1=0.1,1=0.1", "layer 1 is there twice");
  for (const char* text : {"", "1", "1=", "=0.5", "exit=0.5", "1=half", "1=0.5,", "1=0.5;3=0.2"}) {
    INFO(text);
    refuses(text, "is not LAYER=SHARE");
  }
  problem.blocks = {{0, 1, 100}, {2, 4, 40}};
  refuses("3=0.5", "the exit, layer 3, is within layers 2-4");
  problem.exits.clear();
  refuses("3=0.5", "the profiles of 'net' have no early exit");
}

TEST_CASE("what is asked of a system, block or platform that is not there is refused") {
  PartitionProblem problem;
  CHECK_ERROR(problem.last_layer(), ErrorCode::invalid_argument, "no block -1");
  problem.platforms = {"device"};
  problem.systems = {{"pi", "device"}, {"vm", "moon"}};
  problem.blocks = {{0, 2, 100}};
  problem.links.resize(4);
  problem.links[1] = Link{0, 8};
  CHECK(problem.link(0, 1).has_value());
  CHECK_ERROR(problem.link(0, 2), ErrorCode::invalid_argument, "no system 2");  // not link(1, 0)
  CHECK_ERROR(problem.link(-1, 2), ErrorCode::invalid_argument, "no system -1");
  CHECK(problem.platform_of(0) == 0);
  CHECK_ERROR(problem.platform_of(1), ErrorCode::invalid_argument, "'moon'");
  CHECK_ERROR(problem.platform_of(2), ErrorCode::invalid_argument, "no system 2");
  CHECK(problem.bytes_into(0, 5) == 5);
  CHECK(problem.bytes_into(1, 5) == 100);
  CHECK_ERROR(problem.bytes_into(2, 5), ErrorCode::invalid_argument, "no block 1");
}

TEST_CASE("systems whose profiles lack the model are told apart from those that have none") {
  auto other = profile("device", "pi", {{0, 1, 8}}, 1);
  other.models[0].model = "other";
  const PartitionProblem problem =
      make_problem({other, profile("edge", "box", {{0, 1, 8}}, 1)}, Network{}, "net");
  CHECK(problem.systems == std::vector<System>{{"box", "edge"}});
  CHECK(problem.unmeasured == std::vector<System>{{"pi", "device"}});
  CHECK(
      unmeasured_text({"pi", "device"}, "resnet50") ==
      "profile device-pi has not measured 'resnet50'; measure it there: scission-benchmark device "
      "pi --models resnet50 --resume -o FOLDER");
  CHECK(contains(unmeasured_text({"pi", "device"}, "net"), "--model FILE.pt (the file of net)"));
}

TEST_CASE("the input counts as a compressed picture for the original's models and pictures only") {
  const auto bytes_of = [](const std::string& model, const std::vector<std::int64_t>& shape,
                           const std::vector<Block>& blocks) {
    auto pi = profile("device", "pi", blocks, 1);
    pi.models[0].model = model;
    pi.models[0].input_shape = shape;
    return default_input_bytes(make_problem({pi}, Network{}, model));
  };
  const std::vector<Block> apart{{0, 0, 602'112}, {1, 4, 40}};
  const std::vector<Block> together{{0, 3, 800}, {4, 4, 40}};
  CHECK(bytes_of("resnet50", {1, 3, 224, 224}, apart) == 150'000);
  CHECK(bytes_of("resnet50", {1, 224, 224, 3}, apart) == 150'000);
  CHECK(bytes_of("resnet50", {}, apart) == 150'000);  // a .dat states no shape
  CHECK(bytes_of("resnet50", {8, 3, 224, 224}, apart) == 602'112);
  CHECK(bytes_of("resnet50", {1, 128}, {{0, 0, 512}, {1, 4, 40}}) == 512);
  CHECK(bytes_of("net", {1, 3, 224, 224}, apart) == 602'112);
  CHECK(bytes_of("net", {1, 128}, {{0, 0, 512}, {1, 4, 40}}) == 512);
  CHECK(bytes_of("net", {1, 10}, together) == 40);  // as float32
  CHECK(bytes_of("net", {}, together) == 150'000);  // a guess
}
