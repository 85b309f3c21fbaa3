#include "cpu/window.h"

#include <algorithm>

namespace anirec {
namespace {

std::uint32_t batches_at_a_time(std::uint32_t batch_size) {
  constexpr std::uint32_t samples = 2048;
  return std::max(1u, samples / batch_size);
}

std::uint32_t batches_a_member(std::uint32_t batch_size) {
  constexpr std::uint32_t samples = 16384;
  const std::uint32_t at_a_time = batches_at_a_time(batch_size);
  return at_a_time * std::max(1u, samples / (at_a_time * batch_size));
}

// Of large batches only so many are planned at once, each by one member, that they take some 100 MB.
int planning_members(std::uint32_t batch_size, int members) {
  constexpr std::uint32_t samples = 1u << 20;
  return std::min(members, static_cast<int>(std::max(1u, samples / batch_size)));
}

std::size_t batches_of(std::uint32_t batch_size, int members) {
  return std::size_t{batches_a_member(batch_size)} *
         static_cast<std::size_t>(planning_members(batch_size, members));
}

// From so many users a sample of a batch on they come in the order of their items.
constexpr std::uint64_t many_users = 8;

}  // namespace

void Window::Table::find(RunFinder& finder, const std::uint32_t* index, std::uint32_t count,
                         std::uint32_t batch_size, std::size_t at) {
  const std::size_t batch = at / batch_size;
  finder.find(index, count, batch_size, row.data() + at, begin.data() + at + batch, sample.data() + at,
              runs.data() + batch);
}

Window::Window(const Samples& samples, std::uint32_t batch_size, int members)
    : samples_(samples),
      batch_size_(static_cast<std::uint32_t>(std::min<std::uint64_t>(batch_size, samples.train.size()))),
      batches_at_a_time_(batches_at_a_time(batch_size_)),
      by_items_(samples.users >= many_users * batch_size_),
      fed_(batches_of(batch_size_, members) * batch_size_),
      users_(batches_of(batch_size_, members) * batch_size_, batches_of(batch_size_, members)),
      items_(users_) {
  const std::uint32_t at_a_time = batches_at_a_time_ * batch_size_;
  for (int member = 0; member < planning_members(batch_size_, members); ++member)
    planners_.push_back({FedSamples(at_a_time), RunFinder(samples.users, at_a_time),
                         RunFinder(samples.items, at_a_time), Table(at_a_time, batches_at_a_time_),
                         std::vector<std::uint32_t>(at_a_time), std::vector<std::uint32_t>(batch_size_)});
}

std::uint64_t Window::memory(std::uint32_t batch_size, int members) {
  constexpr std::uint64_t columns = 5, run_columns = 3, own_columns = 2, number = sizeof(std::uint32_t);
  const std::uint64_t batches = batches_of(batch_size, members), at_a_time = batches_at_a_time(batch_size);
  const std::uint64_t a_batch = sizeof(RowRuns) + number, a_planner = at_a_time * batch_size;
  return batches * (batch_size * (columns + 2 * run_columns) * number + 2 * a_batch) +
         static_cast<std::uint64_t>(planning_members(batch_size, members)) *
             (a_planner * (columns + run_columns + own_columns) * number + at_a_time * a_batch +
              2 * RunFinder::memory(static_cast<std::uint32_t>(a_planner)));
}

std::uint64_t Window::size(int members) const {
  return batches_of(batch_size_, members) * std::uint64_t{batch_size_};
}

void Window::plan(const PassOrder& order, std::uint64_t first_position_in_pass, std::uint32_t samples,
                  int member) {
  const std::uint64_t first = size(1) * static_cast<std::uint64_t>(member);
  if (first >= samples) return;
  const std::uint64_t last = std::min<std::uint64_t>(samples, first + size(1));
  Planner& planner = planners_[static_cast<std::size_t>(member)];
  const std::uint64_t at_a_time = std::uint64_t{batches_at_a_time_} * batch_size_;
  for (std::uint64_t at = first; at < last; at += at_a_time) {
    const std::uint32_t count = static_cast<std::uint32_t>(std::min(at_a_time, last - at));
    feed_samples(samples_, order, first_position_in_pass + at, count, planner.drawn);
    if (by_items_)
      order_by_items(planner, at, count);
    else
      order_by_users(planner, at, count);
    for (std::uint32_t begin = 0; begin < count; begin += batch_size_)
      users_.runs[(at + begin) / batch_size_].sample = nullptr;
  }
}

void Window::order_by_users(Planner& planner, std::size_t at, std::uint32_t count) {
  users_.find(planner.users, planner.drawn.user.data(), count, batch_size_, at);
  for (std::uint32_t begin = 0; begin < count; begin += batch_size_)
    reorder_samples(planner.drawn, begin, users_.sample.data() + at + begin, std::min(batch_size_, count - begin),
                    fed_, at + begin);
  items_.find(planner.items, fed_.item.data() + at, count, batch_size_, at);
}

void Window::order_by_items(Planner& planner, std::size_t at, std::uint32_t count) {
  items_.find(planner.items, planner.drawn.item.data(), count, batch_size_, at);
  for (std::uint32_t begin = 0; begin < count; begin += batch_size_) {
    const std::uint32_t* const by_item = items_.sample.data() + at + begin;
    for (std::uint32_t k = 0; k < std::min(batch_size_, count - begin); ++k)
      planner.index[begin + k] = planner.drawn.user[begin + by_item[k]];
  }
  planner.by_user.find(planner.users, planner.index.data(), count, batch_size_, 0);
  for (std::uint32_t begin = 0, b = 0; begin < count; begin += batch_size_, ++b) {
    const std::size_t first = at + begin, batch = first / batch_size_;
    const std::uint32_t size = std::min(batch_size_, count - begin);
    std::uint32_t* const by_item = items_.sample.data() + first;
    std::uint32_t* const order = users_.sample.data() + first;
    std::uint32_t* const place_of = planner.index.data() + begin;  // of the k-th sample by item
    users_.runs[batch] =
        list_by_first_sample(planner.by_user.runs[b], size, planner.first_run.data(), users_.row.data() + first,
                             users_.begin.data() + first + batch, order);
    for (std::uint32_t place = 0; place < size; ++place) {
      place_of[order[place]] = place;
      order[place] = by_item[order[place]];
    }
    std::copy_n(place_of, size, by_item);
    reorder_samples(planner.drawn, begin, order, size, fed_, first);
  }
}

}  // namespace anirec
