// Tables and text of a given width.
#include "base/text_table.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"

namespace scission::text {

TEST_CASE("a table is as wide as its widest cells, words to the left and numbers to the right") {
  Table table({{"model", Align::left}, {"layers"}}, std::nullopt);
  table.add({"vgg19", "26"});
  table.add({"mobilenet", "92"});
  CHECK(table.text() ==
        "model      layers\n"
        "vgg19          26\n"
        "mobilenet      92\n");
}

TEST_CASE("a table can be printed row by row") {
  Table table({{"model", Align::left, 8}, {"layers", Align::right, 7}}, std::nullopt);
  CHECK(table.last_row() == "model      layers\n");
  table.add({"vgg19", "26"});
  CHECK(table.last_row() == "vgg19          26\n");
}

TEST_CASE("a table that is wider than its width is a block of lines for each row") {
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
  Table remarked({{"within"}, {"which", Align::left}, {""}}, 20);
  remarked.add({"5 %", "edge:0-91 (3), edge:0-12 (1)", "a remark"});
  CHECK(remarked.last_row() ==
        "within  5 %\n"
        "which   edge:0-91\n"
        "        (3),\n"
        "        edge:0-12\n"
        "        (1) (a\n"
        "        remark)\n\n");
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
  Table table({{"name", Align::left}}, std::nullopt);
  table.add({"x"});
  CHECK(table.text() == "name\nx\n");
}

TEST_CASE("a table counts characters, not bytes") {
  Table table({{"time"}, {"note", Align::left}}, std::nullopt);
  table.add({"10 µs", "short"});
  CHECK(table.text() == " time  note\n10 µs  short\n");
}

TEST_CASE("a table's row needs one cell for every column") {
  Table table({{"a"}, {"b"}}, std::nullopt);
  CHECK_THROWS_AS(table.add({"1"}), Error);
}

TEST_CASE("text is broken at spaces but not between a number and its unit") {
  CHECK(wrapped("a b c", 3) == std::vector<std::string>{"a b", "c"});
  CHECK(wrapped("takes 139 ms, or", 9) == std::vector<std::string>{"takes", "139 ms,", "or"});
  CHECK(wrapped("unbreakable", 3) == std::vector<std::string>{"unbreakable"});
  CHECK(wrapped("", 3) == std::vector<std::string>{""});
  CHECK(wrapped_route("pi 0–4 → box 5–9 → vm 10", 17) ==
        std::vector<std::string>{"pi 0–4 → box 5–9", "→ vm 10"});
}

TEST_CASE("without a width, text stays as it is") {
  CHECK(fitted("one two three\n", std::nullopt) == "one two three\n");
  CHECK(wrapped_text("one two three", std::nullopt) == "one two three");
  CHECK(wrapped_text("one two three", 7) == "one two\nthree");
}

TEST_CASE("numbers, shares and ranges of layers are written for people") {
  CHECK(grouped(25636712) == "25,636,712");
  CHECK(format_percent(0.1234) == "12.3 %");
  CHECK(layers_cell(3, 3) == "3");
  CHECK(layers_text(3, 7) == "layers 3 - 7");
}

}  // namespace scission::text
