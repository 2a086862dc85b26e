// Which plan is in charge, by what is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace scission::runtime {

/// The first of several plans that needs no lost system. For one thread at a time.
class PlanChoice {
 public:
  /// The systems that each plan needs, best plan first.
  explicit PlanChoice(std::vector<std::set<std::string>> plans);

  /// Index of the plan in charge; none where each needs something that is lost.
  std::optional<std::size_t> active() const { return active_; }

  /// Counts restores: what was sent at an earlier epoch than a system's last restore says nothing
  /// about that system now.
  std::uint64_t epoch() const { return epoch_; }

  /// A request that was sent at `epoch` found `system` lost. Whether that changes the plan in
  /// charge.
  bool lose(const std::string& system, std::uint64_t epoch);

  const std::set<std::string>& lost() const { return lost_; }

  /// The system is back.
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
