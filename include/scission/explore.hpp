// The explorer: a page on which a person changes links, machines, objective and constraints and
// sees the best plans. Questions and answers are JSON; docs/explore.md describes them.
//
//     const Explorer explorer(problem, query, command);
//     explorer.page();                                // HTML, with the first answer in it
//     explorer.answer(R"({"objective": "period"})");  // JSON
//
// Nothing here opens a connection: ExploreService turns HTTP requests into replies, and the caller
// moves the bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/search.hpp"

namespace scission {

// --- Conditions other than the measured ones ---

/// Ping and bandwidth of the links from one system or platform to another.
struct SCISSION_EXPORT LinkSetting {
  std::string from;
  std::string to;
  double ping_ms = 0;
  double megabits_per_s = 0;

  friend bool operator==(const LinkSetting&, const LinkSetting&) = default;
};

/// Times of a system, or of all systems of a platform: `factor` times those of the profile.
struct SCISSION_EXPORT SlowdownSetting {
  std::string system;
  double factor = 1;

  friend bool operator==(const SlowdownSetting&, const SlowdownSetting&) = default;
};

/// Changes of a problem.
struct SCISSION_EXPORT Conditions {
  std::vector<LinkSetting> links = {};
  std::vector<SlowdownSetting> slowdowns = {};

  friend bool operator==(const Conditions&, const Conditions&) = default;
};

/// Parses "box,vm" and "25,80": the ends, and the ping in ms and the bandwidth in Mbit/s.
/// Throws Error(invalid_argument) that quotes the invalid text.
SCISSION_EXPORT LinkSetting parse_link_setting(std::string_view ends, std::string_view values);

/// Parses "2.5" as the factor. Throws Error(invalid_argument) unless it is above 0 and finite.
SCISSION_EXPORT SlowdownSetting parse_slowdown_setting(const std::string& name,
                                                       std::string_view factor);

/// The problem under the conditions; of several settings of one link or system the last applies. A
/// link keeps its energy and price and loses its measured curve; a link that the problem lacks is
/// added. Names are those of Query; `sources` as in Query.
/// Throws Error(invalid_argument) for an unknown name, for two equal ends and as
/// Planner::set_link() and Planner::set_slowdown() do, with "link FROM,TO" or "slowdown NAME" as
/// place, and as search() does.
SCISSION_EXPORT PartitionProblem with_conditions(PartitionProblem problem,
                                                 const Conditions& conditions,
                                                 const std::vector<std::string>& sources = {});

// --- The explorer ---

/// Size of a page of precomputed answers.
struct SCISSION_EXPORT GridOptions {
  int max_points = 16'000;  ///< combinations of levels; one search for each
};

/// Answers questions about one problem. Thread-safe for concurrent calls.
class SCISSION_EXPORT Explorer {
 public:
  /// `query` supplies the defaults of every question. `command` is the beginning of the command
  /// that answers show: the program and the arguments that lead to this problem and query.
  /// Throws as search() does.
  Explorer(PartitionProblem problem, Query query, std::vector<std::string> command);
  ~Explorer();
  Explorer(Explorer&&) noexcept;             ///< a moved-from explorer may only be destroyed
  Explorer& operator=(Explorer&&) noexcept;  ///< a moved-from explorer may only be destroyed

  /// The answer to a question: plans, verdict, ranges of links and machines, Pareto front, and the
  /// command that gives the same plans; or the reason why no plan is feasible. The plans are those
  /// of answer_query() for with_conditions().
  /// Throws Error(damaged) with the field as place for a text that is no question, and as search(),
  /// with_conditions() and the parsers do.
  std::string answer(std::string_view question) const;

  /// The page, which sends its questions to "answer" relative to its own address. It contains the
  /// first answer and needs no other file. With `followed`, the name of a file, it has a second tab
  /// that asks "events".
  std::string page(const std::string& followed = {}) const;

  /// A page that needs no program: it contains the best plans at every point of a grid over the
  /// bandwidths and slowdowns that matter most. One search for each point.
  std::string grid_page(const GridOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// --- The page over HTTP ---

/// What a server has received.
struct SCISSION_EXPORT ExploreRequest {
  std::string method;        ///< "GET", "POST", …
  std::string path;          ///< without the part after "?"
  std::string host;          ///< the header Host
  std::string content_type;  ///< the header Content-Type
  std::string body;
};

/// What a server is to send.
struct SCISSION_EXPORT ExploreReply {
  int status = 200;
  std::string content_type;
  std::string body;
};

/// The explorer behind a secret path on the loopback. Every failure is a JSON object with the
/// member "error"; nothing throws. Thread-safe for concurrent calls.
class SCISSION_EXPORT ExploreService {
 public:
  static constexpr std::size_t max_body_bytes = 65'536;  ///< of a request

  /// Of the followed file, in a reply; a longer event comes whole.
  static constexpr std::size_t max_events_bytes = 262'144;

  /// `token` is the first component of the only path that is served; it must not be empty.
  /// `followed`: a file of RunEventLog, which need not exist yet; empty: none. Throws
  /// Error(invalid_argument) for an empty token, and where `followed` is a folder or a device.
  ExploreService(Explorer explorer, std::string token, std::filesystem::path followed = {});

  /// Replies to GET /TOKEN/ with the page, to POST /TOKEN/answer with an answer, and to POST
  /// /TOKEN/events with what has been appended to the followed file. `port` is the one that the
  /// server listens on. Refuses every other path, a wrong token (403), a Host that is
  /// not the loopback with this port (403, against DNS rebinding), other methods (405), a body that
  /// is too large (413) or not declared as JSON (415), an invalid question
  /// (400), and a followed file that cannot be read (500).
  ExploreReply reply(const ExploreRequest& request, int port) const;

  /// The reply to what a server itself refuses.
  static ExploreReply refusal(int status, std::string_view why);

 private:
  Explorer explorer_;
  std::string token_;
  std::filesystem::path followed_;
};

}  // namespace scission
