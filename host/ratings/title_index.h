// Items by title, as people write titles: case, accents, punctuation, blanks, articles and a year in brackets do
// not count, unless they are what tells two titles apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace anirec {

// What is left of a title when spelling does not count: "The Matrix", "Matrix, The" and "THE MATRIX!" are one.
std::string plain_title(std::string_view title);

// Whether two titles may be of one thing: the same but for spelling, one within the other, or like it.
bool are_alike(std::string_view a, std::string_view b);

class TitleIndex {
 public:
  // `item` is whatever number the caller knows the item by.
  void add(std::uint32_t item, const std::string& title);
  std::size_t size() const { return titles_.size(); }

  // The items with this title: one where it is clear which; more where several titles are spelled alike; none.
  std::vector<std::uint32_t> find(const std::string& title) const;

  // Up to `k` items whose titles share most letter triples with this one, best first; what shares little is left
  // out.
  std::vector<std::uint32_t> nearest(const std::string& title, std::size_t k) const;

 private:
  struct Entry {
    std::uint32_t item;
    std::string title, plain;
  };
  std::vector<Entry> titles_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_plain_,
      by_plain_without_year_;  // places in titles_
};

}  // namespace anirec
