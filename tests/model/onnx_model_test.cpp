#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "engines/small_problem.h"
#include "model/onnx_model.h"

using namespace anirec;

namespace {

// A message taken apart: field → values, a varint's as a number and bytes as they are.
struct Field {
  std::uint64_t number = 0;
  std::string bytes;
};
using Message = std::multimap<int, Field>;

std::uint64_t read_varint(const std::string& text, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    REQUIRE(at < text.size());
    const unsigned char byte = static_cast<unsigned char>(text[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

Message parse(const std::string& text) {
  Message message;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint64_t key = read_varint(text, at);
    Field field;
    if ((key & 7) == 0) {
      field.number = read_varint(text, at);
    } else {
      REQUIRE((key & 7) == 2);
      const std::uint64_t size = read_varint(text, at);
      REQUIRE(at + size <= text.size());
      field.bytes = text.substr(at, size);
      at += size;
    }
    message.emplace(static_cast<int>(key >> 3), field);
  }
  return message;
}

std::string text_of(const Message& message, int field) {
  const auto found = message.find(field);
  return found == message.end() ? "" : found->second.bytes;
}
std::vector<Field> all_of(const Message& message, int field) {
  std::vector<Field> fields;
  const auto [begin, end] = message.equal_range(field);
  for (auto each = begin; each != end; ++each) fields.push_back(each->second);
  return fields;
}

struct Tensor {
  std::uint64_t type;
  std::vector<std::uint64_t> shape;
  std::string data;
};

struct Graph {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> inputs, outputs;  // name → "1 [n]": element type and dimension
  std::vector<std::string> types;                      // of the nodes
  std::string fault;                                   // of how the nodes hang together
};

std::string described(const std::string& value_info) {
  const Message tensor = parse(text_of(parse(text_of(parse(value_info), 2)), 1));
  const Message dimension = parse(text_of(parse(text_of(tensor, 2)), 1));
  const std::string name = text_of(dimension, 2);
  return std::to_string(tensor.find(1)->second.number) + " [" +
         (name.empty() ? std::to_string(dimension.find(1)->second.number) : name) + "]";
}

Graph graph_of(const std::string& model_bytes) {
  const Message model = parse(model_bytes);
  CHECK(model.find(1)->second.number == 7);
  CHECK(text_of(model, 2) == "anirec");
  CHECK(parse(text_of(model, 8)).find(2)->second.number == 13);
  const Message graph = parse(text_of(model, 7));
  Graph result;
  std::set<std::string> known;
  for (const Field& field : all_of(graph, 5)) {
    const Message tensor = parse(field.bytes);
    Tensor& entry = result.tensors[text_of(tensor, 8)];
    entry.type = tensor.find(2)->second.number;
    for (const Field& extent : all_of(tensor, 1)) entry.shape.push_back(extent.number);
    entry.data = text_of(tensor, 9);
    if (!known.insert(text_of(tensor, 8)).second) result.fault += "twice: " + text_of(tensor, 8) + "; ";
  }
  for (const Field& field : all_of(graph, 11)) {
    const std::string name = text_of(parse(field.bytes), 1);
    result.inputs[name] = described(field.bytes);
    known.insert(name);
  }
  for (const Field& field : all_of(graph, 1)) {
    const Message node = parse(field.bytes);
    result.types.push_back(text_of(node, 4));
    for (const Field& input : all_of(node, 1))
      if (!known.contains(input.bytes)) result.fault += "not there yet: " + input.bytes + "; ";
    if (!known.insert(text_of(node, 2)).second) result.fault += "made twice: " + text_of(node, 2) + "; ";
  }
  for (const Field& field : all_of(graph, 12)) {
    const std::string name = text_of(parse(field.bytes), 1);
    result.outputs[name] = described(field.bytes);
    if (!known.contains(name)) result.fault += "never made: " + name + "; ";
  }
  return result;
}

using Names = std::map<std::string, std::string>;

bool has(const Graph& graph, const std::string& type) {
  return std::find(graph.types.begin(), graph.types.end(), type) != graph.types.end();
}

}  // namespace

TEST_CASE("a graph has the inputs, the outputs and the weights that the contract names") {
  struct Case {
    Problem problem;
    Names outputs;
    std::string vector;
  };
  ProblemSize deep;
  deep.hidden = {7, 5};
  for (const Case& each :
       std::vector<Case>{{make_problem("mf", Task::rating), {{"rating", "1 [n]"}}, "1 [9]"},
                         {make_problem("mf", Task::interaction), {{"interaction", "1 [n]"}}, "1 [9]"},
                         {make_problem("nn", Task::rating, {}, Activation::relu), {{"rating", "1 [n]"}}, "1 [8]"},
                         {make_problem("nn", Task::interaction, deep), {{"interaction", "1 [n]"}}, "1 [8]"},
                         {make_problem("hybrid", Task::hybrid, {}, Activation::bounded),
                          {{"rating", "1 [n]"}, {"interaction", "1 [n]"}},
                          "1 [8]"}}) {
    const Problem& p = each.problem;
    CAPTURE(p.model.name);
    const Graph graph = graph_of(onnx_model(p.model, p.start, OnnxUser::index));
    CHECK(graph.fault == "");
    CHECK(graph.inputs == Names{{"user", "7 [n]"}, {"item", "7 [n]"}});
    CHECK(graph.outputs == each.outputs);
    const Tensor& users = graph.tensors.at("user_embedding.weight");
    CHECK(users.type == 1);
    CHECK(users.shape == std::vector<std::uint64_t>{23, 8});
    REQUIRE(users.data.size() == p.start.user_embedding.size() * sizeof(float));
    CHECK(std::memcmp(users.data.data(), p.start.user_embedding.data(), users.data.size()) == 0);
    std::size_t dense = 0;
    for (const DenseTensor& tensor : dense_tensors(p.model)) {
      CAPTURE(tensor.name);
      REQUIRE(graph.tensors.contains(tensor.name));
      const Tensor& found = graph.tensors.at(tensor.name);
      CHECK(found.shape == std::vector<std::uint64_t>(tensor.shape.begin(), tensor.shape.end()));
      REQUIRE(found.data.size() == tensor.size() * sizeof(float));
      CHECK(std::memcmp(found.data.data(), p.start.dense.data() + tensor.offset, found.data.size()) == 0);
      ++dense;
    }
    CHECK(dense > 0);

    const Graph by_vector = graph_of(onnx_model(p.model, p.start, OnnxUser::vector));
    CHECK(by_vector.fault == "");
    CHECK(by_vector.inputs == Names{{"user_vector", each.vector}, {"item", "7 [n]"}});
    CHECK(by_vector.outputs == each.outputs);
    CHECK_FALSE(by_vector.tensors.contains("user_embedding.weight"));
    CHECK_FALSE(by_vector.tensors.contains("user_bias.weight"));
    CHECK(by_vector.tensors.contains("item_embedding.weight"));
  }
}

TEST_CASE("each activation has its nodes, and a bounded one its range") {
  CHECK(has(graph_of(onnx_model(make_problem("mf", Task::rating).model, make_problem("mf", Task::rating).start,
                                OnnxUser::index)),
            "Identity"));
  const Problem interaction = make_problem("mf", Task::interaction);
  CHECK(has(graph_of(onnx_model(interaction.model, interaction.start, OnnxUser::index)), "Sigmoid"));
  Problem bounded = make_problem("mf", Task::rating, {}, Activation::bounded);
  bounded.model.additive_bias = true;
  const Graph graph = graph_of(onnx_model(bounded.model, bounded.start, OnnxUser::index));
  CHECK(graph.fault == "");
  const auto value = [&](const char* name) {
    float number = 0;
    REQUIRE(graph.tensors.at(name).data.size() == sizeof number);
    std::memcpy(&number, graph.tensors.at(name).data.data(), sizeof number);
    return number;
  };
  CHECK(value("low") == 1);
  CHECK(value("range") == 9);
}
