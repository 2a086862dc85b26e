#include "runtime/access/access_control.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/checksum.hpp"
#include "base/csv.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tokens.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr std::string_view blanks = " \t\r";

/// The words of a line between spaces and tabs.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == line.npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/// Whether logs and metrics show the name as it is.
bool is_plain(const std::string& name) { return clean_text(name) == name; }

/// Client names by the digest of their tokens.
std::map<std::string, std::string> read_tokens(const std::filesystem::path& file) {
  std::map<std::string, std::string> tokens;
  if (file.empty()) return tokens;
  const std::string contents = read_secret(file);
  const std::string_view text = plain_text(contents, file.string());
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::vector<std::string> words = words_of(text.substr(begin, end - begin));
    begin = end + 1;
    const std::string place = fmt::format("{}:{}", file.string(), ++number);
    if (words.empty() || words.front().starts_with('#')) continue;
    if (words.size() != 2) throw Error(ErrorCode::damaged, "is not NAME TOKEN", place);
    if (!is_plain(words[0])) {
      throw Error(ErrorCode::damaged,
                  "has a name with control characters, or that is not valid UTF-8", place);
    }
    validate_token(words[1], place);
    const auto [known, is_new] = tokens.try_emplace(sha256_of(words[1]), words[0]);
    if (is_new || known->second == words[0]) continue;
    throw Error(ErrorCode::damaged,
                fmt::format("{} has the same token as {}", words[0], known->second), place);
  }
  if (tokens.empty()) throw Error(ErrorCode::damaged, "contains no client", file.string());
  return tokens;
}

std::string random_key() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    throw Error(ErrorCode::io, "the system has no random numbers");
  }
  return key;
}

bool is_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// The token of "Bearer TOKEN"; the scheme's case does not matter.
std::optional<std::string_view> token_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return std::nullopt;
  const bool is_bearer =
      std::equal(scheme.begin(), scheme.end(), authorization.begin(), [](char wanted, char got) {
        return wanted == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
      });
  if (!is_bearer) return std::nullopt;
  authorization.remove_prefix(scheme.size());
  const std::size_t begin = authorization.find_first_not_of(' ');
  if (begin == authorization.npos) return std::nullopt;
  return authorization.substr(begin);
}

grpc::Status too_many(const std::string& message, double wait_s) {
  constexpr double min_s = 0.1;
  constexpr double ms_per_s = 1e3;
  const double seconds = std::ceil(std::max(wait_s, min_s) * ms_per_s) / ms_per_s;
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, sanitise_line(message), fmt::format("{}", seconds)};
}

InferAccess validated(InferAccess access) {
  require_option(access.requests_per_s >= 0, "requests_per_s", "must be 0 or more");
  require_option(access.requests >= 0, "requests", "must be 0 or more");
  require_option(std::all_of(access.certificates.begin(), access.certificates.end(), is_plain),
                 "certificates", "must be names in valid UTF-8 without control characters");
  const bool has_limit = access.requests_per_s > 0 || access.requests > 0;
  require_option(!has_limit || access.is_restricted(), "access",
                 "has limits of clients, and neither tokens nor certificates to tell them apart");
  return access;
}

}  // namespace

void AccessControl::Ticket::release() {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->release(client_);
}

AccessControl::AccessControl(InferAccess access)
    : access_(validated(std::move(access))),
      key_(random_key()),
      tokens_(read_tokens(access_.token_file)) {}

void AccessControl::reload() {
  std::map<Digest, std::string> tokens = read_tokens(access_.token_file);
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(tokens);
}

// Digests are compared, all of them and each in constant time: the time tells nothing of a token.
grpc::Status AccessControl::authenticate(const Credentials& credentials, Caller& caller) {
  if (!is_restricted()) return grpc::Status::OK;
  const auto token = token_of(credentials.authorization);
  const std::string digest = token ? sha256_of(*token) : std::string();
  const std::lock_guard lock(mutex_);
  const std::string* client = nullptr;
  for (const auto& [known, name] : tokens_) {
    if (is_equal(known, digest)) client = &name;
  }
  if (client != nullptr) {
    caller = {*client, true};
    return grpc::Status::OK;
  }
  for (const std::string& name : access_.certificates) {
    const auto& names = credentials.certificate;
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    caller = {name, true};
    return grpc::Status::OK;
  }
  if (!credentials.certificate.empty()) {
    caller = {credentials.certificate.front(), false};
    return grpc::Status::OK;
  }
  ++unauthenticated_;
  return {grpc::StatusCode::UNAUTHENTICATED,
          token
              ? "the token is not one of this worker's clients"
              : "this worker needs a token (authorization: Bearer TOKEN) or a client certificate"};
}

bool AccessControl::may_deploy(const std::vector<std::string>& certificate) const {
  return std::none_of(certificate.begin(), certificate.end(), [&](const std::string& name) {
    return std::find(access_.certificates.begin(), access_.certificates.end(), name) !=
           access_.certificates.end();
  });
}

grpc::Status AccessControl::admit(const Caller& caller, Ticket& ticket, Clock::time_point now) {
  if (caller.name.empty() || caller.is_admitted) return grpc::Status::OK;
  const std::lock_guard lock(mutex_);
  if (!caller.is_limited) {
    ++clients_[caller.name].totals.admitted;
    return grpc::Status::OK;
  }
  State& state = clients_[caller.name];
  if (access_.requests > 0 && state.under_way >= access_.requests) {
    ++state.totals.above_requests;
    return too_many(fmt::format("client {} has {} requests under way, its limit; try again later",
                                caller.name, state.under_way),
                    0);
  }
  if (access_.requests_per_s > 0) {
    const double rate = access_.requests_per_s;
    const double most = std::max(rate, 1.0);
    const double passed_s = std::chrono::duration<double>(now - state.updated).count();
    state.allowance =
        state.is_known ? std::min(most, state.allowance + std::max(passed_s, 0.0) * rate) : most;
    state.is_known = true;
    state.updated = now;
    if (state.allowance < 1) {
      ++state.totals.above_rate;
      return too_many(fmt::format("client {} sends more than its limit of {:g} requests per "
                                  "second; try again later",
                                  caller.name, rate),
                      (1 - state.allowance) / rate);
    }
    state.allowance -= 1;
  }
  ++state.totals.admitted;
  ++state.under_way;
  ticket.owner_ = this;
  ticket.client_ = caller.name;
  return grpc::Status::OK;
}

void AccessControl::release(const std::string& client) {
  const std::lock_guard lock(mutex_);
  --clients_[client].under_way;
}

std::map<std::string, ClientTotals> AccessControl::totals() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, ClientTotals> all;
  for (const auto& [name, state] : clients_) all.emplace(name, state.totals);
  return all;
}

std::int64_t AccessControl::unauthenticated() const {
  const std::lock_guard lock(mutex_);
  return unauthenticated_;
}

std::string AccessControl::seal(const Caller& caller) const {
  return key_ + (caller.is_limited ? '1' : '0') + (caller.is_admitted ? '1' : '0') + caller.name;
}

bool AccessControl::open(std::string_view sealed, Caller& caller) const {
  if (sealed.size() < key_.size() + 2 || !is_equal(sealed.substr(0, key_.size()), key_))
    return false;
  caller.is_limited = sealed[key_.size()] == '1';
  caller.is_admitted = sealed[key_.size() + 1] == '1';
  caller.name = std::string(sealed.substr(key_.size() + 2));
  return true;
}

}  // namespace scission::runtime
