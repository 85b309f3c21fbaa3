#include <doctest/doctest.h>

#include "formats/protobuf.h"

using namespace anirec;
using namespace std::string_literals;

TEST_CASE("fields are written as the encoding guide shows them") {
  ProtobufMessage message;
  message.number(1, 150);
  CHECK(message.content() == "\x08\x96\x01"s);
  ProtobufMessage text;
  text.bytes(2, "testing");
  CHECK(text.content() == "\x12\x07testing"s);
  ProtobufMessage outer;
  outer.message(3, message);
  CHECK(outer.content() == "\x1a\x03\x08\x96\x01"s);
  ProtobufMessage far;
  far.number(20, 0);
  CHECK(far.content() == "\xa0\x01\x00"s);
  ProtobufMessage negative;
  negative.number(1, static_cast<std::uint64_t>(std::int64_t{-2}));
  CHECK(negative.content() == "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
}
