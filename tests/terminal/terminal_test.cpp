#include <doctest/doctest.h>

#include "terminal.h"

using namespace anirec;

TEST_CASE("wide characters take two columns, combining marks none") {
  CHECK(display_width("") == 0);
  CHECK(display_width("Cowboy Bebop") == 12);
  CHECK(display_width("Æon–é") == 5);
  CHECK(display_width("鋼の錬金術師") == 12);
  CHECK(display_width("ﾊｰﾌ") == 3);             // half-width
  CHECK(display_width("ＦＵＬＬ") == 8);        // full-width
  CHECK(display_width("e\u0301a\u0300") == 2);  // accents of their own
  CHECK(display_width("が") == 2);
  CHECK(display_width("か\u3099") == 2);  // the same, as two characters
  CHECK(display_width("한글") == 4);
  CHECK(display_width("\u1112\u1161\u11ab") == 2);  // the same as one syllable in three parts
  CHECK(display_width("🎬 ★") == 4);
  CHECK(display_width("a\u200bb\ufe0f") == 2);
  CHECK(display_width("ก\u0e34") == 1);
  CHECK(display_width("𠮟") == 2);
}

TEST_CASE("a text is cut where it fits, between characters") {
  CHECK(shortened("Mushishi", 8) == "Mushishi");
  CHECK(shortened("Mushishi", 7) == "Mushis…");
  CHECK(shortened("鋼の錬金術師", 12) == "鋼の錬金術師");
  CHECK(shortened("鋼の錬金術師", 11) == "鋼の錬金術…");
  CHECK(shortened("鋼の錬金術師", 10) == "鋼の錬金…");  // a wide one does not fit half
  CHECK(shortened("one two", 5) == "one…");
  CHECK(shortened("ae\u0301b", 2) == "a…");
  CHECK(shortened("abc", 1) == "…");
  CHECK(shortened("abc", 0) == "");
}

TEST_CASE("what is no UTF-8 is measured byte by byte, and does no harm") {
  CHECK(display_width("\xff\xc3") == 2);
  CHECK(shortened("\xff\xff\xff", 2) == "\xff…");
}

TEST_CASE("colours take no columns") {
  CHECK(inked("abc", Ink::best, false) == "abc");
  CHECK(inked("", Ink::best, true) == "");
  const std::string best = inked("鋼 abc", Ink::best, true);
  CHECK(best == "\x1b[1;32m鋼 abc\x1b[0m");
  CHECK(display_width(best) == 6);
  CHECK(wrapped(inked("one", Ink::heading, true) + " two three", 7, 2) == "\x1b[1mone\x1b[0m two\n  three");
  CHECK(display_width("\x1b[1") == 0);  // without an end
}

TEST_CASE("what is no terminal has the columns asked for") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  CHECK(terminal_columns(file, 123) == 123);
  std::fclose(file);
}

TEST_CASE("text is wrapped at blanks, by the columns it takes") {
  CHECK(wrapped("one two three", 7, 2) == "one two\n  three");
  CHECK(wrapped("one two three", 80, 2) == "one two three");
  CHECK(wrapped("one two", 8, 2, 4) == "one\n  two");
  CHECK(wrapped("extraordinarily long", 5, 2) == "extraordinarily\n  long");
  CHECK(wrapped("鋼の 錬金 術師", 9, 0) == "鋼の 錬金\n術師");
  CHECK(wrapped("", 5, 2) == "");
  CHECK(wrapped("  a", 80, 2) == "  a");
}
