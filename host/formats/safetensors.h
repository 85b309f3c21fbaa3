// The safetensors format: 8 bytes of header length, a JSON header, raw little-endian tensors.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace anirec {

enum class DType { u8, u32, i64, f32, f64 };
std::size_t dtype_size(DType type);
const char* dtype_name(DType type);  // "U8", "U32", "I64", "F32", "F64"

template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<std::uint8_t>() {
  return DType::u8;
}
template <>
constexpr DType dtype_of<std::uint32_t>() {
  return DType::u32;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
  return DType::i64;
}
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::f64;
}

using FileMetadata = std::map<std::string, std::string>;  // __metadata__

// Collects views (nothing is copied), then writes the whole file atomically. Tensors are laid out by falling
// element size so that each is aligned; the header is padded with blanks to 8 bytes.
class SafetensorsWriter {
 public:
  template <class T>
  void add(const std::string& name, std::span<const T> values, std::vector<std::int64_t> shape) {
    add_bytes(name, dtype_of<T>(), values.data(), values.size(), std::move(shape));
  }
  template <class T, class Allocator>
  void add(const std::string& name, const std::vector<T, Allocator>& values) {
    add(name, std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
  }
  template <class T, class Allocator>
  void add(const std::string& name, const std::vector<T, Allocator>&& values) = delete;  // it must outlive write()
  void set_metadata(FileMetadata metadata) { metadata_ = std::move(metadata); }
  void write(const std::string& path) const;  // throws DataError

 private:
  struct Entry {
    std::string name;
    DType type;
    const void* data;
    std::uint64_t bytes;
    std::vector<std::int64_t> shape;
  };
  void add_bytes(const std::string& name, DType type, const void* data, std::size_t count,
                 std::vector<std::int64_t> shape);  // count must be the shape's product
  std::vector<Entry> entries_;
  FileMetadata metadata_;
};

// Opens a file and checks its header whole (lengths, offsets without holes or overlap, shapes, no duplicate
// names) before any tensor is read. Throws DataError that names the file and the fault.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::string& path);
  ~SafetensorsReader();
  SafetensorsReader(const SafetensorsReader&) = delete;
  SafetensorsReader& operator=(const SafetensorsReader&) = delete;

  const FileMetadata& metadata() const { return metadata_; }
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  std::vector<std::string> names() const;
  std::vector<std::int64_t> shape(const std::string& name) const;
  // Reads one tensor; DataError where it is missing, of another type, or of another shape than `expected`
  // (an expected extent of -1 fits any).
  template <class T>
  std::vector<T> read(const std::string& name, const std::vector<std::int64_t>& expected) const {
    std::vector<T> values;
    read_into(name, expected, values);
    return values;
  }
  template <class Vector>
  void read_into(const std::string& name, const std::vector<std::int64_t>& expected, Vector& values) const {
    values.resize(check(name, dtype_of<typename Vector::value_type>(), expected));
    read_bytes(name, values.data());
  }
  const std::string& path() const { return path_; }

 private:
  struct Entry {
    std::string type;  // as named in the file: one that anirec does not know is a fault only where it is read
    std::vector<std::int64_t> shape;
    std::uint64_t begin, end;  // in the file
  };
  void read_header();
  [[noreturn]] void fail(const std::string& fault) const;
  [[noreturn]] void fail_damaged(const std::string& fault) const;
  void read_at(std::uint64_t begin, void* data, std::size_t size) const;
  std::size_t check(const std::string& name, DType type, const std::vector<std::int64_t>& expected) const;
  void read_bytes(const std::string& name, void* data) const;
  std::string path_;
  int descriptor_ = -1;
  FileMetadata metadata_;
  std::map<std::string, Entry> tensors_;
};

}  // namespace anirec
