#include "formats/json_file.h"

#include <doctest/doctest.h>

using namespace anirec;

namespace {

template <class Work>
std::string fault_of(const Work& work) {
  try {
    work();
  } catch (const std::runtime_error& fault) {
    return fault.what();
  }
  return "no fault";
}

}  // namespace

TEST_CASE("fields that are what they should be are read as they are") {
  const auto json = nlohmann::json::parse(R"({"t":"é","f":true,"n":-2.5,"w":18446744073709551615,"z":0})");
  CHECK(json_string(json, "t") == "é");
  CHECK(json_flag(json, "f"));
  CHECK(json_number(json, "n", -3, 3) == -2.5);
  CHECK(json_number(json, "z", 0, 0) == 0);
  CHECK(json_whole_number(json, "w", 0, ~std::uint64_t{0}) == ~std::uint64_t{0});
}

TEST_CASE("a field that is missing, of another kind or out of its range is named") {
  const auto json = nlohmann::json::parse(
      R"({"text":"1","list":[],"negative":-1,"huge":1e300,"beyond":18446744073709551616,"half":0.5,"null":null,"one":1})");
  CHECK(fault_of([&] { json_string(json, "none"); }) == "there is no 'none'");
  CHECK(fault_of([&] { json_string(json["list"], "text"); }) == "there is no 'text'");
  CHECK(fault_of([&] { json_string(json, "one"); }) == "'one' is no text");
  CHECK(fault_of([&] { json_flag(json, "one"); }) == "'one' is neither true nor false");
  for (const char* name : {"text", "list", "negative", "huge", "beyond", "half", "null"}) {
    CAPTURE(name);
    CHECK(fault_of([&] { json_whole_number(json, name, 0, ~std::uint64_t{0}); }) ==
          "'" + std::string(name) + "' is no whole number that it may be");
  }
  CHECK(fault_of([&] { json_whole_number(json, "one", 2, 3); }) != "no fault");
  CHECK(fault_of([&] { json_whole_number(json, "one", 0, 0); }) != "no fault");
  for (const char* name : {"text", "list", "negative", "huge", "null"}) {
    CAPTURE(name);
    CHECK(fault_of([&] { json_number(json, name, 0, 1e9); }) ==
          "'" + std::string(name) + "' is no number that it may be");
  }
}

TEST_CASE("what the library throws is told without its own name for it") {
  try {
    const auto json = nlohmann::json::parse("{");
    FAIL("it parsed");
  } catch (const std::exception& fault) {
    CHECK(json_fault(fault).starts_with("parse error at line 1, column 2"));
  }
  CHECK(json_fault(std::runtime_error("plain")) == "plain");
}
