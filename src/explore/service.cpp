// The explorer over HTTP, without sockets.
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "base/json_field.hpp"
#include "base/require.hpp"
#include "explore/events.hpp"
#include "scission/base.hpp"
#include "scission/explore.hpp"

namespace scission {
namespace {

/// Whether two texts are equal, in a time that does not depend on where they differ.
bool is_same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

bool is_loopback(std::string_view host, int port) {
  for (const char* name : {"127.0.0.1", "localhost"}) {
    if (host == fmt::format("{}:{}", name, port)) return true;
  }
  return false;
}

bool is_json(std::string_view content_type) {
  return content_type.substr(0, content_type.find(';')) == "application/json";
}

}  // namespace

ExploreService::ExploreService(Explorer explorer, std::string token, std::filesystem::path followed)
    : explorer_(std::move(explorer)), token_(std::move(token)), followed_(std::move(followed)) {
  if (token_.empty()) throw_invalid_argument("the token must not be empty", "explore");
  std::error_code ignored;
  if (std::filesystem::exists(followed_, ignored) &&
      !std::filesystem::is_regular_file(followed_, ignored)) {
    throw_invalid_argument("is not a file, as scission-run --events writes it", followed_.string());
  }
}

ExploreReply ExploreService::refusal(int status, std::string_view why) {
  return {status, "application/json", format_json(nlohmann::json{{"error", std::string(why)}}, -1)};
}

ExploreReply ExploreService::reply(const ExploreRequest& request, int port) const {
  if (!is_loopback(request.host, port)) {
    return refusal(403, fmt::format("the Host of the request must be 127.0.0.1:{}", port));
  }
  const std::string_view path = std::string_view(request.path).substr(0, request.path.find('?'));
  const std::size_t end = path.find('/', 1);
  const bool has_token = path.starts_with('/') && is_same_secret(path.substr(1, end - 1), token_);
  if (!has_token) {
    return refusal(403, "the address lacks the token: open the one that scission-explore printed");
  }
  const std::string_view rest = end == std::string_view::npos ? "" : path.substr(end);
  const bool is_page = rest == "/";
  const bool is_following = rest == "/events" && !followed_.empty();
  if (!is_page && !is_following && rest != "/answer") return refusal(404, "there is no such page");
  if (request.method != (is_page ? "GET" : "POST")) {
    return refusal(405, is_page ? "the page is read with GET" : "questions are sent with POST");
  }
  try {
    if (is_page)
      return {200, "text/html; charset=utf-8", explorer_.page(followed_.filename().string())};
    if (request.body.size() > max_body_bytes) {
      return refusal(413, fmt::format("a question has at most {} bytes", max_body_bytes));
    }
    if (!is_json(request.content_type)) {
      return refusal(415, "a question has the Content-Type application/json");
    }
    return {200, "application/json",
            is_following ? explore::read_events(followed_, request.body)
                         : explorer_.answer(request.body)};
  } catch (const Error& error) {
    return refusal(error.code() == ErrorCode::io ? 500 : 400, error.what());
  } catch (const std::bad_alloc&) {
    return refusal(500, "out of memory");
  } catch (const std::exception& error) {
    return refusal(500, error.what());
  }
}

}  // namespace scission
