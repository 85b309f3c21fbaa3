#include "chunk_store.h"

#include <algorithm>

namespace anirec::cuda {

ChunkStore::ChunkStore(const Samples& samples, std::uint32_t slots, const device::Stream& stream)
    : samples_(samples), memory_(slots == 0 ? samples.train.size() : slots * order_chunk_size), slots_(slots) {
  if (resident()) {
    memory_.upload(std::span(samples.rows).subspan(samples.train.begin, samples.train.size()), stream);
    stream.synchronize();
    return;
  }
  for (device::Pinned<Sample>& buffer : staging_) buffer = device::Pinned<Sample>(order_chunk_size);
}

std::uint32_t ChunkStore::slots_needed(std::uint64_t window_samples) {
  // One more at either end, and the short chunk in between.
  return static_cast<std::uint32_t>(window_samples / order_chunk_size) + 3;
}

std::vector<WindowChunk> ChunkStore::bring(const std::vector<ChunkOrder>& chunks, const device::Stream& stream) {
  std::vector<WindowChunk> brought;
  ++clock_;
  // Those that are there must not be replaced by the others.
  for (Slot& slot : slots_)
    for (const ChunkOrder& chunk : chunks)
      if (slot.first_sample == chunk.first_sample) slot.used = clock_;
  for (const ChunkOrder& chunk : chunks) {
    if (resident()) {
      brought.push_back({chunk, memory_.data() + chunk.first_sample});
      continue;
    }
    auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.first_sample == chunk.first_sample; });
    if (slot == slots_.end()) {
      slot = std::min_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.used < b.used; });
      const std::size_t buffer = copies_++ % staging_buffers;
      staged_[buffer].synchronize();  // its last copy has left
      std::copy_n(samples_.rows.begin() + static_cast<std::ptrdiff_t>(samples_.train.begin + chunk.first_sample), chunk.size,
                  staging_[buffer].data());
      memory_.upload(std::as_const(staging_[buffer]).span().first(chunk.size), stream,
                     static_cast<std::size_t>(slot - slots_.begin()) * order_chunk_size);
      staged_[buffer].record(stream);
      slot->first_sample = chunk.first_sample;
    }
    slot->used = clock_;
    brought.push_back({chunk, memory_.data() + static_cast<std::size_t>(slot - slots_.begin()) * order_chunk_size});
  }
  return brought;
}

}  // namespace anirec::cuda
