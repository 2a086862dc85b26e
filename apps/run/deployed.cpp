#include "deployed.hpp"

#include <fmt/format.h>

#include <utility>

#include "connection_options.hpp"
#include "progress.hpp"
#include "scission/backend/stage_model.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/execute/execute.hpp"

namespace scission::run {
namespace {

constexpr double short_call_s = 10;
constexpr double drop_s = 2;  // others may wait for it

}  // namespace

Deployed::Deployed(const Request& request, std::string model, std::string source,
                   std::vector<std::vector<runtime::StageAssignment>> plans,
                   const apps::Interrupts* interrupts)
    : request_(request),
      interrupts_(interrupts),
      model_(std::move(model)),
      source_(std::move(source)),
      plans_(std::move(plans)),
      clients_(runtime::connect(request.addresses, request.security)),
      deploy_clients_(runtime::connect(request.deploy_addresses, request.security)) {
  note_what_is_there();
}

void Deployed::note_what_is_there() {
  for (const auto& [system, client] : deploy_clients_) {
    if (request_.foreign.count(system) > 0) continue;
    apps::warn_of_other_name(system, *client);
    for (const runtime::StoredModel& model : client->list(short_call_s)) {
      were_there_[system].insert(model.model);
    }
  }
}

Deployed::~Deployed() {
  if (request_.keeps) return;
  for (const auto& [system, models] : brought_) {
    for (const std::string& model : models) {
      if (!drop(system, model)) break;
    }
  }
}

// False when the worker is gone: its segments are its operator's to see to then.
bool Deployed::drop(const std::string& system, const std::string& model) const {
  const auto before = were_there_.find(system);
  if (before != were_there_.end() && before->second.count(model) > 0) return true;
  try {
    deploy_clients_.at(system)->drop(model, drop_s);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void Deployed::take_away(const std::vector<runtime::StageAssignment>& plan,
                         const std::vector<std::vector<runtime::StageAssignment>>& kept) {
  if (request_.keeps) return;
  std::set<std::pair<std::string, std::string>> needed;
  for (const auto& other : kept) {
    for (const runtime::StageAssignment& assignment : other) {
      needed.emplace(assignment.system, runtime::served_name(model_, assignment.segment));
    }
  }
  std::set<std::string> gone;
  for (const runtime::StageAssignment& assignment : plan) {
    if (gone.count(assignment.system) > 0) continue;
    const std::string model = runtime::served_name(model_, assignment.segment);
    if (needed.count({assignment.system, model}) > 0) continue;
    const auto brought = brought_.find(assignment.system);
    if (brought == brought_.end() || brought->second.erase(model) == 0) continue;
    if (!drop(assignment.system, model)) gone.insert(assignment.system);
  }
}

// The same workers, at the addresses that --workers names.
void Deployed::take_the_way_of_tensors(std::vector<runtime::PipelineStage>& stages) const {
  if (request_.addresses == request_.deploy_addresses) return;
  runtime::Clients workers;
  for (runtime::PipelineStage& stage : stages) {
    if (!stage.client) continue;
    stage.client = clients_.at(stage.system);
    if (!stage.is_foreign) workers[stage.system] = stage.client;
  }
  runtime::announce_peers(workers, short_call_s);
}

bool Deployed::is_back(const std::string& system) const {
  constexpr double soon_s = 1;
  const auto worker = clients_.find(system);
  if (worker == clients_.end()) return false;  // this process, which does not come back
  runtime::Client& client = *worker->second;
  try {
    if (!client.is_ready(soon_s)) return false;
    const auto models = brought_.find(system);
    if (models == brought_.end()) return true;  // a foreign server
    for (const std::string& model : models->second) {
      if (!client.is_model_ready(model, soon_s)) return false;
    }
    client.set_peers(request_.addresses, soon_s);
    return true;
  } catch (const Error&) {
    return false;  // away again, or in the middle of starting
  }
}

std::shared_ptr<runtime::Pipeline> Deployed::pipeline(std::size_t plan) {
  return pipeline(plans_[plan]);
}

std::shared_ptr<runtime::Pipeline> Deployed::pipeline(
    const std::vector<runtime::StageAssignment>& plan, const std::function<double()>& share) {
  apps::Progress progress("deploying");
  runtime::DeployOptions options;
  options.load = with_warmup(throttled(torchscript::load_stage, request_.speed), [this] {
    if (request_.threads) torchscript::set_threads(*request_.threads);
  });
  options.share = share;
  if (share) options.deadline_s /= share();
  options.on_progress = [&](const std::string& system, std::int64_t sent, std::int64_t total) {
    progress.update(total > 0 ? static_cast<double>(sent) / static_cast<double>(total) : 1, 0,
                    "to " + system);
    const std::optional<int> signal = interrupts_ ? interrupts_->take() : std::nullopt;
    if (signal) throw apps::Interrupted{*signal};
  };
  for (const runtime::StageAssignment& assignment : plan) {
    if (!assignment.foreign_model.empty() || clients_.count(assignment.system) == 0) continue;
    brought_[assignment.system].insert(runtime::served_name(model_, assignment.segment));
  }
  std::vector<runtime::PipelineStage> stages =
      runtime::deploy_stages(model_, plan, deploy_clients_, options);
  take_the_way_of_tensors(stages);
  runtime::PipelineOptions pipeline_options;
  pipeline_options.source = source_;
  pipeline_options.deadline_s = request_.deadline_s;
  return std::make_shared<runtime::Pipeline>(std::move(stages), pipeline_options);
}

}  // namespace scission::run
