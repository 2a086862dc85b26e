// What the tools share.
#include "progress.hpp"
#include "support/catch.hpp"
#include "tool.hpp"

namespace scission::apps {

TEST_CASE("an option with a name in front is that option for the name") {
  CHECK(without_prefixes({"net", "--edge-cpu", "0,50", "--cloud-1-memory=0", "--cpu", "edge=1"},
                         {"cpu", "memory"}) ==
        Words{"net", "--cpu", "edge=0,50", "--memory", "cloud-1=0", "--cpu", "edge=1"});
  CHECK(without_prefixes({"--memory", "--cuts", "frontier"}, {"memory"}) ==
        Words{"--memory", "--cuts", "frontier"});
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
