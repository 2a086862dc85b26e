#include "runtime/wire/callback_threads.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>

namespace scission::runtime {
namespace {

/// Held for ever, where checkers for leaks see it.
std::atomic<grpc::GenericStub*> user{nullptr};

/// A channel that has used the threads; without credentials it leads nowhere.
grpc::GenericStub* make_user() {
  auto stub = std::make_unique<grpc::GenericStub>(grpc::CreateChannel("", nullptr));
  grpc::ClientContext context;
  const grpc::ByteBuffer request(nullptr, 0);
  grpc::ByteBuffer response;
  const auto ended = std::make_shared<std::promise<void>>();
  stub->UnaryCall(&context, "/none", {}, &request, &response,
                  [ended](const grpc::Status&) { ended->set_value(); });
  ended->get_future().wait();
  return stub.release();
}

}  // namespace

void keep_callback_threads() {
  static std::once_flag once;
  std::call_once(once, [] { user = make_user(); });
}

}  // namespace scission::runtime
