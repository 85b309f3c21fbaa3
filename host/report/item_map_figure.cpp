#include "report/item_map_figure.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/text_table.h"
#include "report/chart.h"
#include "report/html.h"

namespace anirec {
namespace {

constexpr std::size_t colours = 6;  // s1 to s6
constexpr double map_width = 720, map_height = 560, edge = 10;
constexpr std::size_t legend_limit = 90;

// "Action, Drama" or "Action|Drama".
std::vector<std::string> split_genres(const std::string& text) {
  std::vector<std::string> genres;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(",|", at), text.size());
    std::size_t first = at, last = end;
    while (first < last && text[first] == ' ') ++first;
    while (last > first && text[last - 1] == ' ') --last;
    if (first < last) genres.push_back(text.substr(first, last - first));
    at = end + 1;
  }
  return genres;
}

// A side of the map in the units of the view box.
class Side {
 public:
  Side(double low, double high, double from, double to) : low_(low), high_(high), from_(from), to_(to) {}
  double operator()(double value) const {
    return low_ < high_ ? from_ + (value - low_) / (high_ - low_) * (to_ - from_) : (from_ + to_) / 2;
  }

 private:
  double low_, high_, from_, to_;
};

Side side_of(const ItemMap& map, double ItemMap::Place::*coordinate_of, double from, double to) {
  double low = INFINITY, high = -INFINITY;
  for (const ItemMap::Place& place : map.places) {
    low = std::min(low, place.*coordinate_of);
    high = std::max(high, place.*coordinate_of);
  }
  return {low, high, from, to};
}

std::string title_of(const MappedItem& item) {
  std::string title = html_text(item.name, legend_limit);
  if (!item.genres.empty()) title += " · " + html_text(item.genres, legend_limit);
  return title + " · " + count_text(item.rows) + (item.rows == 1 ? " row" : " rows");
}

}  // namespace

GenreColours colour_genres(const std::vector<MappedItem>& items) {
  std::map<std::string, std::size_t> frequency;
  std::vector<std::vector<std::string>> genres_of;
  for (const MappedItem& item : items) {
    genres_of.push_back(split_genres(item.genres));
    for (const std::string& genre : genres_of.back()) ++frequency[genre];
  }
  GenreColours out;
  for (const auto& [genre, count] : frequency) out.genres.push_back(genre);
  std::stable_sort(out.genres.begin(), out.genres.end(),
                   [&](const std::string& a, const std::string& b) { return frequency[a] > frequency[b]; });
  out.genres.resize(std::min(out.genres.size(), colours));
  for (const std::vector<std::string>& genres : genres_of) {
    int rarest = -1;
    for (std::size_t g = 0; g < out.genres.size(); ++g)
      if (std::find(genres.begin(), genres.end(), out.genres[g]) != genres.end()) rarest = static_cast<int>(g);
    out.of_item.push_back(rarest);
  }
  return out;
}

Figure item_map_figure(const ItemMap& map, const std::vector<MappedItem>& items) {
  const GenreColours colour = colour_genres(items);
  const Side x = side_of(map, &ItemMap::Place::x, edge, map_width - edge);
  const Side y = side_of(map, &ItemMap::Place::y, map_height - edge, edge);
  Figure figure;
  figure.title = "Map of the items";
  figure.note =
      "The " + count_text(items.size()) +
      " items with the most training rows, near to each other where the model holds them for alike: the two "
      "principal components of their embeddings, " +
      share_text(map.variance_share) + " of the variance.";
  figure.wide = true;
  const bool coloured = !colour.genres.empty();
  if (coloured) {
    figure.note += " Of an item's genres its colour is the rarest one in the legend.";
    for (std::size_t g = 0; g < colour.genres.size(); ++g)
      figure.legend.push_back(
          {"s" + std::to_string(g + 1) + " dotted", html_text(colour.genres[g], legend_limit)});
    figure.legend.push_back({"s0 dotted", "other or unknown"});
  }
  const double most = items.empty() ? 1 : static_cast<double>(std::max<std::uint64_t>(items[0].rows, 1));
  figure.svg = "<svg viewBox=\"0 0 " + coordinate(map_width) + " " + coordinate(map_height) +
               "\" role=\"img\" aria-label=\"Map of the items\">\n";
  // The most popular last, above the others.
  for (std::size_t i = items.size(); i-- > 0;) {
    const std::string series = coloured ? std::to_string(colour.of_item[i] + 1) : "1";
    const double radius = 2.4 + 4.6 * std::sqrt(static_cast<double>(items[i].rows) / most);
    figure.svg += "<circle cx=\"" + coordinate(x(map.places[i].x)) + "\" cy=\"" + coordinate(y(map.places[i].y)) +
                  "\" r=\"" + coordinate(radius) + "\" class=\"place s" + series + "\"><title>" +
                  title_of(items[i]) + "</title></circle>\n";
  }
  figure.svg += "</svg>\n";
  return figure;
}

}  // namespace anirec
