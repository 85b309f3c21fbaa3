#include "commands/memory_plan.h"

#include <algorithm>

#include "dataset/split.h"
#include "memory.h"

namespace anirec {
namespace {

// Copies a checkpoint makes of the parameters: they and their moments.
std::uint64_t copies_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::adam:
    case Optimizer::lazy_adam: return 3;
    case Optimizer::adagrad:
    case Optimizer::rowwise_adagrad: return 2;
    case Optimizer::sgd: break;
  }
  return 1;
}

template <class Column>
std::uint64_t bytes_of(const Column& column) {
  return column.size() * sizeof(typename Column::value_type);
}

}  // namespace

MemoryPlan plan_training(const TrainConfig& config, const DeviceChoice& device, const Dataset& dataset) {
  const auto users = static_cast<std::uint32_t>(dataset.users.size()),
             items = static_cast<std::uint32_t>(dataset.items.size());
  const ModelConfig model = config_model(config, users, items, {});
  const TrainSettings settings = config_settings(config, dataset.size());
  const std::uint64_t parameters =
      (std::uint64_t{users} + items) * (static_cast<std::uint64_t>(model.dim) + 1) * sizeof(float);
  return {dataset.size() * sizeof(Sample), engine_memory(device, model, settings, config.threads),
          parameters * (copies_of(settings.optimizer) + (config.keep == "best" ? 1 : 0))};
}

void require_memory_for(const MemoryPlan& plan, const Dataset& dataset) {
  const std::uint64_t columns = bytes_of(dataset.user) + bytes_of(dataset.item) + bytes_of(dataset.rating) +
                                bytes_of(dataset.label) + bytes_of(dataset.time);
  const std::uint64_t later = plan.total() > columns ? plan.total() - columns : 0;
  require_memory(std::max(plan.samples, later), "training",
                 "train with a smaller --dim or --batch-size, on fewer rows, or where there is more");
}

}  // namespace anirec
