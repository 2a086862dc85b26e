// Where other systems are.
#pragma once

#include <grpcpp/channel.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "scission/runtime/wire/security.hpp"

namespace scission::runtime {

/// Systems' addresses and a channel to each, made when it is first asked for and kept.
/// Thread-safe.
class Peers {
 public:
  /// `fixed` are the operator's word: set() leaves them. Throws Error(invalid_argument) as
  /// validate_security() does.
  Peers(const std::map<std::string, std::string>& fixed, Security security);

  /// From now on what is set is kept in the file, and what an earlier life has kept there is set: a
  /// worker that is restarted hands on as before. `tell` has a line for a file that is damaged.
  void remember_in(std::filesystem::path file, const std::function<void(const std::string&)>& tell);

  /// Adds systems or moves them; the others stay. Throws Error(invalid_argument) as
  /// validate_security(), on an empty name or address, and above 1024 systems; nothing is set then.
  void set(const std::map<std::string, std::string>& addresses);

  /// Throws Error(infeasible) on a system of no known address, and as make_channel() does.
  std::shared_ptr<grpc::Channel> channel(const std::string& system);

  /// Throws Error(infeasible) as channel() does.
  void check_known(const std::string& system) const;

 private:
  struct Peer {
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
    bool is_fixed = false;
  };

  void check(const std::map<std::string, std::string>& addresses) const;

  void remember() const;

  const Security security_;
  mutable std::mutex mutex_;
  std::filesystem::path file_;
  std::map<std::string, Peer> peers_;
};

}  // namespace scission::runtime
