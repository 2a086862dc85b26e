// The one place of the tools that names backends.
#include "tool.hpp"

#ifdef SCISSION_HAS_ONNX
#include "scission/onnx.hpp"
#endif
#ifdef SCISSION_HAS_TORCHSCRIPT
#include "scission/torchscript/backend/backend.hpp"
#endif

namespace scission::apps {

void register_backends() {
#ifdef SCISSION_HAS_TORCHSCRIPT
  torchscript::register_backend();
#endif
#ifdef SCISSION_HAS_ONNX
  onnx::register_backend();
#endif
}

}  // namespace scission::apps
