// gRPC's threads that calls end on.
#pragma once

namespace scission::runtime {

/// Keeps them for the rest of the process. Without this they end with the last channel that has
/// used them, and when its last owner is a call that ends on one of them, that thread waits for
/// itself: gRPC 1.51 then frees what it still uses. Costs one call that fails at once, once.
void keep_callback_threads();

}  // namespace scission::runtime
