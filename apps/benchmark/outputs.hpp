// The files that scission-benchmark writes.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "request.hpp"
#include "scission/benchmark/benchmark.hpp"
#include "scission/profile/profile.hpp"

namespace scission::apps {

/// PLATFORM-NAME.json, its samples, and what else the request asks for, in its folder.
class Outputs {
 public:
  explicit Outputs(const Request& request);

  std::filesystem::path profile() const { return named(".json"); }

  /// All files but the samples and the pictures.
  std::vector<std::filesystem::path> paths() const;

  /// Makes the folder and verifies, before anything is measured, that a file can be written there.
  /// Throws Error(io).
  void prepare() const;

  /// Writes every file but the pictures, each in one step, the profile last. Throws Error(io).
  void write(const SystemProfile& system) const;

  /// Draws PLATFORM-NAME-MODEL-times and -costs where the request asks for pictures. Throws
  /// Error(unsupported) without gnuplot, Error(io) when it fails.
  void draw(const ModelProfile& model) const;

  /// Throws Error(mismatch) when profile() has models that are not to be measured, and would be
  /// lost; Error(io | unsupported) when they cannot be told. A damaged file may go.
  void check_nothing_is_lost(const std::vector<BenchmarkModel>& jobs) const;

  /// The profile of an earlier run, with its samples; nothing where there is no file.
  /// Throws Error(io | damaged | unsupported).
  std::optional<SystemProfile> read_earlier() const;

 private:
  std::filesystem::path named(const std::string& ending) const;

  Request request_;
};

}  // namespace scission::apps
