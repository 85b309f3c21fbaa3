#include "report/html.h"

#include "error.h"

namespace anirec {

std::string html_text(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : printable(text, limit)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string element(std::string_view tag, std::string_view content, std::string_view class_name) {
  std::string out = "<" + std::string(tag);
  if (!class_name.empty()) out += " class=\"" + std::string(class_name) + "\"";
  out += ">";
  out += content;
  return out + "</" + std::string(tag) + ">";
}

}  // namespace anirec
