// What a call fails with.
#pragma once

#include <optional>
#include <string_view>

#include "scission/base.hpp"

namespace scission::testing {

/// The scission::Error that the call throws; empty when it throws none.
template <typename Call>
std::optional<Error> error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

}  // namespace scission::testing

/// Checks that the expression throws a scission::Error of this code whose what() holds `part`.
#define CHECK_ERROR(expression, expected_code, part)                              \
  do {                                                                            \
    const auto error_ = scission::testing::error_of([&] { (void)(expression); }); \
    REQUIRE(error_.has_value());                                                  \
    CHECK(error_->code() == (expected_code));                                     \
    INFO("the message: " << error_->what());                                      \
    CHECK(std::string_view(error_->what()).find(part) != std::string_view::npos); \
    CHECK(std::string_view(error_->what()).find('\n') == std::string_view::npos); \
  } while (false)
