// The explorer over HTTP, for the browsers of this machine.
#pragma once

#include <memory>
#include <string>

#include "scission/explore.hpp"

namespace scission {

/// Serves an ExploreService over HTTP on 127.0.0.1.
class ExploreServer {
 public:
  /// Listens on the port; on a free one if it is 0. Throws Error(io) when that is not possible.
  ExploreServer(const ExploreService& service, int port);
  ~ExploreServer();  ///< stop()
  ExploreServer(const ExploreServer&) = delete;
  ExploreServer& operator=(const ExploreServer&) = delete;

  int port() const;

  /// Serves until stop(), in another thread.
  void start();

  /// Ends all connections and waits for the thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// 128 random bits in hexadecimal. Throws Error(io) when the system has none.
std::string random_token();

}  // namespace scission
