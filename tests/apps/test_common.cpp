// What the tools share.
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "support/catch.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace scission::apps {

TEST_CASE("a table is as wide as its widest cells, words to the left and numbers to the right") {
  Table table({{"model", Align::left}, {"layers"}});
  table.add({"vgg19", "26"});
  table.add({"mobilenet", "92"});
  CHECK(table.text() ==
        "model      layers\n"
        "vgg19          26\n"
        "mobilenet      92\n");
}

TEST_CASE("a table can be printed row by row") {
  Table table({{"model", Align::left, 8}, {"layers", Align::right, 7}});
  CHECK(table.last_row() == "model      layers\n");
  table.add({"vgg19", "26"});
  CHECK(table.last_row() == "vgg19          26\n");
}

TEST_CASE("a table that is wider than its terminal is a block of lines for each row") {
  for (const std::size_t columns : {17U, 16U}) {
    Table table({{"model", Align::left}, {"layers"}}, columns);
    table.add({"vgg19", "26"});
    CHECK(table.last_row() == "vgg19      26\n");
    table.add({"mobilenet", "92"});
    CHECK(table.text() == (columns == 17 ? "model      layers\n"
                                           "vgg19          26\n"
                                           "mobilenet      92\n"
                                         : "model   vgg19\n"
                                           "layers  26\n"
                                           "\n"
                                           "model   mobilenet\n"
                                           "layers  92\n"));
  }
  Table narrow({{"model", Align::left}, {"layers"}}, 5);
  CHECK(narrow.last_row().empty());
  narrow.add({"vgg19", ""});
  CHECK(narrow.last_row() == "model   vgg19\n\n");
}

TEST_CASE("text is broken at spaces to fit a terminal, and indented on") {
  CHECK(fitted("one two three\n", 13) == "one two three\n");
  CHECK(fitted("one two three\n", 12) == "one two\nthree\n");
  CHECK(fitted("one two three\nfour\n\nfive\nsix\n", 12) == "one two\nthree four\n\nfive\nsix\n");
  CHECK(fitted("  one two three four\n\nx\n", 10) == "  one two\n    three\n    four\n\nx\n");
  CHECK(fitted("unbreakable word\n", 5) == "unbreakable\nword\n");
  CHECK(fitted("10 µs 20 µs\n", 11) == "10 µs 20 µs\n");
}

TEST_CASE("a table's lines have no spaces at their end") {
  Table table({{"name", Align::left}});
  table.add({"x"});
  CHECK(table.text() == "name\nx\n");
}

TEST_CASE("a table counts characters, not bytes") {
  Table table({{"time"}, {"note", Align::left}});
  table.add({"10 µs", "short"});
  CHECK(table.text() == " time  note\n10 µs  short\n");
}

TEST_CASE("a table's row needs one cell for every column") {
  Table table({{"a"}, {"b"}});
  CHECK_THROWS_AS(table.add({"1"}), scission::Error);
}

TEST_CASE("a progress line tells the share that is done and the time left") {
  CHECK(progress_line("vgg19", 0.25, 12) == "vgg19  [#####...............]  25 %, 12.0 s left");
  CHECK(progress_line("vgg19", 1, 0.5) == "vgg19  [####################] 100 %, 500 ms left");
}

TEST_CASE("a progress line tells what is being done where there is a word for it") {
  CHECK(progress_line("vgg19 1/2", 0.25, 12, "block 3/26") ==
        "vgg19 1/2  block 3/26  [###.......]  25 %, 12.0 s left");
}

TEST_CASE("a progress line of a narrow terminal loses whole parts, and cuts no word") {
  const std::string label = "densenet121 3/18, pass 2/5";
  const std::string detail = "round 12, 1.4 % (goal 1 %)";
  const auto line = [&](std::size_t columns) {
    return progress_line(label, 0.25, 12, detail, columns);
  };
  CHECK(line(90) == label + "  " + detail + "  [###.......]  25 %, 12.0 s left");
  CHECK(line(75) == label + "  " + detail + "  25 %, 12.0 s left");
  CHECK(line(59) == label + "  [###.......]  25 %, 12.0 s left");
  CHECK(line(45) == label + "  25 %, 12.0 s left");
  CHECK(line(20) == "  25 %, 12.0 s left");
}

TEST_CASE("a progress line stays within 0 and 100 per cent") {
  CHECK(progress_line("x", -1, 1).find("[....................]   0 %") != std::string::npos);
  CHECK(progress_line("x", 7, 1).find("[####################] 100 %") != std::string::npos);
}

TEST_CASE("a job whose length nobody knows tells how long it has taken") {
  CHECK(elapsed_line("searching", 12) == "searching, 12.0 s so far");
}

TEST_CASE("an error's code decides the exit code") {
  CHECK(exit_code(scission::ErrorCode::invalid_argument) == 2);
  CHECK(exit_code(scission::ErrorCode::infeasible) == 3);
  for (const auto code :
       {scission::ErrorCode::io, scission::ErrorCode::damaged, scission::ErrorCode::mismatch,
        scission::ErrorCode::not_found, scission::ErrorCode::unsupported}) {
    CHECK(exit_code(code) == 1);
  }
}

}  // namespace scission::apps
