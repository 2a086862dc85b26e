#include "runtime/worker/idle_memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace scission::runtime {
namespace {

constexpr double idle_s = 1;

}  // namespace

void IdleMemory::release_soon() {
  if (is_due_.test_and_set()) return;
  timer_.after(idle_s, [this] { release_if_idle(); });
}

void IdleMemory::release_if_idle() {
  is_due_.clear();
  if (requests_.count() > 0) return release_soon();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace scission::runtime
