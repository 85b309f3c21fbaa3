#include "dataset/id_map.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "error.h"

namespace anirec {
namespace {

constexpr std::uint64_t most_ids = std::numeric_limits<std::uint32_t>::max() - 1;

std::string_view string_at(const std::vector<std::uint8_t>& blob, const std::vector<std::int64_t>& offsets,
                           std::size_t index) {
  const auto begin = static_cast<std::size_t>(offsets[index]), end = static_cast<std::size_t>(offsets[index + 1]);
  return {reinterpret_cast<const char*>(blob.data()) + begin, end - begin};
}

// "7", "007", "+7" and "-7"; nothing where it is no int64.
std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

IdMap IdMap::of_integers(std::vector<std::int64_t> ascending) {
  IdMap map;
  map.integers_ = std::move(ascending);
  return map;
}

IdMap IdMap::of_strings(std::vector<std::uint8_t> blob, std::vector<std::int64_t> offsets) {
  IdMap map;
  map.strings_ = std::move(blob);
  map.offsets_ = std::move(offsets);
  return map;
}

std::size_t IdMap::size() const { return is_integer() ? integers_.size() : offsets_.size() - 1; }

std::optional<std::uint32_t> IdMap::find(std::string_view id) const {
  if (is_integer()) {
    const std::optional<std::int64_t> value = parse_integer(id);
    return value ? find(*value) : std::nullopt;
  }
  std::size_t low = 0, high = size();  // the first string that is not below `id` lies in [low, high]
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (string_at(strings_, offsets_, middle) < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == size() || string_at(strings_, offsets_, low) != id) return std::nullopt;
  return static_cast<std::uint32_t>(low);
}

std::optional<std::uint32_t> IdMap::find(std::int64_t id) const {
  const auto found = std::lower_bound(integers_.begin(), integers_.end(), id);
  if (found == integers_.end() || *found != id) return std::nullopt;
  return static_cast<std::uint32_t>(found - integers_.begin());
}

std::string IdMap::id(std::uint32_t index) const {
  if (index >= size()) throw std::logic_error("IdMap: no such index");
  return is_integer() ? std::to_string(integers_[index]) : std::string(string_at(strings_, offsets_, index));
}

void IdMap::add_to(SafetensorsWriter& writer, const std::string& name) const {
  if (is_integer()) {
    writer.add(name, integers_);
  } else {
    writer.add(name, strings_);
    writer.add(name + ".offsets", offsets_);
  }
}

IdMap IdMap::read_from(const SafetensorsReader& reader, const std::string& name) {
  const auto fail = [&](const char* fault) {
    throw DataError(printable(reader.path()) + ": tensor '" + name + "' " + fault +
                    "; the file is damaged, get it again, or make it again");
  };
  IdMap map;
  if (reader.has(name + ".offsets")) {
    map.strings_ = reader.read<std::uint8_t>(name, {-1});
    map.offsets_ = reader.read<std::int64_t>(name + ".offsets", {-1});
    const std::vector<std::int64_t>& offsets = map.offsets_;
    if (offsets.empty() || offsets.front() != 0 ||
        offsets.back() != static_cast<std::int64_t>(map.strings_.size()) ||
        !std::is_sorted(offsets.begin(), offsets.end()))
      fail("has offsets that do not fit it");
    for (std::size_t i = 1; i < map.size(); ++i)
      if (string_at(map.strings_, offsets, i - 1) >= string_at(map.strings_, offsets, i))
        fail("is not in ascending order");
  } else {
    map.integers_ = reader.read<std::int64_t>(name, {-1});
    const auto unordered = [](std::int64_t a, std::int64_t b) { return a >= b; };
    if (std::adjacent_find(map.integers_.begin(), map.integers_.end(), unordered) != map.integers_.end())
      fail("is not in ascending order");
  }
  if (map.size() > most_ids) fail("has more ids than 32 bits can number");
  return map;
}

}  // namespace anirec
