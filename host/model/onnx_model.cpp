#include "model/onnx_model.h"

#include <bit>
#include <span>
#include <string_view>
#include <vector>

#include "error.h"
#include "formats/protobuf.h"
#include "model/named_tensors.h"

namespace anirec {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

// Numbers of fields and enumerators in onnx.proto.
namespace onnx {
constexpr std::uint64_t float_type = 1, int64_type = 7, int_attribute = 2, ir_version = 7, opset = 13;
}  // namespace onnx

class Graph {
 public:
  // A node with one output, whose name is returned.
  std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output = "",
                   const std::string& attribute = "", std::int64_t value = 0) {
    ProtobufMessage node;
    for (const std::string& input : inputs) node.bytes(1, input);
    const std::string name = output.empty() ? type + "_" + std::to_string(++nodes_) : output;
    node.bytes(2, name);
    node.bytes(3, name + "_node");
    node.bytes(4, type);
    if (!attribute.empty()) {
      ProtobufMessage message;
      message.bytes(1, attribute);
      message.number(3, static_cast<std::uint64_t>(value));
      message.number(20, onnx::int_attribute);
      node.message(5, message);
    }
    graph_.message(1, node);
    return name;
  }

  std::string weights(const std::string& name, std::span<const float> values,
                      const std::vector<std::int64_t>& shape) {
    return tensor(name, onnx::float_type, values.data(), values.size_bytes(), shape);
  }
  std::string constant(const std::string& name, float value) { return weights(name, {&value, 1}, {1}); }
  std::string constant(const std::string& name, std::int64_t value) {
    return tensor(name, onnx::int64_type, &value, sizeof value, {1});
  }

  // A vector; length 0 stands for "n".
  void input(const std::string& name, std::uint64_t type, std::uint64_t length) { value(11, name, type, length); }
  void output(const std::string& name) { value(12, name, onnx::float_type, 0); }

  std::string finish(const std::string& config) {
    graph_.bytes(2, "anirec");
    ProtobufMessage opset, model, entry;
    opset.bytes(1, "");
    opset.number(2, onnx::opset);
    entry.bytes(1, "anirec_config");
    entry.bytes(2, config);
    model.number(1, onnx::ir_version);
    model.bytes(2, "anirec");
    model.bytes(3, ANIREC_VERSION);
    model.message(8, opset);
    model.message(14, entry);
    model.message(7, graph_);
    return model.content();
  }

 private:
  std::string tensor(const std::string& name, std::uint64_t type, const void* data, std::size_t bytes,
                     const std::vector<std::int64_t>& shape) {
    ProtobufMessage tensor;
    for (const std::int64_t extent : shape) tensor.number(1, static_cast<std::uint64_t>(extent));
    tensor.number(2, type);
    tensor.bytes(8, name);
    tensor.bytes(9, {static_cast<const char*>(data), bytes});
    graph_.message(5, tensor);
    return name;
  }

  void value(int field, const std::string& name, std::uint64_t type, std::uint64_t length) {
    ProtobufMessage dimension, shape, tensor, kind, info;
    if (length == 0)
      dimension.bytes(2, "n");
    else
      dimension.number(1, length);
    shape.message(1, dimension);
    tensor.number(1, type);
    tensor.message(2, shape);
    kind.message(1, tensor);
    info.bytes(1, name);
    info.message(2, kind);
    graph_.message(field, info);
  }

  ProtobufMessage graph_;
  int nodes_ = 0;
};

class Builder {
 public:
  Builder(const ModelConfig& model, const Parameters& parameters, OnnxUser user) : model_(model), user_(user) {
    for (const NamedTensor& tensor : named_tensors(model, parameters)) {
      const bool of_users = tensor.name.starts_with("user_");
      if (user == OnnxUser::index || !of_users) graph_.weights(tensor.name, tensor.values, tensor.shape);
    }
  }

  std::string build() {
    if (user_ == OnnxUser::index)
      graph_.input("user", onnx::int64_type, 0);
    else
      graph_.input("user_vector", onnx::float_type,
                   static_cast<std::uint64_t>(model_.dim) + (model_.has_row_bias() ? 1 : 0));
    graph_.input("item", onnx::int64_type, 0);
    axis_ = graph_.constant("axis_1", std::int64_t{1});
    if (model_.trunk() == Trunk::dot)
      activate(model_.heads[0], dot());
    else
      mlp();
    return graph_.finish(model_config_json(model_));
  }

 private:
  std::string rows(const char* table, const char* index) { return graph_.node("Gather", {table, index}); }
  // Scalars of rows [n] beside their embeddings [n, D]. (A user's vector is [D], its bias [1]: they broadcast as
  // they are.)
  std::string as_column(const std::string& scalars) { return graph_.node("Unsqueeze", {scalars, axis_}); }

  std::string part_of_vector(std::int64_t begin, std::int64_t end) {
    const std::string name = std::to_string(begin);
    return graph_.node(
        "Slice", {"user_vector", graph_.constant("begin_" + name, begin), graph_.constant("end_" + name, end)});
  }

  std::string dot() {
    std::string x, y = rows("item_embedding.weight", "item"), x_bias, y_bias = rows("item_bias.weight", "item");
    const bool inside = !model_.additive_bias;
    if (user_ == OnnxUser::index) {
      x = rows("user_embedding.weight", "user");
      x_bias = rows("user_bias.weight", "user");
      if (inside) x_bias = as_column(x_bias);
    } else {
      x = part_of_vector(0, model_.dim);
      x_bias = part_of_vector(model_.dim, model_.dim + 1);
    }
    if (inside) {
      x = graph_.node("Add", {x, x_bias});
      y = graph_.node("Add", {y, as_column(y_bias)});
    }
    std::string score = graph_.node("ReduceSum", {graph_.node("Mul", {x, y}), axis_}, "", "keepdims", 0);
    if (!inside) score = graph_.node("Add", {graph_.node("Add", {score, x_bias}), y_bias});
    return graph_.node("Add", {score, "bias"});
  }

  void mlp() {
    std::string user;
    if (user_ == OnnxUser::index) {
      user = rows("user_embedding.weight", "user");
    } else {
      const std::string rows_wanted = graph_.node("Shape", {"item"});
      const std::string shape =
          graph_.node("Concat", {rows_wanted, graph_.constant("dim", std::int64_t{model_.dim})}, "", "axis", 0);
      user = graph_.node("Expand", {"user_vector", shape});
    }
    std::string below = graph_.node("Concat", {user, rows("item_embedding.weight", "item")}, "", "axis", 1);
    for (std::size_t layer = 0; layer < model_.hidden.size(); ++layer)
      below = graph_.node("Relu", {dense("hidden." + std::to_string(layer), below)});
    for (const Head& head : model_.heads)
      activate(head, graph_.node("Squeeze", {dense(std::string(head.name()) + "_head", below), axis_}));
  }

  std::string dense(const std::string& name, const std::string& below) {
    return graph_.node("Gemm", {below, name + ".weight", name + ".bias"}, "", "transB", 1);
  }

  void activate(const Head& head, const std::string& score) {
    const std::string name = head.name();
    switch (head.activation) {
      case Activation::identity: graph_.node("Identity", {score}, name); break;
      case Activation::relu: graph_.node("Relu", {score}, name); break;
      case Activation::sigmoid: graph_.node("Sigmoid", {score}, name); break;
      case Activation::bounded: {
        const Bounds bounds = model_.bounds;
        const std::string scaled = graph_.node(
            "Mul", {graph_.node("Sigmoid", {score}), graph_.constant("range", bounds.high - bounds.low)});
        graph_.node("Add", {scaled, graph_.constant("low", bounds.low)}, name);
        break;
      }
    }
    graph_.output(name);
  }

  const ModelConfig& model_;
  const OnnxUser user_;
  Graph graph_;
  std::string axis_;
};

}  // namespace

std::string onnx_model(const ModelConfig& model, const Parameters& parameters, OnnxUser user) {
  std::size_t values = parameters.item_embedding.size() + parameters.item_bias.size() + parameters.dense.size();
  if (user == OnnxUser::index) values += parameters.user_embedding.size() + parameters.user_bias.size();
  constexpr std::size_t most = (std::size_t{1} << 31) - (1 << 20);
  if (values * sizeof(float) > most)
    throw DataError(
        "the model is larger than the 2 GB an ONNX file can hold; use --format npy, or model.safetensors as it "
        "is");
  return Builder(model, parameters, user).build();
}

}  // namespace anirec
