#include "ratings/title_index.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "ratings/title_text.h"

namespace anirec {
namespace {

// U+00C0 to U+017F without their accents; '.' stands for what is no letter.
constexpr std::string_view bare_letters =
    "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"   // 00C0 – 00FF
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"   // 0100 – 013F
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";  // 0140 – 017F
static_assert(bare_letters.size() == 0x180 - 0xc0);

bool is_punctuation(std::uint32_t c) {
  return (c >= 0xa0 && c <= 0xbf) || c == 0xd7 || (c >= 0x2000 && c <= 0x206f) || (c >= 0x2190 && c <= 0x27bf) ||
         (c >= 0x3000 && c <= 0x3003) || (c >= 0x3008 && c <= 0x301f) || c == 0x30fb ||
         (c >= 0xfe00 && c <= 0xfe0f);
}

// The code point at `at`, which moves behind it. Titles are UTF-8 where they come from read_titles(); what is not
// is taken byte by byte.
std::uint32_t next_point(std::string_view text, std::size_t& at) {
  const unsigned char lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  if (length == 1 || at + length > text.size() || !is_utf8(text.substr(at, length))) {
    ++at;
    return lead;
  }
  std::uint32_t point = lead & (0x7fu >> length);
  for (std::size_t k = 1; k < length; ++k) point = point << 6 | (static_cast<unsigned char>(text[at + k]) & 0x3fu);
  at += length;
  return point;
}

// Words in lower case, without accents and punctuation.
std::vector<std::string> words_of(std::string_view title) {
  const std::string text = decode_entities(title);
  std::vector<std::string> words(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    std::uint32_t c = next_point(text, at);
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;  // full-width ASCII
    if (c < 0x80) {
      const char byte = static_cast<char>(c);
      if (std::isalnum(static_cast<unsigned char>(byte)) != 0) {
        words.back() += static_cast<char>(std::tolower(byte));
      } else if (byte == '&') {
        words.insert(words.end(), {"and", ""});
      } else if (byte != '\'' && byte != '`') {  // an apostrophe joins
        words.emplace_back();
      }
    } else if (c >= 0xc0 && c < 0x180 && c != 0xd7 && c != 0xf7) {
      words.back() += bare_letters[c - 0xc0];
    } else if (c == 0x2019 || c == 0x2018) {
      continue;
    } else if (is_punctuation(c)) {
      words.emplace_back();
    } else {
      words.back() += text.substr(start, at - start);
    }
  }
  std::erase(words, "");
  return words;
}

bool is_article(const std::string& word) { return word == "the" || word == "a" || word == "an"; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word;
  return text;
}

// "Matrix, The (1999)": the words, and whether the last one is a year in brackets.
struct PlainWords {
  std::vector<std::string> words;
  bool ends_in_year = false;
};

PlainWords plain_words(std::string_view title) {
  PlainWords plain = {words_of(title)};
  std::vector<std::string>& words = plain.words;
  while (!title.empty() && title.back() == ' ') title.remove_suffix(1);
  plain.ends_in_year = words.size() > 1 && title.size() >= 6 && title.ends_with(')') &&
                       title[title.size() - 6] == '(' && words.back().size() == 4 &&
                       words.back().find_first_not_of("0123456789") == std::string::npos;
  // The article, where it stands at the head or, behind a comma, at the end.
  const std::size_t last = words.size() - (plain.ends_in_year ? 1 : 0);
  if (last > 1 && is_article(words[last - 1]) && title.find(", ") != title.npos)
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(last - 1));
  else if (last > 1 && is_article(words[0]))
    words.erase(words.begin());
  return plain;
}

std::string without_year(PlainWords plain) {
  if (plain.ends_in_year) plain.words.pop_back();
  return joined(plain.words);
}

// Letter triples, also across the ends.
std::vector<std::uint32_t> triples_of(const std::string& plain) {
  const std::string padded = "  " + plain + " ";
  std::vector<std::uint32_t> triples;
  for (std::size_t i = 0; i + 3 <= padded.size(); ++i)
    triples.push_back(static_cast<std::uint32_t>(static_cast<unsigned char>(padded[i])) << 16 |
                      static_cast<std::uint32_t>(static_cast<unsigned char>(padded[i + 1])) << 8 |
                      static_cast<unsigned char>(padded[i + 2]));
  std::sort(triples.begin(), triples.end());
  return triples;
}

double likeness(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return 2 * static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size());
}

constexpr double least_likeness = 0.3;  // below it, titles share little

std::string in_lower_case(const std::string& title) {
  std::string lower = decode_entities(title);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

std::string plain_title(std::string_view title) {
  const std::string plain = joined(plain_words(title).words);
  return plain.empty() ? decode_entities(title) : plain;  // "∀" and "..." are titles too
}

bool are_alike(std::string_view a, std::string_view b) {
  const std::string one = plain_title(a), other = plain_title(b);
  return one.find(other) != one.npos || other.find(one) != other.npos ||
         likeness(triples_of(one), triples_of(other)) >= least_likeness;
}

void TitleIndex::add(std::uint32_t item, const std::string& title) {
  const auto place = static_cast<std::uint32_t>(titles_.size());
  titles_.push_back({item, title, plain_title(title)});
  by_plain_[titles_.back().plain].push_back(place);
  const PlainWords plain = plain_words(title);
  if (plain.ends_in_year) by_plain_without_year_[without_year(plain)].push_back(place);
}

std::vector<std::uint32_t> TitleIndex::find(const std::string& title) const {
  std::vector<std::uint32_t> places;
  const auto take = [&](const auto& index, const std::string& key) {
    const auto found = index.find(key);
    if (places.empty() && found != index.end()) places = found->second;
  };
  take(by_plain_, plain_title(title));
  const PlainWords plain = plain_words(title);
  take(by_plain_without_year_, joined(plain.words));
  if (plain.ends_in_year) take(by_plain_, without_year(plain));
  // "K" and "K!" are spelled alike: then the letters as they are decide, where they can.
  const auto keep = [&](const auto& same) {
    std::vector<std::uint32_t> kept;
    std::copy_if(places.begin(), places.end(), std::back_inserter(kept),
                 [&](std::uint32_t place) { return same(titles_[place].title); });
    if (!kept.empty()) places = std::move(kept);
  };
  if (places.size() > 1)
    keep([&](const std::string& other) { return in_lower_case(other) == in_lower_case(title); });
  if (places.size() > 1) keep([&](const std::string& other) { return other == decode_entities(title); });
  std::vector<std::uint32_t> items;
  for (const std::uint32_t place : places) items.push_back(titles_[place].item);
  return items;
}

std::vector<std::uint32_t> TitleIndex::nearest(const std::string& title, std::size_t k) const {
  const std::vector<std::uint32_t> wanted = triples_of(plain_title(title));
  std::vector<std::pair<double, std::uint32_t>> found;
  for (const Entry& entry : titles_) {
    const double alike = likeness(wanted, triples_of(entry.plain));
    if (alike >= least_likeness) found.emplace_back(-alike, entry.item);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > k) found.resize(k);
  std::vector<std::uint32_t> items;
  for (const auto& [alike, item] : found) items.push_back(item);
  return items;
}

}  // namespace anirec
