#include "runtime/relay/relay.hpp"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "base/require.hpp"
#include "runtime/relay/relay_loop.hpp"

namespace scission::runtime {
namespace {

const LinkShape& validated(const LinkShape& shape) {
  const auto is_fine = [](double figure) { return std::isfinite(figure) && figure >= 0; };
  if (is_fine(shape.megabits_per_s) && is_fine(shape.delay_ms)) return shape;
  throw_invalid_argument("a link's rate and delay must be 0 or more, and finite");
}

/// The state that other threads request of the relay's thread.
struct Requested {
  LinkShape forward;
  LinkShape backward;
  Descriptor listener;  ///< a new one, if open
  bool is_up = true;
  bool is_ending = false;
};

}  // namespace

class Relay::Impl {
 public:
  explicit Impl(const RelayOptions& options)
      : listen_text_(options.listen),
        reserved_(bind_to(resolve(options.listen))),
        address_(address_of(reserved_, options.listen)),
        wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        loop_(resolve(options.target), validated(options.forward), validated(options.backward)) {
    if (!wake_.is_open()) throw Error(ErrorCode::io, "no file descriptor is left", listen_text_);
    requested_.forward = options.forward;
    requested_.backward = options.backward;
    requested_.listener = make_listener();
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    request([](Requested& requested) { requested.is_ending = true; });
    thread_.join();
  }

  int port() const { return address_.port(); }

  void reshape(const LinkShape& forward, const LinkShape& backward) {
    validated(forward);
    validated(backward);
    request([&](Requested& requested) {
      requested.forward = forward;
      requested.backward = backward;
    });
  }

  void set_up(bool up) {
    request([&](Requested& requested) {
      if (up && !requested.is_up) requested.listener = make_listener();
      requested.is_up = up;
    });
  }

 private:
  // `reserved_`, bound to the same port and never listening, reserves it while the link is down.
  Descriptor make_listener() const {
    Descriptor listener = bind_to(address_);
    start_listening(listener, listen_text_);
    return listener;
  }

  // Returns when the thread has applied the change.
  template <typename Change>
  void request(const Change& change) {
    std::unique_lock lock(mutex_);
    change(requested_);
    const std::uint64_t number = ++requests_;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.number(), &one, sizeof one);
    applied_changed_.wait(lock, [&] { return applied_ >= number; });
  }

  void run() {
    prctl(PR_SET_TIMERSLACK, 1UL);  // of waits, in nanoseconds; the default is 50 µs
    while (apply()) loop_.step(wake_);
  }

  bool apply() {
    const std::lock_guard lock(mutex_);
    if (applied_ == requests_ && applied_ > 0) return !requested_.is_ending;
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.number(), &ignored, sizeof ignored);
    loop_.reshape(requested_.forward, requested_.backward);
    if (requested_.listener.is_open()) loop_.listen_on(std::exchange(requested_.listener, {}));
    if (!requested_.is_up) {
      loop_.listen_on({});
      loop_.break_all();
    }
    applied_ = requests_;
    applied_changed_.notify_all();
    return !requested_.is_ending;
  }

  const std::string listen_text_;
  const Descriptor reserved_;
  const SocketAddress address_;
  const Descriptor wake_;
  RelayLoop loop_;  ///< used by the thread only

  std::mutex mutex_;
  std::condition_variable applied_changed_;
  Requested requested_;
  std::uint64_t requests_ = 1;  ///< the options are the first request
  std::uint64_t applied_ = 0;
  std::thread thread_;
};

Relay::Relay(const RelayOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Relay::~Relay() = default;

int Relay::port() const { return impl_->port(); }

void Relay::reshape(LinkShape forward, LinkShape backward) { impl_->reshape(forward, backward); }

void Relay::set_up(bool up) { impl_->set_up(up); }

}  // namespace scission::runtime
