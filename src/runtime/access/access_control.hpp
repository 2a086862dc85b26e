// Who may infer and who may deploy, and the limits of each client.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// What a caller shows of itself.
struct Credentials {
  std::string authorization;               ///< the header, "Bearer TOKEN"; empty: none
  std::vector<std::string> certificate{};  ///< names_of_certificate(); empty: none
};

/// Who calls.
struct Caller {
  std::string name;          ///< empty: anybody
  bool is_limited = false;   ///< to InferAccess::requests_per_s and requests
  bool is_admitted = false;  ///< its request has been counted already, by admit()
};

/// Requests of one client since the start.
struct ClientTotals {
  std::int64_t admitted = 0;
  std::int64_t above_rate = 0;      ///< refused
  std::int64_t above_requests = 0;  ///< refused
};

/// Decides by InferAccess. Thread-safe.
class AccessControl {
 public:
  using Clock = std::chrono::steady_clock;

  /// A client's request under way, until its destruction. Must not outlive the AccessControl.
  class Ticket {
   public:
    Ticket() = default;
    ~Ticket() { release(); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void release();  ///< now

   private:
    friend class AccessControl;
    AccessControl* owner_ = nullptr;
    std::string client_;
  };

  /// Reads the token file. Throws Error(invalid_argument) on limits without clients that they could
  /// hold for, Error(not_found | io), and Error(damaged) with the line as place on one that is not
  /// NAME TOKEN, on a name with control characters or without UTF-8, on a token that read_token()
  /// would refuse, and on a token that two clients have.
  explicit AccessControl(InferAccess access);

  /// Reads the token file again. Throws likewise; the earlier tokens stay in use then.
  void reload();

  /// Whether a caller has to say who it is.
  bool is_restricted() const { return access_.is_restricted(); }

  /// UNAUTHENTICATED, and a count, unless the caller may infer; `caller` is who it is then.
  grpc::Status authenticate(const Credentials& credentials, Caller& caller);

  /// Whether a certificate with these names may deploy: none of them is one that may only infer.
  bool may_deploy(const std::vector<std::string>& certificate) const;

  /// RESOURCE_EXHAUSTED above a limit of the caller; the time to wait before another attempt is
  /// added as the error's details, in seconds. Otherwise counts the request until the ticket goes.
  grpc::Status admit(const Caller& caller, Ticket& ticket, Clock::time_point now = Clock::now());

  std::map<std::string, ClientTotals> totals() const;  ///< by name
  std::int64_t unauthenticated() const;                ///< how many calls authenticate() refused

  // A caller that another part of this process has authenticated, as metadata of its call.

  /// A text that open() takes and that no other process can make.
  std::string seal(const Caller& caller) const;
  /// False, and the caller unchanged, on a text that is not of seal().
  bool open(std::string_view sealed, Caller& caller) const;

 private:
  using Digest = std::string;  ///< SHA-256 of a token
  struct State {
    ClientTotals totals;
    int under_way = 0;
    double allowance = 0;  ///< requests that may come now
    Clock::time_point updated{};
    bool is_known = false;
  };

  void release(const std::string& client);

  const InferAccess access_;
  const std::string key_;  ///< of seal()
  mutable std::mutex mutex_;
  std::map<Digest, std::string> tokens_;  ///< to the client's name
  std::map<std::string, State> clients_;
  std::int64_t unauthenticated_ = 0;
};

/// Metadata of a call of this process that has a sealed caller.
inline constexpr const char* caller_metadata = "scission-caller-bin";

}  // namespace scission::runtime
