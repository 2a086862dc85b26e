#include "runtime/sweep/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* marker = "scission-sweep-journal";
constexpr int version = 1;

std::string key_of(int block, const std::string& condition, const std::string& plan) {
  return fmt::format("{} {} {}", block, condition, plan);
}

std::string header_of(const SweepIdentity& identity) {
  return Json{{"format", marker}, {"version", version}, {"options", identity}}.dump();
}

std::string line_of(const Measurement& measurement) {
  Json json = {{"block", measurement.block},
               {"condition", measurement.condition},
               {"plan", measurement.plan},
               {"tries", measurement.tries}};
  if (!measurement.is_stable) json["unstable"] = true;
  if (!measurement.failure.empty()) json["failure"] = measurement.failure;
  json["system_seconds"] = measurement.system_seconds;
  json["samples"] = measurement.samples;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Measurement measurement_of(const Json& json) {
  Measurement measurement;
  measurement.block = json.at("block");
  measurement.condition = json.at("condition");
  measurement.plan = json.at("plan");
  measurement.tries = json.at("tries");
  measurement.is_stable = !json.value("unstable", false);
  measurement.failure = json.value("failure", "");
  measurement.system_seconds = json.at("system_seconds").get<std::vector<double>>();
  measurement.samples = json.at("samples").get<std::vector<double>>();
  return measurement;
}

SweepIdentity identity_in(const Json& json, const std::string& place) {
  if (json.value("format", "") != marker || json.value("version", 0) != version) {
    throw Error(ErrorCode::unsupported, "is not a sweep journal that this version can read", place);
  }
  return json.at("options").get<SweepIdentity>();
}

void require_equal(SweepIdentity there, const SweepIdentity& now, const std::string& place) {
  std::vector<std::string> differences;
  for (const auto& [option, value] : now) {
    if (there[option] != value) {
      differences.push_back(fmt::format("{} ('{}' there, '{}' now)", option, there[option], value));
    }
    there.erase(option);
  }
  for (const auto& [option, value] : there) {
    differences.push_back(fmt::format("{} ('{}' there, not now)", option, value));
  }
  if (differences.empty()) return;
  throw Error(ErrorCode::mismatch,
              fmt::format("belongs to a sweep with other options: {}; use the same options, or "
                          "another folder",
                          text::join(differences, ", ")),
              place);
}

Error io_error(const std::filesystem::path& file) {
  return {ErrorCode::io, std::strerror(errno), file.string()};
}

}  // namespace

Journal::Journal(std::filesystem::path file, const SweepIdentity& identity)
    : file_(std::move(file)) {
  if (std::filesystem::exists(file_)) read(identity);
  open(identity);
}

bool Journal::has(int block, const std::string& condition, const std::string& plan) const {
  return keys_.count(key_of(block, condition, plan)) > 0;
}

void Journal::add(Measurement measurement) {
  write_line(line_of(measurement));
  keep(std::move(measurement));
}

void Journal::keep(Measurement measurement) {
  keys_.insert(key_of(measurement.block, measurement.condition, measurement.plan));
  measurements_.push_back(std::move(measurement));
}

void Journal::read(const SweepIdentity& identity) {
  std::string all = read_file(file_);
  const std::size_t whole = all.rfind('\n') + 1;  // 0 without a newline
  all.resize(whole);
  std::filesystem::resize_file(file_, whole);
  int number = 0;
  SweepIdentity there;
  for (const std::string_view line : text::split(all, '\n')) {
    if (line.empty()) continue;
    const std::string place = fmt::format("{}:{}", file_.string(), ++number);
    try {
      const Json json = Json::parse(line);
      if (number == 1) {
        there = identity_in(json, file_.string());
        continue;
      }
      Measurement measurement = measurement_of(json);
      if (measurement.failure.empty()) keep(std::move(measurement));
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::damaged, "is not a journal line; remove it to repeat that measurement",
                  place);
    }
  }
  if (!measurements_.empty()) {
    require_equal(std::move(there), identity, file_.string());
  } else if (there != identity) {
    std::filesystem::resize_file(file_, 0);  // of a sweep that measured nothing
  }
}

void Journal::open(const SweepIdentity& identity) {
  lines_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!lines_.is_open()) throw io_error(file_);
  if (std::filesystem::file_size(file_) == 0) write_line(header_of(identity));
}

void Journal::write_line(const std::string& line) {
  const std::string text = line + "\n";
  const ssize_t written = write(lines_.number(), text.data(), text.size());
  if (written >= 0 && written < static_cast<ssize_t>(text.size())) errno = ENOSPC;
  if (written != static_cast<ssize_t>(text.size()) || fdatasync(lines_.number()) != 0) {
    throw io_error(file_);
  }
}

}  // namespace scission::runtime
