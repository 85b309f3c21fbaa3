#include <doctest/doctest.h>

#include <cstring>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "formats/npy.h"

using namespace anirec;

namespace {

// The header's text and the data of a .npy; the length is checked on the way.
struct Npy {
  std::string header, data;
};
Npy parse(const std::string& bytes) {
  REQUIRE(bytes.size() >= 64);
  REQUIRE(bytes.substr(0, 6) == "\x93NUMPY");
  CHECK(bytes[6] == 1);
  CHECK(bytes[7] == 0);
  const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  CHECK((10 + length) % 64 == 0);
  REQUIRE(bytes.size() >= 10 + length);
  CHECK(bytes[9 + length] == '\n');
  return {bytes.substr(10, length), bytes.substr(10 + length)};
}

}  // namespace

TEST_CASE("arrays are written as NumPy's format says") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2.5f, -3, 4, 5, 6};
  write_npy(folder.path("f.npy"), values, {2, 3});
  const Npy floats = parse(TemporaryFolder::read(folder.path("f.npy")));
  CHECK(floats.header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,3,), } "));
  REQUIRE(floats.data.size() == 24);
  CHECK(std::memcmp(floats.data.data(), values.data(), 24) == 0);

  const std::vector<std::int64_t> numbers = {-1, 1LL << 40};
  write_npy(folder.path("i.npy"), numbers);
  const Npy integers = parse(TemporaryFolder::read(folder.path("i.npy")));
  CHECK(integers.header.starts_with("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), } "));
  CHECK(integers.data == std::string(reinterpret_cast<const char*>(numbers.data()), 16));

  write_npy(folder.path("s.npy"), std::vector<std::string>{"ab", "", "\xe7\x8c\xab!"});
  const Npy texts = parse(TemporaryFolder::read(folder.path("s.npy")));
  CHECK(texts.header.starts_with("{'descr': '|S4', 'fortran_order': False, 'shape': (3,), } "));
  CHECK(texts.data == std::string("ab\0\0\0\0\0\0\xe7\x8c\xab!", 12));
}

TEST_CASE("no array is written where there is no folder") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_npy(folder.path("none/x.npy"), std::vector<std::int64_t>{1}), DataError);
}
