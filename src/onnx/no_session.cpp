// What a build without ONNX Runtime has instead of sessions.
#include "onnx/session.hpp"
#include "scission/base.hpp"

namespace scission::onnx {
namespace {

[[noreturn]] void throw_no_runtime(const std::string& place = {}) {
  throw Error(ErrorCode::unsupported,
              "running ONNX models needs ONNX Runtime, without which this Scission was built: "
              "install libonnxruntime-dev, or point SCISSION_ONNXRUNTIME at one, and build again",
              place);
}

}  // namespace

class SessionState {};

Session::Session(const std::filesystem::path& file, const SessionOptions&) {
  throw_no_runtime(file.string());
}
Session::Session(std::string_view, const std::string& place, const SessionOptions&) {
  throw_no_runtime(place);
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
std::vector<Tensor> Session::run(const std::vector<Tensor>&) { throw_no_runtime(); }

void Session::order_inputs(const std::vector<Tensor>&) { throw_no_runtime(); }

std::filesystem::path Session::end_profiling() { throw_no_runtime(); }

void write_fused_model(const std::filesystem::path& file, const std::filesystem::path&,
                       FusedModel) {
  throw_no_runtime(file.string());
}

bool has_runtime() { return false; }
std::string runtime_version() { return "none"; }
int session_threads() { return 1; }
void set_session_threads(int) {}  // there are no sessions; other backends may have theirs
void validate_session_device(const std::string&) { throw_no_runtime(); }

}  // namespace scission::onnx
