#include <cstdint>
#include <string>

#include "profile/pickle.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/pickles.hpp"

using namespace scission;
using namespace scission::testing::pickles;
using pickle::Kind;

namespace {

// The pickle's value is what the instructions leave.
pickle::Document load(const std::string& instructions) {
  static std::string bytes;  // the document refers to it
  bytes = protocol + instructions + stop;
  return pickle::parse_pickle(bytes, "f.dat");
}

pickle::Value value_of(const std::string& instructions) {
  const pickle::Document document = load(instructions);
  return document[document.root];
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("whole numbers of every width are read") {
  CHECK(value_of(std::string("K\xff")).integer == 255);
  CHECK(value_of(std::string("M\x01\xff")).integer == 0xff01);
  CHECK(value_of(integer(-2)).integer == -2);
  CHECK(value_of(std::string("\x8a\x00", 2)).integer == 0);
  CHECK(value_of(std::string("\x8a\x01\xfe")).integer == -2);
  CHECK(value_of(std::string("\x8a\x05\x00\x00\x00\x00\x01", 7)).integer == 1LL << 32);
  CHECK(value_of(std::string("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f")).integer == INT64_MAX);
}

TEST_CASE("real numbers, texts, none and booleans are read") {
  CHECK(value_of(real(0.07058942317962646)).real == 0.07058942317962646);
  CHECK(value_of(text("vgg19")).text == "vgg19");
  CHECK(value_of(std::string("X\x02\x00\x00\x00no", 7)).text == "no");
  CHECK(value_of(none).kind == Kind::none);
  CHECK(value_of("\x88").integer == 1);
  CHECK(value_of("\x89").kind == Kind::boolean);
}

TEST_CASE("tuples, lists and dicts refer to their elements in order") {
  const pickle::Document document = load(list(integer(5) + text("x")));
  const pickle::Value& values = document[document.root];
  REQUIRE(values.kind == Kind::list);
  REQUIRE(values.items.size() == 2);
  CHECK(document[values.items[0]].integer == 5);
  CHECK(document[values.items[1]].text == "x");
  CHECK(value_of(empty_list + none + append + none + append).items.size() == 2);
  CHECK(value_of(mark + none + none + tuple).items.size() == 2);
  CHECK(value_of(empty_dict + mark + text("a") + none + set_items).items.size() == 2);
  CHECK(value_of(empty_dict + text("a") + none + "s").items.size() == 2);
}

TEST_CASE("what was remembered is recalled as the same value") {
  const pickle::Document document = load(text("a") + "q\x07" + "h\x07" + tuple2);
  const pickle::Value& pair = document[document.root];
  CHECK(pair.items[0] == pair.items[1]);
  const pickle::Document by_order =
      load(text("a") + memoize + text("b") + memoize + get(0) + tuple3);
  CHECK(by_order[by_order[by_order.root].items[2]].text == "a");
}

TEST_CASE("numpy's float64 is read as a real number, under both names of its module") {
  CHECK(value_of(numpy_float64(0.125)).real == 0.125);
  CHECK(value_of(numpy_float64(0.125, "numpy._core.multiarray")).real == 0.125);
}

TEST_CASE("a float64 of unknown or big-endian byte order is refused") {
  const std::string dtype = global("numpy", "dtype") + text("f8") + "\x89\x88" + tuple3 + reduce;
  const std::string data = raw_bytes("12345678") + tuple2 + reduce;
  const std::string big = mark + integer(3) + text(">") + none + none + none + integer(-1) +
                          integer(-1) + integer(0) + tuple + build;
  const std::string scalar = global("numpy.core.multiarray", "scalar");
  CHECK_ERROR(load(scalar + dtype + data), ErrorCode::damaged, "calls something other");
  CHECK_ERROR(load(scalar + dtype + big + data), ErrorCode::damaged, "sets the state");
}

TEST_CASE("other numpy types, and data of a wrong length, are refused") {
  CHECK_ERROR(load(global("numpy", "dtype") + text("O8") + "\x89\x88" + tuple3 + reduce),
              ErrorCode::damaged, "calls something other than numpy's float64");
  std::string short_data = numpy_float64(1);
  const std::size_t data = short_data.rfind("C\x08");
  short_data.replace(data, 3, "C\x07");
  CHECK_ERROR(load(short_data), ErrorCode::damaged, "calls something other");
}

TEST_CASE("names of Python objects that no profile needs are refused, and nothing is called") {
  for (const std::string& object :
       {global("os", "system"), global("builtins", "eval"), global("__main__", "Other"),
        global("numpy", "load"), text("posix") + text("system") + "\x93"}) {
    CHECK_ERROR(load(object + text("echo") + tuple2 + reduce), ErrorCode::damaged,
                "asks for the Python object");
  }
  CHECK_ERROR(load(global("a\x1b[31m", "b")), ErrorCode::damaged, "object a?[31m.b,");
}

TEST_CASE("a multiprocessing proxy is told apart") {
  CHECK_ERROR(load(global("multiprocessing.managers", "RebuildProxy")), ErrorCode::damaged,
              "holds a multiprocessing proxy and no measurements; benchmark that system again");
}

TEST_CASE("classes and functions can only be used as the published files use them") {
  const std::string benchmark = global("__main__", "LayerBenchmark");
  CHECK_ERROR(load(benchmark + empty_tuple + reduce), ErrorCode::damaged, "calls something");
  CHECK_ERROR(load(benchmark + mark + none + tuple + new_object), ErrorCode::damaged, "creates");
  CHECK_ERROR(load(global("numpy", "dtype") + empty_tuple + new_object), ErrorCode::damaged,
              "creates an object other");
  CHECK_ERROR(load(benchmark + empty_tuple + new_object + none + build), ErrorCode::damaged,
              "sets the state");
  CHECK_ERROR(load(none + none + "\x93"), ErrorCode::damaged, "not text");
}

TEST_CASE("instructions that no profile needs are refused by number") {
  for (const char opcode : std::string("0123IFLSUVTBPQidglopn\x82\x83\x84\x85\x8b\x8d\x8e\x8f"
                                       "\x90\x91\x92\x96\x97\x98\x80\xff")) {
    CHECK_ERROR(load(none + opcode + repeated(none, 8)), ErrorCode::damaged,
                "which is not supported in profiles");
  }
}

TEST_CASE("the stack cannot be taken below its floor or below a mark") {
  for (const std::string& program :
       {tuple2, none + tuple2, append, none + append, none + mark + append, appends, tuple,
        set_items, none + build, build, reduce, new_object, none + mark + memoize, memoize,
        none + mark + none + tuple2, std::string()}) {
    CHECK_ERROR(load(program), ErrorCode::damaged, "that does not exist");
  }
}

TEST_CASE("misused containers are refused") {
  CHECK_ERROR(load(none + none + append), ErrorCode::damaged,
              "adds items to a value that is not a container of that kind");
  CHECK_ERROR(load(none + mark + set_items), ErrorCode::damaged,
              "adds items to a value that is not a container of that kind");
  CHECK_ERROR(load(empty_dict + mark + none + set_items), ErrorCode::damaged,
              "sets a key without a value");
}

TEST_CASE("reading a missing memo entry is an error") {
  CHECK_ERROR(load(get(0)), ErrorCode::damaged, "memo entry");
  CHECK_ERROR(load("j" + bytes_of(0xffffffff, 4)), ErrorCode::damaged, "memo entry");
}

TEST_CASE("a large number of the memo costs no memory") {
  CHECK(value_of(none + "r" + bytes_of(0xffffffff, 4)).kind == Kind::none);
}

TEST_CASE("lengths beyond the end are refused without reserving them") {
  CHECK_ERROR(load("X" + bytes_of(0xffffffff, 4)), ErrorCode::damaged, "ends too early");
  CHECK_ERROR(load("\x95" + bytes_of(~std::uint64_t{0}, 8)), ErrorCode::damaged, "ends too early");
  CHECK_ERROR(load("c"
                   "os"),
              ErrorCode::damaged, "ends too early");
}

TEST_CASE("whole numbers beyond 64 bits are refused") {
  CHECK_ERROR(load("\x8a\x09"
                   "123456789"),
              ErrorCode::damaged, "more than 64 bits");
}

TEST_CASE(
    "two hundred thousand nested lists neither overflow the stack when read nor when let go") {
  constexpr int depth = 200'000;
  const pickle::Document document = load(repeated(empty_list, depth) + repeated(append, depth - 1));
  CHECK(document.values.size() == depth);
}

TEST_CASE("a list may hold itself") {
  const pickle::Document document = load(empty_list + memoize + get(0) + append);
  CHECK(document[document.root].items.front() == document.root);
}

TEST_CASE("other files, and pickles of other protocols, are rejected") {
  CHECK_ERROR(pickle::parse_pickle("", "f.dat"), ErrorCode::damaged,
              "f.dat: is not a Python pickle");
  CHECK_ERROR(pickle::parse_pickle("{}", "f.dat"), ErrorCode::damaged, "is not a Python pickle");
  CHECK_ERROR(pickle::parse_pickle("\x80\x05N.", "f.dat"), ErrorCode::unsupported, "protocol 5");
  CHECK_ERROR(pickle::parse_pickle("\x80\x01N.", "f.dat"), ErrorCode::unsupported, "protocol 1");
}

TEST_CASE("a pickle ends with one value and then stops") {
  CHECK_ERROR(load(none + none), ErrorCode::damaged, "more than one value");
  CHECK_ERROR(load(mark + none), ErrorCode::damaged, "more than one value");
  CHECK_ERROR(load(none + stop + none), ErrorCode::damaged, "continues after its end");
}

TEST_CASE("untrusted text is cut short and made printable") {
  CHECK(pickle::printable("ok name") == "ok name");
  CHECK(pickle::printable("a\nb\x1b\xc3\xa9") == "a?b???");
  CHECK(pickle::printable(std::string(61, 'x')) == std::string(60, 'x') + "...");
}
