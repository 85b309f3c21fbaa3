#include "cpu/batch.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace anirec;

TEST_CASE("no batch has more tiles, groups or samples a tile than there is room for") {
  Tiling most(1);
  for (std::uint32_t size = 1; size <= 20000; ++size) {
    const Tiling tiling(size), room = Tiling::room_for(size);
    most.tiles = std::max(most.tiles, tiling.tiles);
    most.groups = std::max(most.groups, tiling.groups);
    most.tile_size = std::max(most.tile_size, tiling.tile_size);
    REQUIRE(room.tiles >= most.tiles);
    REQUIRE(room.groups >= most.groups);
    REQUIRE(room.tile_size >= most.tile_size);
    REQUIRE(tiling.first_tile(tiling.groups) == tiling.tiles);
  }
}
