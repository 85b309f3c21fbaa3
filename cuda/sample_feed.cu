#include "row_access.cuh"
#include "step.h"

namespace anirec::cuda {
namespace {

// A thread a place of the window.
__global__ void feed_kernel(FeedWindow feed) {
  const std::uint32_t place = blockIdx.x * block_threads + threadIdx.x;
  if (place >= feed.size) return;
  const std::uint64_t position = feed.first_position + place;
  std::uint32_t c = 0;
  while (c + 1 < feed.chunk_count && feed.chunks[c + 1].order.first_position <= position) ++c;
  const WindowChunk chunk = feed.chunks[c];
  const std::uint32_t index = sample_at(chunk.order, position);
  const uint4 row = reinterpret_cast<const uint4*>(chunk.samples)[index - static_cast<std::uint32_t>(chunk.order.first_sample)];
  reinterpret_cast<uint4*>(feed.fed.sample)[place] = row;
  feed.fed.index[place] = feed.first_index + index;
}

// A thread a place and a block of 128 elements.
__global__ void masks_kernel(FeedWindow feed, std::uint32_t blocks) {
  const std::uint64_t thread = static_cast<std::uint64_t>(blockIdx.x) * block_threads + threadIdx.x;
  const std::uint32_t place = static_cast<std::uint32_t>(thread / blocks), block = static_cast<std::uint32_t>(thread % blocks);
  if (place >= feed.size) return;
  const std::uint32_t step = feed.first_step + place / feed.batch;
  const Words4 kept = kept_bits(feed.seed, feed.dropout, feed.fed.index[place], step, block);
  reinterpret_cast<uint4*>(feed.fed.kept)[thread] = make_uint4(kept.word[0], kept.word[1], kept.word[2], kept.word[3]);
}

}  // namespace

void launch_feed(const FeedWindow& feed, const Stream& stream) {
  const auto blocks_for = [](std::uint64_t threads) {
    return static_cast<std::uint32_t>((threads + block_threads - 1) / block_threads);
  };
  device::launch(feed_kernel, blocks_for(feed.size), block_threads, 0, stream, feed);
  if (feed.fed.kept == nullptr) return;
  const std::uint32_t blocks = static_cast<std::uint32_t>(feed.fed.words) / 4;
  device::launch(masks_kernel, blocks_for(std::uint64_t{feed.size} * blocks), block_threads, 0, stream, feed, blocks);
}

}  // namespace anirec::cuda
