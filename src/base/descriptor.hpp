// File descriptors with owners.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "scission/base.hpp"

namespace scission {

/// Owner of a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  /// False if closing reports that earlier writes failed.
  bool close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_ = -1;
};

/// A pipe that executed programs do not inherit.
struct Pipe {
  Descriptor reading;
  Descriptor writing;

  /// Throws Error(io) with `place`.
  explicit Pipe(const std::string& place) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(ErrorCode::io, std::strerror(errno), place);
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
  }
};

}  // namespace scission
