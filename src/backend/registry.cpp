// The backends of this process.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/backend.hpp"
#include "scission/base.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace scission {
namespace {

// Manifests that name no backend were written by versions that had this one only.
constexpr std::string_view first_backend = "LibTorch";

// Never destroyed, because a stage may end after static objects.
std::vector<std::unique_ptr<Backend>>& registry() {
  static auto* const all = new std::vector<std::unique_ptr<Backend>>();
  return *all;
}

// The first backend whose files have this ending; nullptr without.
const Backend* find_by_ending(std::string ending) {
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const Backend* backend : backends()) {
    const std::vector<std::string> known = backend->extensions();
    if (std::find(known.begin(), known.end(), ending) != known.end()) return backend;
  }
  return nullptr;
}

// "LibTorch 1.13.0"
std::string names_of_backends() {
  std::vector<std::string> names;
  for (const Backend* backend : backends()) {
    names.push_back(fmt::format("{} {}", backend->name(), backend->version()));
  }
  return names.empty() ? "none" : "only " + text::join(names, " and ");
}

// Throws the backend's error where it knows what the file is instead: "is a picture".
void throw_if_unsupported(const Backend& backend, const std::filesystem::path& file) {
  try {
    backend.require_model_file(file);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) throw;
  }
}

}  // namespace

bool Backend::load_operators(const std::filesystem::path&) const { return false; }

std::string Backend::threading_warning(int) const { return {}; }

const std::vector<ZooModel>& Backend::built_in_models() const {
  static const std::vector<ZooModel> none;
  return none;
}

void Backend::export_built_in(const std::string& model, const std::filesystem::path&,
                              std::uint64_t) const {
  throw Error(ErrorCode::unsupported, fmt::format("{} has no such built-in model", name()), model);
}

void register_backend(std::unique_ptr<Backend> backend) {
  for (const Backend* other : backends()) {
    if (other->name() == backend->name()) {
      throw_invalid_argument("is registered already", "backend " + backend->name());
    }
  }
  registry().push_back(std::move(backend));
}

std::vector<const Backend*> backends() {
  std::vector<const Backend*> all;
  for (const auto& backend : registry()) all.push_back(backend.get());
  return all;
}

const Backend& find_backend(std::string_view name) {
  const std::string_view wanted = name.empty() ? first_backend : name;
  for (const Backend* backend : backends()) {
    if (backend->name() == wanted) return *backend;
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("is needed, and there is {} here; install a Scission that is built "
                          "with it",
                          names_of_backends()),
              fmt::format("backend {}", wanted));
}

const Backend& backend_of(const std::filesystem::path& file) {
  const std::vector<const Backend*> all = backends();
  for (const Backend* backend : all) {
    if (backend->recognises(file)) return *backend;
  }
  if (const Backend* backend = find_by_ending(file.extension().string())) return *backend;
  if (all.size() == 1) return *all.front();  // which says best what the file is
  for (const Backend* backend : all) throw_if_unsupported(*backend, file);
  std::vector<std::string> formats;
  for (const Backend* backend : all) {
    formats.push_back(fmt::format("{} ({})", backend->format(), backend->extensions().front()));
  }
  throw Error(ErrorCode::unsupported,
              formats.empty() ? "cannot be opened: there is no backend here"
                              : "is no model file: " + text::join(formats, " or ") + " is needed",
              file.string());
}

const Backend& backend_of_ending(const std::string& ending) {
  if (const Backend* backend = find_by_ending(ending)) return *backend;
  std::vector<std::string> known;
  for (const Backend* backend : backends()) {
    for (const std::string& each : backend->extensions()) known.push_back(each);
  }
  throw_invalid_argument(fmt::format("no backend here has files that end in '{}'; known: {}",
                                     ending, known.empty() ? "none" : text::join(known, ", ")));
}

std::unique_ptr<StageModel> load_segment(const std::filesystem::path& file,
                                         const Segment& segment) {
  return find_backend(segment.backend).load_stage(file, segment);
}

void load_operators_of_backends(const std::filesystem::path& library) {
  bool is_loaded = false;
  for (const Backend* backend : backends()) is_loaded |= backend->load_operators(library);
  if (is_loaded) return;
  throw Error(ErrorCode::unsupported, "there is no backend here that loads operators",
              library.string());
}

void set_threads_of_backends(int count) {
  for (const Backend* backend : backends()) backend->set_threads(count);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int max_heap_block = 32 * 1024 * 1024;  // glibc accepts no more
  mallopt(M_MMAP_THRESHOLD, max_heap_block);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace scission
