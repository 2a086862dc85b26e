#include "base/text.hpp"

#include "support/catch.hpp"

using namespace scission;

TEST_CASE("insertions, deletions, substitutions and swaps each count once") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("vgg19", "vgg19") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("resnet5O", "resnet50") == 1);
  CHECK(edit_distance("resnt50", "resnet50") == 1);
  CHECK(edit_distance("reesnet50", "resnet50") == 1);
  CHECK(edit_distance("renset50", "resnet50") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the distance is symmetric and ignores case") {
  CHECK(edit_distance("ResNet50", "resnet50") == 0);
  CHECK(edit_distance("device", "edge") == edit_distance("edge", "device"));
}

TEST_CASE("the nearest known name is meant") {
  const std::vector<std::string> models{"resnet101", "resnet50", "resnet50v2", "vgg19"};
  CHECK(suggest("resnet5O", models) == "resnet50");
  CHECK(suggest("VGG19", models) == "vgg19");
  CHECK(suggest("resnet5v2", models) == "resnet50v2");
}

TEST_CASE("of equally near names the first is meant") {
  CHECK(suggest("vgg1", {"vgg16", "vgg19"}) == "vgg16");
}

TEST_CASE("no name is suggested if all known names are too different") {
  CHECK(suggest("transformer", {"resnet50", "vgg19"}).empty());
  CHECK(suggest("", {"a"}).empty());
  CHECK(suggest("x", {"y"}).empty());
  CHECK(suggest("abc", {}).empty());
}

TEST_CASE("a suggestion is the nearest name, or lists the known names") {
  CHECK(suggestion("edgee", {"device", "edge"}) == "did you mean 'edge'?");
  CHECK(suggestion("mainframe", {"device", "edge"}) == "choose from: device, edge");
  CHECK(suggestion("mainframe", {}) == "none is known");
}

TEST_CASE("the first characters of a text end between characters") {
  CHECK(text::first_characters("10 µs left", 4) == "10 µ");
  CHECK(text::first_characters("10 µs left", 3) == "10 ");
  CHECK(text::first_characters("10 µs", 5) == "10 µs");
  CHECK(text::first_characters("", 0).empty());
}
