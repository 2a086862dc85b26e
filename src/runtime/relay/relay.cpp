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

#include "runtime/relay/relay_loop.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

const Shape& checked(const Shape& shape) {
  const auto is_fine = [](double figure) { return std::isfinite(figure) && figure >= 0; };
  if (is_fine(shape.megabits_per_s) && is_fine(shape.delay_ms)) return shape;
  throw Error(ErrorCode::invalid_argument, "a link's rate and delay must be 0 or more, and finite");
}

/// What others want of the thread.
struct Orders {
  Shape forward;
  Shape backward;
  Descriptor listener;  ///< a new one
  bool is_up = true;
  bool ends = false;
};

}  // namespace

class Relay::Impl {
 public:
  explicit Impl(const RelayOptions& options)
      : listen_text_(options.listen),
        reserved_(bind_to(resolve(options.listen))),
        address_(address_of(reserved_, options.listen)),
        wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        loop_(resolve(options.target), checked(options.forward), checked(options.backward)) {
    if (!wake_.is_open()) throw Error(ErrorCode::io, "no descriptor is left", listen_text_);
    orders_.forward = options.forward;
    orders_.backward = options.backward;
    orders_.listener = make_listener();
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    give([](Orders& orders) { orders.ends = true; });
    thread_.join();
  }

  int port() const { return address_.port(); }

  void reshape(const Shape& forward, const Shape& backward) {
    checked(forward);
    checked(backward);
    give([&](Orders& orders) {
      orders.forward = forward;
      orders.backward = backward;
    });
  }

  void set_up(bool up) {
    give([&](Orders& orders) {
      if (up && !orders.is_up) orders.listener = make_listener();
      orders.is_up = up;
    });
  }

 private:
  // `reserved_`, bound to the same port and never listening, keeps it ours while the link is down.
  Descriptor make_listener() const {
    Descriptor listener = bind_to(address_);
    start_listening(listener, listen_text_);
    return listener;
  }

  // Returns when the thread has done it.
  template <typename Change>
  void give(const Change& change) {
    std::unique_lock lock(mutex_);
    change(orders_);
    const std::uint64_t number = ++given_;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.number(), &one, sizeof one);
    obeyed_changed_.wait(lock, [&] { return obeyed_ >= number; });
  }

  void run() {
    prctl(PR_SET_TIMERSLACK, 1UL);  // of waits, in nanoseconds; 50 µs unless asked
    while (obey()) loop_.step(wake_);
  }

  bool obey() {
    const std::lock_guard lock(mutex_);
    if (obeyed_ == given_ && obeyed_ > 0) return !orders_.ends;
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.number(), &ignored, sizeof ignored);
    loop_.reshape(orders_.forward, orders_.backward);
    if (orders_.listener.is_open()) loop_.listen_on(std::exchange(orders_.listener, {}));
    if (!orders_.is_up) {
      loop_.listen_on({});
      loop_.break_all();
    }
    obeyed_ = given_;
    obeyed_changed_.notify_all();
    return !orders_.ends;
  }

  const std::string listen_text_;
  const Descriptor reserved_;
  const SocketAddress address_;
  const Descriptor wake_;
  RelayLoop loop_;  ///< the thread's

  std::mutex mutex_;
  std::condition_variable obeyed_changed_;
  Orders orders_;
  std::uint64_t given_ = 1;  ///< what the options say comes first
  std::uint64_t obeyed_ = 0;
  std::thread thread_;
};

Relay::Relay(const RelayOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Relay::~Relay() = default;

int Relay::port() const { return impl_->port(); }

void Relay::reshape(Shape forward, Shape backward) { impl_->reshape(forward, backward); }

void Relay::set_up(bool up) { impl_->set_up(up); }

}  // namespace scission::runtime
