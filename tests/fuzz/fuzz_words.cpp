// What stands on command lines: any text is understood, or an Error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/search.hpp"
#include "stress/stress.hpp"

namespace {

template <typename Parse>
void try_to(const Parse& parse) {
  try {
    parse();
  } catch (const scission::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_to([&] { scission::parse_criteria(text); });
  try_to([&] { scission::parse_time_limit(text); });
  try_to([&] { scission::parse_objective(text); });
  try_to([&] { scission::parse_metrics(text); });
  try_to([&] { scission::parse_stress(text, "fuzz"); });
  try_to([&] { scission::parse_system_attributes(text, "fuzz"); });
  return 0;
}
