// The server of the Open Inference Protocol: accepts a request, runs the stage, forwards or
// answers.
#include "runtime/worker/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "inference.grpc.pb.h"
#include "runtime/wire/channel.hpp"
#include "runtime/wire/compressed_message.hpp"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_fields.hpp"
#include "runtime/wire/request_id.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

/// The only version of every model here.
constexpr const char* model_version = "1";

bool is_version(const std::string& version) { return version.empty() || version == model_version; }

void validate_version(const std::string& model, const std::string& version) {
  if (is_version(version)) return;
  throw Error(ErrorCode::not_found,
              fmt::format("has no version '{}', only {}", version, model_version),
              "model " + model);
}

/// A request's phases: its caller is authenticated before its message is read; it is decoded on
/// gRPC's thread, in parallel with other requests' computing; runs on the computing thread, and is
/// encoded there, or on the coding thread where a codec is asked for; then is answered, or
/// forwarded to the next system, whose answer it passes on. It is answered exactly once, by
/// whichever comes first: the answer, a failure, or cancellation. Lives until both gRPC and the
/// computing thread have finished with it.
class InferCall final : public grpc::ServerGenericBidiReactor,
                        public Cancellable,
                        public std::enable_shared_from_this<InferCall> {
 public:
  /// Returns the reactor for gRPC's handler.
  static grpc::ServerGenericBidiReactor* begin(WorkerContext& worker,
                                               grpc::CallbackServerContext* context) {
    const std::shared_ptr<InferCall> call(new InferCall(worker, context));
    call->self_ = call;
    const grpc::Status status = guarded([&] { return call->admit(); });
    if (status.ok()) {
      call->StartRead(&call->request_);
    } else {
      call->fail(status);
    }
    return call.get();
  }

  void OnReadDone(bool is_read) override {
    if (!is_read) {
      largest_message_ = static_cast<std::size_t>(worker_.limits.message.bytes);  // or more
      return fail(unread_status());
    }
    const grpc::Status status = guarded([&] { return accept(); });
    if (!status.ok()) return fail(status);
    std::optional<grpc::Status> ended;
    {
      const std::lock_guard lock(mutex_);
      is_accepted_ = true;
      ended = ended_early_;
    }
    if (ended) cancel(*ended);
  }

  void cancel(const grpc::Status& status) override {
    std::optional<SerialExecutor::Ticket> ticket;
    RawCall* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (is_claimed_) return;
      if (!is_accepted_) {  // OnReadDone() goes on with it
        ended_early_ = status;
        return;
      }
      ticket = ticket_;
      if (next_) next = &*next_;
    }
    if (ticket) worker_.compute.withdraw(*ticket);
    if (next != nullptr) next->cancel();
    fail_meanwhile(status, worker_.name);
  }

  void OnCancel() override { cancel(cancelled_status(context_->deadline())); }

  void OnDone() override {
    if (largest_message_ >= IdleMemory::worthwhile_bytes) worker_.idle_memory.release_soon();
    self_.reset();
  }

 private:
  using Clock = std::chrono::steady_clock;

  InferCall(WorkerContext& worker, grpc::CallbackServerContext* context)
      : worker_(worker), context_(context), deadline_(context->deadline()) {
    timing_.system = worker.name;
  }

  // On gRPC's threads.

  grpc::Status admit() {
    grpc::Status status = authenticate(worker_, *context_, caller_);
    if (!status.ok()) return status;
    status = worker_.access.admit(caller_, ticket_of_client_);
    if (status.ok()) return status;
    context_->AddTrailingMetadata(retry_after_metadata, status.error_details());
    return {status.error_code(), status.error_message()};
  }

  grpc::Status unread_status() const {
    if (is_after(deadline_)) return cancelled_status(deadline_);
    const bool is_cancelled = context_->IsCancelled();
    return {is_cancelled ? grpc::StatusCode::CANCELLED : grpc::StatusCode::INVALID_ARGUMENT,
            fmt::format(
                "{}, or one of more than {} bytes (--max-message)",
                is_cancelled ? "the caller has cancelled its request" : "the call has no request",
                worker_.limits.message.bytes)};
  }

  grpc::Status accept() {
    arrival_ = Clock::now();
    timing_.received_bytes = request_.Length();
    largest_message_ = timing_.received_bytes;
    grpc::Status status = worker_.in_flight.admit(shared_from_this(), slot_);
    if (!status.ok()) return status;
    read_message();
    if (message_.id.empty()) message_.id = make_request_id();
    if (worker_.on_request) name_request();
    validate_request();
    if (!route_.empty()) {
      status = worker_.in_flight.forwarding_status();
      if (!status.ok()) return status;
    }
    timing_.decode_s = message_.decoding.seconds;
    timing_.deserialise_s = seconds_since(arrival_) - timing_.decode_s;
    largest_message_ = std::max(largest_message_, message_.decoding.bytes);
    enqueue();
    return grpc::Status::OK;
  }

  // Neither the compressed nor the raw message is kept beside its tensors.
  void read_message() {
    const MessageLimits& limits = worker_.limits.message;
    largest_message_ = static_cast<std::size_t>(limits.bytes);  // if it is refused
    const grpc::ByteBuffer raw = decompressed(request_, limits.bytes);
    request_.Clear();
    largest_message_ = raw.Length();
    message_ = decode_request(raw, limits);
  }

  /// For the log, which another thread may write when the request is cancelled.
  void name_request() {
    const std::lock_guard lock(mutex_);
    id_ = sanitise_line(message_.id);
    named_model_ = sanitise_line(message_.model);
  }

  void validate_request() {
    model_ = worker_.models.resolve(message_.model);
    validate_version(message_.model, message_.version);
    message_.tensors = arrange_inputs(std::move(message_.tensors), model_->segment);
    take_route();
    read_codecs();
    read_lease();
    read_stall_timeout();
    take_timeout();
    refuse_sequences();
    if (route_.empty()) {
      validate_wanted(message_.wanted_outputs, model_->segment);
    } else {
      worker_.peers.require_known(route_.front().system, lease_);
    }
  }

  /// nullptr without that parameter. Throws Error(invalid_argument) where it is no string.
  const std::string* text_parameter(const char* name) const {
    const auto found = message_.parameters.find(name);
    if (found == message_.parameters.end()) return nullptr;
    const auto* const text = std::get_if<std::string>(&found->second);
    if (text == nullptr)
      throw_invalid_argument("is not a string", fmt::format("parameter {}", name));
    return text;
  }

  void take_route() {
    const std::string* const text = text_parameter(route_parameter);
    if (text == nullptr) return;
    route_ = decode_route(*text);
    message_.parameters.erase(route_parameter);
  }

  /// They stay among the parameters, for the next systems.
  void read_codecs() {
    if (const std::string* const text = text_parameter(codecs_parameter)) {
      decode_codecs(*text, route_);
    }
    if (const std::string* const codec = text_parameter(answer_codec_parameter)) {
      answer_codec_ = *codec;
    }
  }

  /// It stays among the parameters, for the next systems.
  void read_lease() {
    const auto found = message_.parameters.find(lease_parameter);
    if (found == message_.parameters.end()) return;
    if (const auto* const text = std::get_if<std::string>(&found->second)) lease_ = *text;
  }

  /// It stays among the parameters, for the next systems.
  void read_stall_timeout() {
    const auto found = message_.parameters.find(stall_timeout_parameter);
    if (found == message_.parameters.end()) return;
    constexpr double least_s = 0.1;  // a machine under load answers that late
    constexpr double longest_s = 3600;
    const auto* const timeout_s = std::get_if<double>(&found->second);
    if (timeout_s == nullptr || !(*timeout_s > 0)) {
      throw_invalid_argument("must be a number of seconds above 0",
                             fmt::format("parameter {}", stall_timeout_parameter));
    }
    stall_timeout_s_ = std::clamp(*timeout_s, least_s, longest_s);
  }

  /// Microseconds, as an extension of the protocol has it; the call's own deadline holds as well.
  void take_timeout() {
    const auto found = message_.parameters.find("timeout");
    if (found == message_.parameters.end()) return;
    const auto* const timeout_us = std::get_if<std::int64_t>(&found->second);
    if (timeout_us == nullptr || *timeout_us < 0) {
      throw_invalid_argument("must be a number of microseconds", "parameter timeout");
    }
    constexpr std::int64_t longest_us = std::int64_t{1} << 50;  // 36 years: no clock overflows
    const auto timeout = std::chrono::microseconds(std::min(*timeout_us, longest_us));
    if (timeout.count() > 0) {
      deadline_ = std::min(deadline_, std::chrono::system_clock::now() + timeout);
    }
  }

  /// Triton's clients number the requests of a sequence, which a stateful model answers; 0: of
  /// none.
  void refuse_sequences() const {
    const auto found = message_.parameters.find("sequence_id");
    if (found == message_.parameters.end()) return;
    if (found->second == Parameter(std::int64_t{0})) return;
    throw Error(ErrorCode::unsupported, "sequences are not supported; each request stands alone",
                "parameter sequence_id");
  }

  void enqueue() {
    const std::lock_guard lock(mutex_);
    queued_ = Clock::now();
    known_timing_ = timing_;
    ticket_ = worker_.compute.submit([call = shared_from_this()] {
      const grpc::Status status = guarded([&] {
        call->compute();
        return grpc::Status::OK;
      });
      if (!status.ok()) call->fail(status);
    });
  }

  // On the computing thread.

  bool begin_computing() {
    const std::lock_guard lock(mutex_);
    ticket_.reset();
    timing_.queue_s = seconds_since(queued_);
    known_timing_ = timing_;
    return !is_claimed_;
  }

  void compute() {
    if (!begin_computing()) return;
    if (is_after(deadline_)) return fail(cancelled_status(deadline_));
    const grpc::Status status = run_model();
    if (!status.ok()) return fail(status);
    if (!route_.empty()) {
      if (auto early = early_answer(model_->segment.exits, outputs_)) {
        is_early_ = true;
        outputs_ = std::move(*early);
      }
    }
    encode();
  }

  const std::string& next_codec() const {
    return route_.empty() || is_early_ ? answer_codec_ : route_.front().codec;
  }

  /// Codecs take long, so that a separate thread runs them while this one computes other requests.
  void encode() {
    computed_ = Clock::now();
    if (next_codec().empty()) return send_on();
    worker_.coding.submit([call = shared_from_this()] {
      const grpc::Status status = guarded([&] {
        call->send_on();
        return grpc::Status::OK;
      });
      if (!status.ok()) call->fail(status);
    });
  }

  // On the computing thread, or the coding thread.

  void send_on() {
    if (route_.empty() || is_early_) {
      answer();
    } else {
      forward();
    }
  }

  /// Encodes the message by `encoded`, encode_request() or encode_response().
  template <typename Encode>
  grpc::ByteBuffer encode_by(Encode encoded, InferMessage message) {
    const Clock::time_point start = Clock::now();
    const std::string& codec = next_codec();
    const bool is_usable = usable_codec(codec, worker_.limits.message) != nullptr;
    if (is_usable) message.codec = codec;
    CodingStats figures;
    if (!codec.empty() && !is_usable) figures.raw = static_cast<int>(message.tensors.size());
    grpc::ByteBuffer bytes = encoded(message, &figures);
    timing_.raw_tensors = figures.raw;
    timing_.serialise_s = seconds_since(start) - figures.seconds;
    if (!codec.empty()) timing_.encode_s = seconds(start - computed_) + figures.seconds;
    return bytes;
  }

  // On the computing thread.

  grpc::Status run_model() {
    const Clock::time_point start = Clock::now();
    const auto failed = [&](const std::exception& error) {
      return internal_status(fmt::format("model {} failed: {}", message_.model, error.what()));
    };
    try {
      outputs_ = model_->stage->run(std::move(message_.tensors));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::mismatch) return status_of(error);
      return failed(error);
    } catch (const std::bad_alloc& error) {
      return out_of_memory_status(error);
    } catch (const std::exception& error) {
      return failed(error);
    }
    timing_.compute_s = seconds_since(start);
    return grpc::Status::OK;
  }

  void answer() {
    InferMessage message;
    message.model = message_.model;
    message.version = model_version;
    message.id = message_.id;
    message.tensors = select_outputs(std::move(outputs_), message_.wanted_outputs);
    grpc::ByteBuffer bytes = encode_by(encode_response, std::move(message));
    if (claim()) respond_with(bytes, {});
  }

  grpc::ByteBuffer next_request() {
    InferMessage message;
    message.model = route_.front().model;
    message.id = message_.id;
    message.parameters = std::move(message_.parameters);
    if (route_.size() > 1) {
      message.parameters[route_parameter] = encode_route({route_.begin() + 1, route_.end()});
    }
    message.tensors = std::move(outputs_);
    message.wanted_outputs = std::move(message_.wanted_outputs);
    return encode_by(encode_request, std::move(message));
  }

  void forward() {
    const grpc::ByteBuffer request = next_request();
    const auto channel = worker_.peers.channel(route_.front().system, lease_);
    {
      const std::lock_guard lock(mutex_);
      if (is_claimed_) return;
      known_timing_ = timing_;
      next_.emplace(channel, infer_method);
      next_system_ = route_.front().system;
    }
    slot_.mark_forwarded();
    if (stall_timeout_s_ > 0) {
      watch_ = worker_.hop_watch.watch({route_.front().system, lease_, stall_timeout_s_},
                                       [call = weak_from_this()] {
                                         if (const auto self = call.lock()) self->next_is_silent();
                                       });
    }
    next_->start(request, forwarded_deadline(deadline_),
                 [call = shared_from_this()](RawAnswer next) { call->pass_on(std::move(next)); });
  }

  // On any thread.

  void next_is_silent() {
    RawCall* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (is_claimed_) return;
      next = &*next_;
    }
    const std::string& system = route_.front().system;
    fail_meanwhile(silent_status(worker_.name, system, stall_timeout_s_), system, worker_.name);
    next->cancel();
  }

  void pass_on(RawAnswer next) {
    watch_ = nullptr;
    const std::string& system = route_.front().system;
    if (!next.status.ok()) {
      if (!next.failed.empty()) {
        return fail(next.status, next.failed, next.observer, next.retry_after);
      }
      return fail(forwarded_status(next.status, worker_.name, system), system);
    }
    timing_.next_s = next.seconds;
    is_early_ = next.is_early;
    if (claim()) respond_with(next.message, next.stages);
  }

  static bool is_after(std::chrono::system_clock::time_point deadline) {
    return std::chrono::system_clock::now() >= deadline;
  }

  static grpc::Status cancelled_status(std::chrono::system_clock::time_point deadline) {
    if (is_after(deadline)) return {grpc::StatusCode::DEADLINE_EXCEEDED, "too late"};
    return grpc::Status::CANCELLED;
  }

  /// True once: for the caller that must answer the request.
  bool claim() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(is_claimed_, true);
  }

  // Before Finish(): gRPC reports the end of a call late, and the next request can be admitted now.
  void respond(const grpc::Status& status, StageTiming timing, bool is_early) {
    slot_.mark_responding();
    ticket_of_client_.release();
    timing.total_s = seconds_since(arrival_);
    record(status.error_code(), timing, is_early);
    if (worker_.on_request) report(status, std::move(timing), is_early);
    if (status.ok()) {
      StartWriteAndFinish(&response_, {}, status);
    } else {
      Finish(status);
    }
  }

  void report(const grpc::Status& status, StageTiming timing, bool is_early) {
    RequestEvent event;
    {
      const std::lock_guard lock(mutex_);
      event.id = id_;
      event.model = named_model_;
      if (next_) event.next = next_system_;
    }
    event.client = sanitise_line(caller_.name);
    event.status = status_name(status.error_code());
    event.failure = sanitise_line(status.error_message());
    event.is_early = is_early;
    event.timing = std::move(timing);
    worker_.on_request(event);
  }

  void record(grpc::StatusCode code, const StageTiming& timing, bool is_early) {
    worker_.metrics.record({.model = model_ ? model_->given_name : "",
                            .code = code,
                            .is_early = is_early,
                            .timing = timing,
                            .sent_bytes = code == grpc::StatusCode::OK ? response_.Length() : 0});
  }

  void respond_with(grpc::ByteBuffer& message, const std::vector<std::string>& next_stages) {
    largest_message_ = std::max(largest_message_, message.Length());
    response_.Swap(&message);
    timing_.total_s = seconds_since(arrival_);
    context_->AddTrailingMetadata(stage_metadata, encode_timing(timing_));
    for (const std::string& stage : next_stages) {
      context_->AddTrailingMetadata(stage_metadata, stage);
    }
    if (is_early_) context_->AddTrailingMetadata(early_metadata, "1");
    respond(grpc::Status::OK, timing_, is_early_);
  }

  // By the thread that has the request.
  void fail(const grpc::Status& status, const std::string& failed_system,
            const std::string& observer = {}, const std::string& retry_after = {}) {
    if (!claim()) return;
    add_failure(failed_system, observer, retry_after);
    respond(status, timing_, is_early_);
  }
  void fail(const grpc::Status& status) { fail(status, worker_.name); }

  // By another thread, while that one goes on: it may be changing the times of its phase.
  void fail_meanwhile(const grpc::Status& status, const std::string& failed_system,
                      const std::string& observer = {}) {
    if (!claim()) return;
    StageTiming timing;
    {
      const std::lock_guard lock(mutex_);
      timing = known_timing_;
    }
    add_failure(failed_system, observer, {});
    respond(status, std::move(timing), false);
  }

  void add_failure(const std::string& failed_system, const std::string& observer,
                   const std::string& retry_after) {
    context_->AddTrailingMetadata(failed_metadata, failed_system);
    if (!observer.empty()) context_->AddTrailingMetadata(observer_metadata, observer);
    if (!retry_after.empty()) context_->AddTrailingMetadata(retry_after_metadata, retry_after);
  }

  InFlightRequests::Slot slot_;  // first: released after all other members
  AccessControl::Ticket ticket_of_client_;
  Caller caller_;
  WorkerContext& worker_;
  grpc::CallbackServerContext* context_;  // after claim(), only valid if it returned true
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  Clock::time_point arrival_ = Clock::now();  ///< of the whole message, once it is there
  std::chrono::system_clock::time_point deadline_;
  std::shared_ptr<InferCall> self_;  // until OnDone()

  std::shared_ptr<const ServedModel> model_;
  InferMessage message_;
  std::vector<Tensor> outputs_;
  std::vector<RouteStop> route_;
  std::string answer_codec_;    ///< that the last stage encodes the answer by; empty: none
  std::string lease_;           ///< whose addresses the route uses
  double stall_timeout_s_ = 0;  ///< see stall_timeout_parameter; 0: no health checks
  bool is_early_ = false;  ///< the model has ended here or in a stage behind, before the last one
  StageTiming timing_;
  std::size_t largest_message_ = 0;  ///< of request and answer, in bytes
  Clock::time_point queued_;
  Clock::time_point computed_;

  std::mutex mutex_;
  bool is_claimed_ = false;
  bool is_accepted_ = false;                 ///< by accept()
  std::optional<grpc::Status> ended_early_;  ///< how cancel() ended it before it was accepted
  StageTiming known_timing_;                 ///< at the beginning of its phase
  std::optional<SerialExecutor::Ticket> ticket_;
  std::optional<RawCall> next_;
  std::string next_system_;
  std::string id_;                          ///< of the request, in one line
  std::string named_model_;                 ///< in one line
  std::unique_ptr<HopWatch::Watch> watch_;  ///< of the next system while it has the request
};

/// Answers with the result or exception of `call`.
template <typename Call>
grpc::ServerUnaryReactor* reply(grpc::CallbackServerContext* context, Call call) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(guarded(call));
  return reactor;
}

template <typename Tensors>
void fill(Tensors* tensors, const std::vector<TensorSpec>& specs, bool is_batch_free) {
  for (const TensorSpec& spec : specs) {
    auto* const tensor = tensors->Add();
    tensor->set_name(spec.name);
    tensor->set_datatype(protocol_type(spec.dtype));
    for (const std::int64_t size : spec.shape) tensor->add_shape(size);
    if (is_batch_free) tensor->set_shape(0, -1);
  }
}

grpc::Status describe(const WorkerContext& worker, const inference::ModelMetadataRequest& request,
                      inference::ModelMetadataResponse& response) {
  validate_version(request.name(), request.version());
  const auto model = worker.models.resolve(request.name());
  const bool is_batch_free = has_free_batch(*model);
  response.set_name(request.name());
  response.add_versions(model_version);
  response.set_platform("scission");
  fill(response.mutable_inputs(), model->segment.inputs, is_batch_free);
  fill(response.mutable_outputs(), model->segment.outputs, is_batch_free);
  return grpc::Status::OK;
}

// All calls use callbacks, so that none occupies a thread. ModelInfer is a generic call of
// make_unknown_service(): its caller is known before its message is read, and tensors are copied
// once instead of through protobuf's strings.
using OpenInference = inference::GRPCInferenceService;
using InferenceServiceBase = OpenInference::WithCallbackMethod_ServerLive<
    OpenInference::WithCallbackMethod_ServerReady<OpenInference::WithCallbackMethod_ModelReady<
        OpenInference::WithCallbackMethod_ServerMetadata<
            OpenInference::WithCallbackMethod_ModelMetadata<
                OpenInference::WithGenericMethod_ModelInfer<OpenInference::Service>>>>>>;

class InferenceService final : public InferenceServiceBase {
 public:
  explicit InferenceService(WorkerContext& worker) : worker_(worker) {}

 private:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* ServerLive(Context* context, const inference::ServerLiveRequest* /*request*/,
                      inference::ServerLiveResponse* response) override {
    recognise(worker_, *context);
    response->set_live(true);
    return reply(context, [] { return grpc::Status::OK; });
  }

  Reactor* ServerReady(Context* context, const inference::ServerReadyRequest* /*request*/,
                       inference::ServerReadyResponse* response) override {
    response->set_ready(worker_.in_flight.is_open());
    return reply(context, [] { return grpc::Status::OK; });
  }

  Reactor* ModelReady(Context* context, const inference::ModelReadyRequest* request,
                      inference::ModelReadyResponse* response) override {
    return reply_to_client(context, [&] {
      response->set_ready(worker_.in_flight.is_open() && is_version(request->version()) &&
                          is_served(request->name()));
      return grpc::Status::OK;
    });
  }

  Reactor* ServerMetadata(Context* context, const inference::ServerMetadataRequest* /*request*/,
                          inference::ServerMetadataResponse* response) override {
    response->set_name(worker_.name);
    response->set_version(version());
    response->add_extensions("scission.v1");
    for (const std::string& codec : usable_codecs(worker_.limits.message)) {
      response->add_extensions(codec_extension + codec);
    }
    return reply(context, [] { return grpc::Status::OK; });
  }

  Reactor* ModelMetadata(Context* context, const inference::ModelMetadataRequest* request,
                         inference::ModelMetadataResponse* response) override {
    return reply_to_client(context, [&] { return describe(worker_, *request, *response); });
  }

  /// As reply(), to callers that may infer.
  template <typename Call>
  Reactor* reply_to_client(Context* context, Call call) {
    return reply(context, [&] {
      Caller caller;
      const grpc::Status status = authenticate(worker_, *context, caller);
      return status.ok() ? call() : status;
    });
  }

  bool is_served(const std::string& model) const {
    try {
      worker_.models.resolve(model);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  WorkerContext& worker_;
};

}  // namespace

grpc::ServerGenericBidiReactor* begin_inference(WorkerContext& worker,
                                                grpc::CallbackServerContext* context) {
  return InferCall::begin(worker, context);
}

std::unique_ptr<grpc::Service> make_inference_service(WorkerContext& worker) {
  return std::make_unique<InferenceService>(worker);
}

}  // namespace scission::runtime
