// Chooses the active plan, given the lost systems.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace scission::runtime {

/// The link over which a worker forwards requests to another one, as a resource of plans beside
/// systems: "edge → cloud".
std::string link_name(const std::string& from, const std::string& to);

/// The ends of a link of that name; nothing for a system.
std::optional<std::pair<std::string, std::string>> ends_of_link(const std::string& name);

/// The first of several plans that needs no lost system or link. Not thread-safe.
class PlanChoice {
 public:
  /// The systems and links that each plan needs, best plan first. Throws Error(invalid_argument)
  /// without plans.
  explicit PlanChoice(std::vector<std::set<std::string>> plans);

  /// Index of the active plan; nothing when each plan needs a lost system.
  std::optional<std::size_t> active() const { return active_; }

  /// Number of restores. The failure of a request that was sent before the last restore of a system
  /// says nothing about that system.
  std::uint64_t epoch() const { return epoch_; }

  /// Reports that a request sent at `epoch` found `system` lost. Returns whether that changes the
  /// active plan.
  bool mark_lost(const std::string& system, std::uint64_t epoch);

  const std::set<std::string>& lost() const { return lost_; }

  /// Declares the system available again.
  void restore(const std::string& system);

 private:
  void choose();

  std::vector<std::set<std::string>> plans_;
  std::set<std::string> lost_;
  std::map<std::string, std::uint64_t> restored_at_;
  std::uint64_t epoch_ = 0;
  std::optional<std::size_t> active_ = 0;
};

}  // namespace scission::runtime
