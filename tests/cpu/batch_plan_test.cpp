#include "cpu/batch_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "formulas/philox.h"

using namespace anirec;

namespace {

using Rows = std::map<std::uint32_t, std::vector<std::uint32_t>>;  // a row's samples

std::vector<std::uint32_t> some_rows(std::uint32_t rows, std::uint32_t count) {
  std::vector<std::uint32_t> index(count);
  for (std::uint32_t i = 0; i < count; ++i) index[i] = philox(1, i, rows, 0, 0).word[0] % rows;
  index[0] = rows - 1;
  return index;
}

Rows rows_of(const RowRuns& runs) {
  Rows rows;
  for (std::uint32_t r = 0; r < runs.count; ++r)
    for (std::uint32_t s = runs.begin[r]; s < runs.begin[r + 1]; ++s) rows[runs.row[r]].push_back(runs.place(s));
  return rows;
}

}  // namespace

TEST_CASE("runs are each row's samples in their order, rows ascending, batch by batch") {
  struct Case {
    std::uint32_t rows, samples, batch;
  };
  for (const Case& c : {Case{1, 5, 2}, Case{2, 1, 1}, Case{200, 1000, 64}, Case{257, 1000, 1000},
                        Case{70000, 4096, 1024}, Case{3000000000u, 300, 7}}) {
    CAPTURE(c.rows);
    const std::vector<std::uint32_t> index = some_rows(c.rows, c.samples);
    const std::uint32_t batches = (c.samples + c.batch - 1) / c.batch;
    std::vector<std::uint32_t> row(c.samples), begin(c.samples + batches), sample(c.samples), first(c.batch);
    std::vector<RowRuns> runs(batches);
    RunFinder finder(c.rows, c.samples);
    finder.find(index.data(), c.samples, c.batch, row.data(), begin.data(), sample.data(), runs.data());
    for (std::uint32_t b = 0; b < batches; ++b) {
      const std::uint32_t first_sample = b * c.batch, size = std::min(c.batch, c.samples - first_sample);
      Rows expected;
      for (std::uint32_t i = 0; i < size; ++i) expected[index[first_sample + i]].push_back(i);
      CHECK(rows_of(runs[b]) == expected);
      CHECK(std::is_sorted(runs[b].row, runs[b].row + runs[b].count));
      CHECK(runs[b].count == expected.size());

      std::vector<std::uint32_t> other_row(size), other_begin(size + 1), other_sample(size);
      const RowRuns listed = list_by_first_sample(runs[b], size, first.data(), other_row.data(),
                                                  other_begin.data(), other_sample.data());
      CHECK(rows_of(listed) == expected);
      std::vector<std::uint32_t> firsts;
      for (std::uint32_t r = 0; r < listed.count; ++r) firsts.push_back(listed.place(listed.begin[r]));
      CHECK(std::is_sorted(firsts.begin(), firsts.end()));
    }
  }
}
