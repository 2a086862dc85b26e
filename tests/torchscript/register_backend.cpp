// LibTorch is a backend of this test program.
#include "scission/torchscript/backend/backend.hpp"

namespace {

[[maybe_unused]] const bool is_registered = (scission::torchscript::register_backend(), true);

}  // namespace
