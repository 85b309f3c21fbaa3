// A model as an ONNX graph with its weights inside, for any runtime:
// https://github.com/onnx/onnx/blob/main/docs/IR.md
#pragma once

#include <string>

#include "model/parameters.h"

namespace anirec {

enum class OnnxUser {
  index,  // input `user`: int64 [n], a row of the user table each
  vector  // input `user_vector`: float [D], of mf [D + 1] with the bias last; the graph has no user table
};

// The bytes of a model (opset 13) with the further input `item`: int64 [n], and an output for each head: `rating`,
// `interaction`: float [n], activated. Throws DataError where they would be more than the 2 GB a protocol buffer
// holds.
std::string onnx_model(const ModelConfig& model, const Parameters& parameters, OnnxUser user);

}  // namespace anirec
