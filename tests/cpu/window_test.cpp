#include "cpu/window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "formulas/philox.h"

using namespace anirec;

namespace {

Samples some_samples(std::uint32_t users, std::uint32_t items, std::uint32_t count) {
  Samples samples;
  samples.users = users;
  samples.items = items;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Words4 drawn = philox(3, i, 0, 0, 0);
    samples.rows.push_back({drawn.word[0] % users, drawn.word[1] % items, static_cast<float>(i), 0.5f});
  }
  samples.train = {3, count};  // not all of them
  return samples;
}

}  // namespace

TEST_CASE("a window has each batch's samples, user by user, with the runs of both tables") {
  struct Case {
    std::uint32_t users, batch;
    int members;
    bool shuffle;
  };
  for (const Case& c : {Case{40, 64, 2, true}, Case{4000, 64, 1, true}, Case{4000, 64, 3, true},
                        Case{70, 5000, 2, true}, Case{300, 7, 2, false}}) {
    CAPTURE(c.users);
    CAPTURE(c.batch);
    const Samples samples = some_samples(c.users, 50, 12000);
    const std::uint32_t count = static_cast<std::uint32_t>(samples.train.size());
    const PassOrder order = pass_order(5, 1, count, c.shuffle);
    Window window(samples, c.batch, c.members);
    for (std::uint32_t at = 0; at < count;) {
      const std::uint32_t size =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(count - at, window.size(c.members)));
      for (int member = 0; member < c.members; ++member) window.plan(order, at, size, member);
      for (std::uint32_t first = 0; first < size; first += c.batch) {
        const std::uint32_t batch = first / c.batch, in_batch = std::min(c.batch, size - first);
        const FedSamples& fed = window.fed();
        const RowRuns &users = window.user_runs(batch), &items = window.item_runs(batch);
        REQUIRE(users.sample == nullptr);
        REQUIRE(users.begin[users.count] == in_batch);
        REQUIRE(items.begin[items.count] == in_batch);
        std::set<std::uint32_t> expected, found, user_rows;
        for (std::uint32_t i = 0; i < in_batch; ++i) {
          const std::uint64_t position = at + first + i;
          expected.insert(3 + sample_at(chunk_order(order, chunk_place(order, position)), position));
          const Sample& row = samples.rows[fed.sample[first + i]];
          found.insert(fed.sample[first + i]);
          CHECK(row.user == fed.user[first + i]);
          CHECK(row.item == fed.item[first + i]);
          CHECK(row.rating == fed.rating[first + i]);
          CHECK(row.label == fed.label[first + i]);
        }
        CHECK(found == expected);
        for (std::uint32_t r = 0; r < users.count; ++r) {
          CHECK(user_rows.insert(users.row[r]).second);
          for (std::uint32_t s = users.begin[r]; s < users.begin[r + 1]; ++s)
            CHECK(fed.user[first + s] == users.row[r]);
        }
        CHECK(std::is_sorted(items.row, items.row + items.count));
        std::set<std::uint32_t> places;
        for (std::uint32_t r = 0; r < items.count; ++r)
          for (std::uint32_t s = items.begin[r]; s < items.begin[r + 1]; ++s) {
            places.insert(items.place(s));
            CHECK(fed.item[first + items.place(s)] == items.row[r]);
          }
        CHECK(places.size() == in_batch);
      }
      at += size;
    }
  }
}
