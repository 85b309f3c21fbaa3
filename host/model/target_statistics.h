// What the training targets tell a model before its first step.
#pragma once

#include "dataset/split.h"
#include "model/parameters.h"

namespace anirec {

struct TargetStatistics {
  TargetMeans means;
  Bounds bounds;  // of the ratings
};

// Of the train rows, of which there is one at least.
TargetStatistics target_statistics(const Samples& samples);

}  // namespace anirec
