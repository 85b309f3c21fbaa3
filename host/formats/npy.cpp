#include "formats/npy.h"

#include <algorithm>

#include "error.h"
#include "formats/atomic_file.h"

namespace anirec {
namespace {

std::string header(const std::string& type, const std::vector<std::int64_t>& shape) {
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) text += std::to_string(extent) + ",";
  text += "), }";
  constexpr std::size_t before = 10, alignment = 64;  // the data begin at a multiple of it
  text.append(alignment - 1 - (before + text.size()) % alignment, ' ');
  text += '\n';
  std::string out = "\x93NUMPY";
  out += {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return out + text;
}

void write(const std::string& path, const std::string& type, const std::vector<std::int64_t>& shape,
           const void* data, std::size_t bytes) {
  AtomicFile out(path);
  out.write(header(type, shape));
  out.write(data, bytes);
  out.commit();
}

}  // namespace

void write_npy(const std::string& path, std::span<const float> values, const std::vector<std::int64_t>& shape) {
  write(path, "<f4", shape, values.data(), values.size_bytes());
}

void write_npy(const std::string& path, std::span<const std::int64_t> values) {
  write(path, "<i8", {static_cast<std::int64_t>(values.size())}, values.data(), values.size_bytes());
}

void write_npy(const std::string& path, const std::vector<std::string>& texts) {
  std::size_t longest = 1;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  AtomicFile out(path);
  out.write(header("|S" + std::to_string(longest), {static_cast<std::int64_t>(texts.size())}));
  std::string padded;
  for (const std::string& text : texts) {
    padded = text;
    padded.resize(longest, '\0');
    out.write(padded);
  }
  out.commit();
}

}  // namespace anirec
