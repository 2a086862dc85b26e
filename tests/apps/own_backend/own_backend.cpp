// The backend of example 6 in place of those that the tools are built with.
#include "06_own_backend.hpp"
#include "tool.hpp"

namespace scission::apps {

void register_backends() { register_backend(std::make_unique<example::DenseBackend>()); }

}  // namespace scission::apps
