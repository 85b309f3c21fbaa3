// Sums over the samples of a row, a few vectors of the row at a time, so that the sum stays in registers whatever
// the width.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu/batch.h"
#include "cpu/dropout_masks.h"
#include "cpu/vector.h"

namespace anirec {

constexpr int most_vectors = 4;

// Adds up `term(place, vector, value)` over a row's samples [begin, end) of `runs`, in g: term gives the vector-th
// Vec of a sample's gradient for the row. `fresh`: g starts at 0. With Masked, lanes dropped on `side` (or on
// both sides: -1) are left out. `fetch(place)` asks memory for what term will read of a sample, here or in one of
// the next runs.
template <int Vectors, bool Masked, class Term, class Fetch>
ANIREC_INLINE void sum_vectors(const RowRuns& runs, std::uint32_t begin, std::uint32_t end, bool fresh,
                               const DropoutMasks* masks, int side, int first, float* g, Term&& term,
                               Fetch&& fetch) {
  Vec sum[Vectors] = {};
  if (!fresh)
    for (int n = 0; n < Vectors; ++n) load(sum[n], g + (first + n) * lanes);
  const std::uint32_t last = runs.begin[runs.count];
  for (std::uint32_t s = begin; s < end; ++s) {
    if (first == 0 && s + samples_fetched_ahead < last) fetch(runs.place(s + samples_fetched_ahead));
    const std::uint32_t place = runs.place(s);
    const std::uint16_t* bits = Masked ? masks->of(place, side < 0 ? 0 : side) : nullptr;
    const std::uint16_t* other_bits = Masked && side < 0 ? masks->of(place, 1) : bits;
#pragma GCC unroll 4
    for (int n = 0; n < Vectors; ++n) {
      Vec value;
      term(place, first + n, value);
      if (Masked) keep_lanes(value, static_cast<std::uint32_t>(bits[first + n] & other_bits[first + n]));
      sum[n] += value;
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < Vectors; ++n) store(g + (first + n) * lanes, sum[n]);
}

// fetch(place) for the first samples of a share, which no sum before asks for.
template <class Fetch>
ANIREC_INLINE void fetch_first(const RowRuns& runs, RunShare share, Fetch&& fetch) {
  const std::uint32_t begin = runs.begin[share.first], end = runs.begin[share.last];
  for (std::uint32_t s = begin; s < std::min(end, begin + samples_fetched_ahead); ++s) fetch(runs.place(s));
}

template <bool Masked, class Term, class Fetch>
ANIREC_INLINE void sum_row(const RowRuns& runs, std::uint32_t begin, std::uint32_t end, bool fresh,
                           const DropoutMasks* masks, int side, int vectors, float* g, Term&& term,
                           Fetch&& fetch) {
  int first = 0;
  for (; first + most_vectors <= vectors; first += most_vectors)
    sum_vectors<most_vectors, Masked>(runs, begin, end, fresh, masks, side, first, g, term, fetch);
  for (; first < vectors; ++first)
    sum_vectors<1, Masked>(runs, begin, end, fresh, masks, side, first, g, term, fetch);
}

}  // namespace anirec
