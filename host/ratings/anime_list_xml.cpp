#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include <expat.h>

#include "error.h"
#include "interrupt.h"
#include "ratings/byte_source.h"
#include "ratings/fields.h"
#include "ratings/own_list.h"

namespace anirec {
namespace {

// Far beyond any list there is; what is longer is no list.
constexpr std::size_t longest_field = 64 << 10, deepest_element = 32, most_entries = 1000000;

struct StatusName {
  std::string_view name;
  std::int32_t status;
};
constexpr std::array<StatusName, 5> status_names = {
    {{"watching", 1}, {"completed", 2}, {"onhold", 3}, {"dropped", 4}, {"plantowatch", 6}}};

std::int32_t status_of(const std::string& text) {
  if (const auto number = to_integer<std::int32_t>(text)) return *number;
  const std::string plain = plain_name(text);
  for (const StatusName& each : status_names)
    if (plain == each.name) return each.status;
  return no_status;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// <myanimelist> <myinfo> or <anime> with one element a field.
class AnimeListReader {
 public:
  explicit AnimeListReader(const std::string& path)
      : path_(path), name_(source_name(path)), parser_(XML_ParserCreate(nullptr), XML_ParserFree) {
    if (parser_ == nullptr) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), on_document_type);
  }

  OwnList read() {
    const std::unique_ptr<ByteSource> source = open_bytes(path_);
    std::vector<char> buffer(64 << 10);
    for (std::size_t size = 1; size > 0;) {
      throw_if_interrupted();
      size = source->read(buffer.data(), buffer.size());
      const XML_Status status = XML_Parse(parser_.get(), buffer.data(), static_cast<int>(size), size == 0);
      if (fault_) std::rethrow_exception(fault_);
      if (status != XML_STATUS_OK)
        fail(std::string("the XML is damaged (") + XML_ErrorString(XML_GetErrorCode(parser_.get())) +
             "); export the list again");
    }
    if (list_.ratings.empty())
      throw DataError(printable(name_) + ": the list has no anime in it; export it again, or give another");
    list_.described = "MyAnimeList's XML";
    list_.has_status = true;
    return std::move(list_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw DataError::at(name_, XML_GetCurrentLineNumber(parser_.get()),
                        XML_GetCurrentColumnNumber(parser_.get()) + 1, message);
  }

  // An exception must not pass through expat, which is C.
  template <class Do>
  static void guarded(void* self, const Do& what) {
    AnimeListReader& reader = *static_cast<AnimeListReader*>(self);
    if (reader.fault_) return;
    try {
      what(reader);
    } catch (...) {
      reader.fault_ = std::current_exception();
      XML_StopParser(reader.parser_.get(), XML_FALSE);
    }
  }
  static void on_start(void* self, const XML_Char* name, const XML_Char**) {
    guarded(self, [&](AnimeListReader& reader) { reader.start(name); });
  }
  static void on_end(void* self, const XML_Char*) {
    guarded(self, [](AnimeListReader& reader) { reader.end(); });
  }
  static void on_text(void* self, const XML_Char* text, int size) {
    guarded(self, [&](AnimeListReader& reader) { reader.add_text({text, static_cast<std::size_t>(size)}); });
  }
  static void on_document_type(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    guarded(self, [](AnimeListReader& reader) {
      reader.fail("a document type (<!DOCTYPE) is not accepted; remove it, an exported list has none");
    });
  }

  void start(const std::string& name) {
    if (open_.empty() && name != "myanimelist")
      fail("the XML is no list of MyAnimeList: it begins with <" + printable(name, 40) + ">, not <myanimelist>");
    if (open_.size() == 1 && name == "manga") fail("this is a manga list; export the anime list");
    if (open_.size() >= deepest_element) fail("elements lie too deep; an exported list has three levels");
    open_.push_back(name);
    text_.clear();
    if (open_.size() == 2) entry_ = {};
  }

  void add_text(std::string_view text) {
    if (open_.size() != 3) return;
    if (text_.size() + text.size() > longest_field)
      fail("the field <" + printable(open_.back(), 40) + "> is too long");
    text_ += text;
  }

  void end() {
    if (open_.size() == 3 && open_[1] == "anime") set_field(open_[2], trimmed(text_));
    if (open_.size() == 3 && open_[1] == "myinfo" && open_[2] == "user_name") list_.user = trimmed(text_);
    if (open_.size() == 2 && open_[1] == "anime") add_entry();
    open_.pop_back();
  }

  void set_field(const std::string& name, const std::string& text) {
    if (name == "series_animedb_id") entry_.id = text;
    if (name == "series_title") entry_.title = text;
    if (name == "my_status") entry_.status = status_of(text);
    if (name != "my_score" || text.empty()) return;
    const std::optional<float> score = to_float(text);
    if (!score) fail("my_score '" + printable(text, 40) + "' is no number; correct it");
    entry_.rating = *score;
  }

  void add_entry() {
    if (entry_.id.empty() && entry_.title.empty())
      fail("this anime has neither series_animedb_id nor series_title");
    if (list_.ratings.size() >= most_entries) fail("more than a million anime: this is no list of one person");
    list_.ratings.push_back(std::move(entry_));
  }

  const std::string path_, name_;
  const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser_;
  std::exception_ptr fault_;
  OwnList list_;
  std::vector<std::string> open_;  // elements, outermost first
  std::string text_;               // of the field that is open
  OwnRating entry_;
};

}  // namespace

OwnList read_anime_list_xml(const std::string& path) { return AnimeListReader(path).read(); }

}  // namespace anirec
