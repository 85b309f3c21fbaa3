#include "report/html.h"

#include <doctest/doctest.h>

using namespace anirec;

TEST_CASE("markup, quotes, control characters and broken UTF-8 come out as text") {
  CHECK(html_text("<b>\"A\" & 'B'</b>") == "&lt;b&gt;&quot;A&quot; &amp; 'B'&lt;/b&gt;");
  CHECK(html_text("a\x1b[31m\nb\x7f") == "a\\x1b[31m\\x0ab\\x7f");
  CHECK(html_text("\xff\xc3") == "\\xff\\xc3");
  CHECK(html_text("Pokémon ★") == "Pokémon ★");
  CHECK(html_text("\u202egnp.exe") == "\\xe2\\x80\\xaegnp.exe");
  CHECK(html_text("&amp;") == "&amp;amp;");
}

TEST_CASE("a limit counts what is shown, not what escaping makes of it") {
  CHECK(html_text("<<<<", 4) == "&lt;&lt;&lt;&lt;");
  CHECK(html_text("<<<<<", 4) == "&lt;&lt;&lt;&lt;...");
}

TEST_CASE("an element has a class only where one is given") {
  CHECK(element("p", "x") == "<p>x</p>");
  CHECK(element("p", "x", "note") == "<p class=\"note\">x</p>");
}
