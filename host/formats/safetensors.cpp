#include "formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "error.h"
#include "formats/atomic_file.h"
#include "formats/system_call.h"

namespace anirec {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

using Json = nlohmann::json;

constexpr std::uint64_t largest_header = 100'000'000;  // the reference implementation's limit
constexpr std::uint64_t length_bytes = 8;
constexpr std::size_t deepest_header = 3;  // { tensor: { shape: [ … ] } }

// Bytes an element of every type the format names, also those that anirec never reads.
std::optional<std::uint64_t> named_dtype_size(const std::string& name) {
  static const std::map<std::string, std::uint64_t> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},     {"I32", 4},
      {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8}};
  const auto found = sizes.find(name);
  return found == sizes.end() ? std::nullopt : std::optional(found->second);
}

// The product of the extents; nothing where one is negative or the product leaves 64 bits.
std::optional<std::uint64_t> element_count(const std::vector<std::int64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count))
      return std::nullopt;
  return count;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ",") + (shape[i] < 0 ? "any" : std::to_string(shape[i]));
  return text + "]";
}

// What nlohmann's parser lets pass: a name given twice, and nesting without end.
class HeaderGuard {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if ((event == Event::object_start || event == Event::array_start) &&
        static_cast<std::size_t>(depth) >= deepest_header)
      throw std::runtime_error("nested too deep");
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end) names_.pop_back();
    if (event == Event::key && !names_.back().insert(parsed.get_ref<const std::string&>()).second)
      throw std::runtime_error("'" + printable(parsed.get_ref<const std::string&>(), 60) + "' is there twice");
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;
};

}  // namespace

std::size_t dtype_size(DType type) {
  switch (type) {
    case DType::u8: return 1;
    case DType::u32:
    case DType::f32: return 4;
    case DType::i64:
    case DType::f64: return 8;
  }
  return 0;
}

const char* dtype_name(DType type) {
  switch (type) {
    case DType::u8: return "U8";
    case DType::u32: return "U32";
    case DType::i64: return "I64";
    case DType::f32: return "F32";
    case DType::f64: return "F64";
  }
  return "";
}

void SafetensorsWriter::add_bytes(const std::string& name, DType type, const void* data, std::size_t count,
                                  std::vector<std::int64_t> shape) {
  if (element_count(shape) != count)
    throw std::logic_error("tensor " + name + ": shape " + shape_text(shape) + " is not its size");
  for (const Entry& entry : entries_)
    if (entry.name == name) throw std::logic_error("tensor " + name + " added twice");
  entries_.push_back({name, type, data, count * dtype_size(type), std::move(shape)});
}

void SafetensorsWriter::write(const std::string& path) const {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const Entry* a, const Entry* b) { return dtype_size(a->type) > dtype_size(b->type); });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  std::uint64_t offset = 0;
  for (const Entry* entry : order) {
    header[entry->name] = {{"dtype", dtype_name(entry->type)},
                           {"shape", entry->shape},
                           {"data_offsets", {offset, offset + entry->bytes}}};
    offset += entry->bytes;
  }
  // Names of files may be no UTF-8; JSON must be.
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((length_bytes - text.size() % length_bytes) % length_bytes, ' ');
  if (text.size() > largest_header)
    throw DataError(printable(path) + ": too much metadata for a safetensors file");

  AtomicFile file(path);
  const std::uint64_t length = text.size();
  file.write(&length, sizeof length);
  file.write(text);
  for (const Entry* entry : order) file.write(entry->data, entry->bytes);
  file.commit();
}

SafetensorsReader::SafetensorsReader(const std::string& path) : path_(path) {
  // A pipe must not block: it is refused.
  descriptor_ = retrying([&] { return open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor_ < 0)
    throw DataError(system_error_text(path_, errno) + "; give the path of an existing safetensors file");
  try {
    read_header();
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

SafetensorsReader::~SafetensorsReader() { close(descriptor_); }

void SafetensorsReader::fail(const std::string& fault) const { throw DataError(printable(path_) + ": " + fault); }

void SafetensorsReader::fail_damaged(const std::string& fault) const {
  fail(fault + "; get the file again, or make it again");
}

void SafetensorsReader::read_at(std::uint64_t begin, void* data, std::size_t size) const {
  char* to = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = retrying(
        [&] { return pread(descriptor_, to, std::min<std::size_t>(size, 1 << 30), static_cast<off_t>(begin)); });
    if (got < 0) throw DataError("cannot read " + system_error_text(path_, errno));
    if (got == 0) fail("became shorter while it was read; try again when nothing else writes it");
    to += got;
    begin += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

void SafetensorsReader::read_header() {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) throw DataError("cannot read " + system_error_text(path_, errno));
  if (S_ISDIR(status.st_mode)) fail("is a folder, not a safetensors file");
  if (!S_ISREG(status.st_mode)) fail("is a pipe or a device; a safetensors file must lie on a disk");
  const std::uint64_t file_size = static_cast<std::uint64_t>(status.st_size);
  if (file_size < length_bytes + 2)
    fail_damaged("is no safetensors file: it has only " + std::to_string(file_size) + " bytes");
  std::uint64_t header_size;
  read_at(0, &header_size, sizeof header_size);
  char first;
  read_at(length_bytes, &first, 1);
  if (first != '{') fail_damaged("is no safetensors file: there is no header at its start");
  if (header_size > largest_header) fail_damaged("is no safetensors file: its header would have over 100 MB");
  if (header_size > file_size - length_bytes)
    fail_damaged("is cut off, or no safetensors file: its header should have " + std::to_string(header_size) +
                 " bytes, the whole file has " + std::to_string(file_size));
  std::string text(header_size, '\0');
  read_at(length_bytes, text.data(), text.size());

  Json header;
  try {
    header = Json::parse(text, HeaderGuard{});
  } catch (const Json::exception& error) {
    fail_damaged("damaged header: no valid JSON");
  } catch (const std::runtime_error& error) {
    fail_damaged(std::string("damaged header: ") + error.what());
  }

  const std::uint64_t data_begin = length_bytes + header_size, data_size = file_size - data_begin;
  for (const auto& [name, value] : header.items()) {
    const std::string tensor = "damaged header: tensor '" + printable(name, 60) + "' ";
    if (!value.is_object()) fail_damaged(tensor + "is no object");
    if (name == "__metadata__") {
      for (const auto& [key, entry] : value.items()) {
        if (!entry.is_string()) fail_damaged("damaged header: metadata '" + printable(key, 60) + "' is no string");
        metadata_[key] = entry.get<std::string>();
      }
      continue;
    }
    const auto numbers = [&, &fields = value](const char* field) -> const Json& {
      const auto found = fields.find(field);
      if (found == fields.end() || !found->is_array()) fail_damaged(tensor + "has no list '" + field + "'");
      for (const Json& number : *found)
        if (!number.is_number_unsigned() ||
            number.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
          fail_damaged(tensor + "has a '" + field + "' that is negative, too large or no whole number");
      return *found;
    };
    const auto type = value.find("dtype");
    if (type == value.end() || !type->is_string()) fail_damaged(tensor + "has no 'dtype'");
    const Json& offsets = numbers("data_offsets");
    if (offsets.size() != 2) fail_damaged(tensor + "needs two 'data_offsets'");
    Entry entry{type->get<std::string>(), numbers("shape").get<std::vector<std::int64_t>>(),
                offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
    if (entry.begin > entry.end) fail_damaged(tensor + "ends before it begins");
    if (entry.end > data_size)
      fail_damaged(tensor + "ends " + std::to_string(entry.end - data_size) +
                   " bytes beyond the end of the file (cut off?)");
    const std::optional<std::uint64_t> count = element_count(entry.shape), size = named_dtype_size(entry.type);
    std::uint64_t bytes = 0;
    if (!count || (size && __builtin_mul_overflow(*count, *size, &bytes)))
      fail_damaged(tensor + "has a shape too large to be true: " + shape_text(entry.shape));
    if (size && bytes != entry.end - entry.begin)
      fail_damaged(tensor + "has " + std::to_string(entry.end - entry.begin) + " bytes, its shape " +
                   shape_text(entry.shape) + " of " + printable(entry.type, 20) + " needs " +
                   std::to_string(bytes));
    entry.begin += data_begin;
    entry.end += data_begin;
    tensors_.emplace(name, std::move(entry));
  }

  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
  for (const auto& [name, entry] : tensors_) extents.emplace_back(entry.begin, entry.end);
  std::sort(extents.begin(), extents.end());
  std::uint64_t filled = data_begin;
  for (const auto& [begin, end] : extents) {
    if (begin != filled) fail_damaged("damaged header: tensors overlap, or leave a hole between them");
    filled = end;
  }
  if (filled != file_size)
    fail_damaged("has " + std::to_string(file_size - filled) + " bytes behind its last tensor");
}

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> result;
  for (const auto& [name, entry] : tensors_) result.push_back(name);
  return result;
}

std::vector<std::int64_t> SafetensorsReader::shape(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail_damaged("has no tensor '" + name + "'");
  return found->second.shape;
}

std::size_t SafetensorsReader::check(const std::string& name, DType type,
                                     const std::vector<std::int64_t>& expected) const {
  const std::vector<std::int64_t> found = shape(name);
  const std::string& found_type = tensors_.at(name).type;
  if (found_type != dtype_name(type))
    fail_damaged("tensor '" + name + "' is " + printable(found_type, 20) + ", expected " + dtype_name(type));
  bool fits = found.size() == expected.size();
  for (std::size_t i = 0; fits && i < found.size(); ++i) fits = expected[i] == -1 || expected[i] == found[i];
  if (!fits)
    fail_damaged("tensor '" + name + "' has the shape " + shape_text(found) + ", expected " +
                 shape_text(expected));
  return *element_count(found);
}

void SafetensorsReader::read_bytes(const std::string& name, void* data) const {
  const Entry& entry = tensors_.at(name);
  read_at(entry.begin, data, entry.end - entry.begin);
}

}  // namespace anirec
