#include "scission/torchscript/common/module.hpp"

#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/csrc/jit/passes/autocast.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/script.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fstream>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <system_error>

#include "scission/base.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/model_file.hpp"

namespace scission::torchscript {
namespace {

void require_file(const std::filesystem::path& path, const char* what = "model file") {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return;
  throw Error(ErrorCode::not_found, fmt::format("there is no such {}", what), path.string());
}

std::string full_text(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error ? torch_error->what_without_backtrace() : error.what();
}

// "torchvision::nms" of "Unknown builtin op: torchvision::nms."; empty for any other error.
std::string missing_operator(const std::string& text) {
  constexpr std::string_view mark = "Unknown builtin op: ";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_of(". \n", begin) - begin);
}

Error unreadable(const std::exception& error, const std::filesystem::path& path) {
  if (const std::string missing = missing_operator(full_text(error)); !missing.empty()) {
    return {ErrorCode::unsupported,
            fmt::format("needs the operator {}, which LibTorch lacks here; name the library that "
                        "has it: --operators LIB.so",
                        missing),
            path.string()};
  }
  return {ErrorCode::damaged,
          fmt::format("cannot be loaded as TorchScript, write it with torch.jit.save() ({})",
                      one_line(error)),
          path.string()};
}

/// Checks for failed writes at the end only: LibTorch's writer, if it learns of one, throws from
/// its destructor, which terminates the program.
void write(const torch::jit::Module& module, const std::filesystem::path& path,
           const torch::jit::ExtraFilesMap& extra_files) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category());
  const auto append = [&file](const void* data, std::size_t size) {
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    return size;
  };
  torch::jit::ExportModule(module, append, extra_files);
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category());
}

constexpr std::array autocast_classes = {"__torch__.torch.amp.autocast_mode.autocast",
                                         "__torch__.torch.cpu.amp.autocast_mode.autocast",
                                         "__torch__.torch.cuda.amp.autocast_mode.autocast"};

// The casts are in the code already; entering the scope does nothing else.
void remove_autocast_scopes(torch::jit::Block& block) {
  for (auto node = block.nodes().begin(); node != block.nodes().end(); ++node) {
    for (torch::jit::Block* inner : node->blocks()) remove_autocast_scopes(*inner);
    if (node->kind() != c10::prim::Enter && node->kind() != c10::prim::Exit) continue;
    const auto* scope = node->input(0)->type()->castRaw<c10::ClassType>();
    const bool is_autocast =
        scope && scope->name() &&
        std::any_of(autocast_classes.begin(), autocast_classes.end(),
                    [&](const char* name) { return scope->name()->qualifiedName() == name; });
    if (is_autocast && !node->hasUses()) node.destroyCurrent();
  }
}

// "RuntimeError: cause", "builtins.ValueError: cause" → "cause"; empty for any other line.
std::string_view cause_in(std::string_view line) {
  for (std::string_view mark : {"Error: ", "Exception: "}) {
    const std::size_t at = line.find(mark);
    if (at != std::string_view::npos && line.find(' ') == at + mark.size() - 1) {
      return line.substr(at + mark.size());
    }
  }
  return {};
}

}  // namespace

void rethrow_out_of_memory(const std::exception& error) {
  const bool is_allocators = full_text(error).find("can't allocate memory") != std::string::npos;
  if (is_allocators || dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    throw std::bad_alloc();
  }
}

std::string backend_name() { return "LibTorch"; }

std::string backend_version() { return TORCH_VERSION; }

torch::jit::Module load_module(const std::filesystem::path& path) {
  require_file(path);
  require_torchscript_file(path);
  // What models print is no output of the tools.
  torch::jit::setPrintHandler([](const std::string& text) { std::cerr << text; });
  try {
    torch::jit::Module module = torch::jit::load(path.string(), torch::kCPU);
    apply_autocast(module, path.string());
    return module;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    rethrow_out_of_memory(error);
    throw unreadable(error, path);
  }
}

void apply_autocast(const torch::jit::Module& module, const std::string& place) {
  const auto unit = module._ivalue()->compilation_unit();
  const bool uses_autocast = std::any_of(
      autocast_classes.begin(), autocast_classes.end(),
      [&](const char* name) { return unit->get_class(c10::QualifiedName(name)) != nullptr; });
  if (!uses_autocast || !module.find_method("forward")) return;
  const std::shared_ptr<torch::jit::Graph> code = module.get_method("forward").graph();
  try {
    torch::jit::Inline(*code);
    torch::jit::Autocast(code);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::unsupported,
                fmt::format("uses torch.autocast() in a way that LibTorch does not run: {}; give "
                            "it constants, or the model as torch.jit.trace() makes it",
                            one_line(error)),
                place);
  }
  remove_autocast_scopes(*code->block());
}

void load_operators(const std::filesystem::path& library) {
  require_file(library, "library of operators");
  if (dlopen(std::filesystem::absolute(library).c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  throw Error(ErrorCode::damaged, fmt::format("cannot be loaded as operators: {}", dlerror()),
              library.string());
}

std::optional<std::string> recorded_inputs_text(const std::filesystem::path& path) {
  require_file(path);
  require_torchscript_file(path);
  try {
    caffe2::serialize::PyTorchStreamReader archive(path.string());
    const std::string record = std::string("extra/") + inputs_record_name;
    if (!archive.hasRecord(record)) return std::nullopt;
    const auto [data, size] = archive.getRecord(record);
    const auto* text = static_cast<const char*>(data.get());
    return nlohmann::json::parse(text, text + size).at("inputs").get<std::string>();
  } catch (const std::exception& error) {
    throw unreadable(error, path);
  }
}

torch::jit::ExtraFilesMap inputs_record(const std::string& inputs) {
  return {{inputs_record_name, nlohmann::json{{"inputs", inputs}}.dump()}};
}

void save_module(const torch::jit::Module& module, const std::filesystem::path& path,
                 const torch::jit::ExtraFilesMap& extra_files) {
  std::error_code none;
  if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
    throw Error(ErrorCode::io, "exists and is not a regular file", path.string());
  }
  const std::filesystem::path partial = fmt::format("{}.{}.partial", path.string(), getpid());
  try {
    write(module, partial, extra_files);
    std::filesystem::rename(partial, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw Error(ErrorCode::io, "cannot be written: " + one_line(error), path.string());
  }
}

std::string one_line(const std::exception& error) {
  std::istringstream text(full_text(error));
  std::string first;
  for (std::string line; std::getline(text, line);) {
    if (first.empty() && std::any_of(line.begin(), line.end(), [](char c) { return c > ' '; })) {
      first = line;
    }
    if (const std::string_view cause = cause_in(line); !cause.empty()) return std::string(cause);
  }
  return first.empty() ? "no reason given" : first;
}

}  // namespace scission::torchscript
