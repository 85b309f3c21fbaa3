// Numbers for values as they come, for several threads at once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace anirec {

// A code for every distinct value, 0, 1, … in no order that anybody may rely on. T is std::int64_t or std::string.
template <class T>
class Interner {
 public:
  using View = std::conditional_t<std::is_same_v<T, std::string>, std::string_view, T>;

  std::uint32_t code_of(View value) {
    Shard& shard = shards_[shard_of(value)];
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.codes.find(value);
    if (found != shard.codes.end()) return found->second;
    return shard.codes.emplace(value, next_++).first->second;
  }

  // The value of each code; the views hold as long as the interner.
  std::vector<View> values() const {
    std::vector<View> result(next_);
    for (const Shard& shard : shards_)
      for (const auto& [value, code] : shard.codes) result[code] = value;
    return result;
  }

 private:
  struct Hash : std::hash<View> {
    using is_transparent = void;
    using std::hash<View>::operator();
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<T, std::uint32_t, Hash, std::equal_to<>> codes;
  };
  static constexpr std::size_t shard_bits = 6;

  static std::size_t shard_of(View value) {  // integers hash to themselves: the product mixes them
    return std::uint64_t{std::hash<View>()(value)} * 0x9E3779B97F4A7C15u >> (64 - shard_bits);
  }

  std::array<Shard, std::size_t{1} << shard_bits> shards_;
  std::atomic<std::uint32_t> next_{0};
};

}  // namespace anirec
