// Reads a page as strictly as XML, but for the elements that HTML leaves open. Makes no assertion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anirec {

// Names with markup and a terminal escape.
inline const std::string hostile_text = "<script>alert(\"1\")</script>&\x1b[31m";

// "" where every element is closed in its order, else what is wrong and where.
inline std::string markup_fault(std::string_view html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at)) {
    const std::size_t end = html.find('>', at);
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    const std::string place = " at " + std::string(html.substr(at, 60));
    if (end == html.npos || tag.find('<') != tag.npos) return "a tag without end" + place;
    at = end;
    const std::string name(tag.substr(0, tag.find_first_of(" /\n", 1)));
    if (name == "!DOCTYPE" || name == "meta" || name == "link" || tag.ends_with('/')) continue;
    if (name[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || "/" + open.back() != name) {
      return "closes what is not open" + place;
    } else {
      open.pop_back();
    }
    if (name == "style") at = html.find("</style", at);
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

inline std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace anirec
