#include "evaluate/text_table.h"

#include <doctest/doctest.h>

using namespace anirec;

TEST_CASE("plain tables stand in columns") {
  const TextTable table{{"run", "RMSE", "x"},
                        {{"a", {"*1.5000", " 2"}}, {"heading:", {}}, {"näme", {" 12.0000", " -"}}}};
  CHECK(plain_table(table) ==
        "run      RMSE  x\n"
        "a     *1.5000  2\n"
        "heading:\n"
        "näme  12.0000  -\n");
}

TEST_CASE("a name that does not fit has a line of its own") {
  const TextTable table{{"run", "RMSE"}, {{"short", {" 1.5"}}, {"a-very-long-name", {" 2.5"}}}};
  CHECK(plain_table(table, 14) ==
        "run       RMSE\n"
        "short      1.5\n"
        "a-very-long-name\n"
        "           2.5\n");
}

TEST_CASE("markdown tables") {
  const TextTable table{{"run", "RMSE"}, {{"a|b", {"**1.5**"}}, {"heading", {}}, {"c", {"-"}}}};
  CHECK(markdown_table(table) ==
        "| run | RMSE |\n"
        "|---|---:|\n"
        "| a\\|b | **1.5** |\n"
        "| c | - |\n");
}

TEST_CASE("numbers as text") {
  CHECK(fixed_text(0.86125, 3) == "0.861");
  CHECK(fixed_text(-2, 4) == "-2.0000");
  CHECK(fixed_text(1.5e30, 4) == "1.5e+30");
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(62397712) == "62,397,712");
}
