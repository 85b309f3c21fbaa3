// Original ids ↔ dense indices 0 .. size-1, in ascending order of the original id (numeric, or bytewise).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors.h"

namespace anirec {

class IdMap {
 public:
  IdMap() = default;
  static IdMap of_integers(std::vector<std::int64_t> ascending);
  // Blob of all ids one behind the other, and size + 1 offsets into it; ascending bytewise.
  static IdMap of_strings(std::vector<std::uint8_t> blob, std::vector<std::int64_t> offsets);

  std::size_t size() const;
  bool is_integer() const { return strings_.empty() && offsets_.empty(); }
  std::optional<std::uint32_t> find(std::string_view id) const;  // an integer map reads "007" as 7
  std::optional<std::uint32_t> find(std::int64_t id) const;      // integer maps only
  std::string id(std::uint32_t index) const;
  bool operator==(const IdMap&) const = default;

  // As `name` (i64, or a u8 blob with `name.offsets`). The map must outlive the writer's write().
  void add_to(SafetensorsWriter& writer, const std::string& name) const;
  static IdMap read_from(const SafetensorsReader& reader, const std::string& name);  // checks the order

 private:
  std::vector<std::int64_t> integers_;
  std::vector<std::uint8_t> strings_;
  std::vector<std::int64_t> offsets_;
};

}  // namespace anirec
