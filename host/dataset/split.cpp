#include "dataset/split.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "dataset/page_vector.h"
#include "error.h"
#include "formulas/permutation.h"
#include "formulas/philox.h"

namespace anirec {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t most_digits = 18;
constexpr std::uint64_t one = 1'000'000'000'000'000'000;  // 1.0 in units of the last digit

// The shares in units of 1e-18.
std::array<std::uint64_t, 3> parse_shares(std::string_view text) {
  const auto fail = [&](const char* fault) {
    throw UsageError("--split '" + printable(text, 80) + "' " + fault +
                     "; give the shares of train, validation and test, like 0.95,0.005,0.045");
  };
  std::array<std::uint64_t, 3> shares{};
  std::size_t at = 0;
  for (std::size_t part = 0; part < shares.size(); ++part) {
    std::size_t digits = 0, decimals = 0;  // zeros in front do not count
    bool point = false, empty = true;
    std::uint64_t& share = shares[part];
    for (; at < text.size() && text[at] != ','; ++at) {
      if (text[at] == '.' && !point) {
        point = true;
        continue;
      }
      if (text[at] < '0' || text[at] > '9') fail("is no list of plain decimal numbers");
      empty = false;
      if ((point || share != 0 || text[at] != '0') && ++digits > most_digits)
        fail("has a number of more than 18 digits");
      share = share * 10 + static_cast<std::uint64_t>(text[at] - '0');
      if (point) ++decimals;
    }
    if (empty) fail("has an empty share");
    for (; decimals < most_digits; ++decimals)
      if (__builtin_mul_overflow(share, std::uint64_t{10}, &share)) fail("has a share above 1");
    if (share > one) fail("has a share above 1");
    if ((at < text.size()) != (part + 1 < shares.size())) fail("must have three shares");
    ++at;
  }
  if (shares[0] + shares[1] + shares[2] != one) fail("does not add up to 1");
  return shares;
}

std::uint64_t floor_of(std::uint64_t share, std::uint64_t n) {
  return static_cast<std::uint64_t>(Wide{share} * n / one);
}

constexpr std::uint32_t no_row = std::numeric_limits<std::uint32_t>::max();

// The test row of each user, or no_row: the last by time (of equals, the later in the file), else a seeded choice.
std::vector<std::uint32_t> choose_test_rows(const Dataset& dataset, std::uint64_t seed) {
  const std::size_t users = dataset.users.size();
  std::vector<std::uint32_t> rows_of(users), chosen(users, no_row);
  for (const std::uint32_t user : dataset.user) ++rows_of[user];
  if (dataset.time.empty()) {
    std::vector<std::uint32_t> until_chosen(users);
    for (std::uint32_t user = 0; user < users; ++user) {
      const Words4 random = philox(seed, user, 0, 0, purpose_leave_last_out);
      const std::uint64_t fraction = std::uint64_t{random.word[1]} << 32 | random.word[0];
      until_chosen[user] = static_cast<std::uint32_t>(Wide{fraction} * rows_of[user] >> 64);
    }
    for (std::uint32_t row = 0; row < dataset.size(); ++row)
      if (until_chosen[dataset.user[row]]-- == 0) chosen[dataset.user[row]] = row;
  } else {
    for (std::uint32_t row = 0; row < dataset.size(); ++row) {
      std::uint32_t& latest = chosen[dataset.user[row]];
      if (latest == no_row || dataset.time[row] >= dataset.time[latest]) latest = row;
    }
  }
  for (std::size_t user = 0; user < users; ++user)
    if (rows_of[user] == 1) chosen[user] = no_row;
  return chosen;
}

// Which row of the dataset lies at each place of the split order.
class SplitOrder {
 public:
  SplitOrder(const Dataset& dataset, const SplitOptions& options)
      : rows_(dataset.size()),
        shuffle_(options.shuffle),
        bits_(permutation_bits(rows_)),
        key_(permutation_key(options.seed, 0, 0, purpose_split)) {
    if (options.by != SplitBy::leave_last_out) return;
    is_test_.resize(rows_);
    for (const std::uint32_t row : choose_test_rows(dataset, options.seed)) {
      if (row == no_row) continue;
      is_test_[row] = true;
      ++test_rows_;
    }
  }

  std::uint64_t test_rows() const { return test_rows_; }

  // Calls take(place, row) for every row; the rows taken out for the test come last, in the order they have.
  // `prefetch(row)` is called a while before: most of the time goes into reads all over the columns.
  template <class Take, class Prefetch>
  void for_each(const Take& take, const Prefetch& prefetch) const {
    constexpr std::uint64_t ahead = 64;
    std::uint64_t next = 0, next_test = rows_ - test_rows_;
    std::array<std::uint32_t, ahead> rows;
    for (std::uint64_t begin = 0; begin < rows_; begin += ahead) {
      const std::uint64_t count = std::min(ahead, rows_ - begin);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint32_t place = static_cast<std::uint32_t>(begin + i);
        rows[i] = shuffle_ ? permuted_index(place, rows_, bits_, key_) : place;
        prefetch(rows[i]);
      }
      for (std::uint64_t i = 0; i < count; ++i)
        take(!is_test_.empty() && is_test_[rows[i]] ? next_test++ : next++, rows[i]);
    }
  }

 private:
  std::uint64_t rows_, test_rows_ = 0;
  bool shuffle_;
  std::uint32_t bits_;
  PermutationKey key_;
  std::vector<bool> is_test_;  // empty where no row is taken out
};

}  // namespace

void split_counts(std::string_view shares, std::uint64_t n, std::uint64_t& train, std::uint64_t& validation) {
  const std::array<std::uint64_t, 3> parts = parse_shares(shares);
  train = floor_of(parts[0], n);
  validation = floor_of(parts[1], n);
}

Samples split_dataset(Dataset&& dataset, const SplitOptions& options) {
  const std::uint64_t rows = dataset.size();
  const std::array<std::uint64_t, 3> shares = parse_shares(options.shares);
  const SplitOrder order(dataset, options);

  Samples samples;
  samples.task = dataset.rules.task;
  samples.users = static_cast<std::uint32_t>(dataset.users.size());
  samples.items = static_cast<std::uint32_t>(dataset.items.size());
  std::uint64_t train = floor_of(shares[0], rows), validation = floor_of(shares[1], rows);
  if (options.by == SplitBy::leave_last_out) {
    const std::uint64_t left = rows - order.test_rows();
    validation = options.shares_given ? floor_of(shares[1], left) : 0;
    train = left - validation;
  }
  if (train == 0)
    throw DataError("no row is left to train on: " + std::to_string(rows) + " rows with --split " +
                    printable(options.shares, 80) + "; give more rows or a larger first share");
  samples.train = {0, train};
  samples.validation = {train, train + validation};
  samples.test = {train + validation, rows};

  samples.rows.resize(rows);
  const auto take = [&](auto& column, auto Sample::*field) {
    if (column.empty()) return;
    const auto store = [&](std::uint64_t place, std::uint32_t row) {
      samples.rows[place].*field =
          static_cast<std::remove_reference_t<decltype(samples.rows[0].*field)>>(column[row]);
    };
    order.for_each(store, [&](std::uint32_t row) { __builtin_prefetch(&column[row]); });
    release(column);
  };
  take(dataset.user, &Sample::user);
  take(dataset.item, &Sample::item);
  take(dataset.rating, &Sample::rating);
  take(dataset.label, &Sample::label);
  release(dataset.time);
  return samples;
}

}  // namespace anirec
