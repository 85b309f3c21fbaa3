#include <doctest/doctest.h>

#include "engines/engines.h"
#include "engines/small_problem.h"
#include "engines/trained_run.h"

using namespace anirec;

TEST_CASE("passes of several windows, planned by several members, give the same bits however they are cut") {
  for (const std::string name : {"mf", "nn"})
    for (const Optimizer optimizer : {Optimizer::adam, Optimizer::sgd})
      for (const std::uint32_t users : {40u, 900u}) {  // batches by users, and by items
        ProblemSize size;
        size.users = users;
        size.items = 70;
        size.rows = 40000;
        size.batch = 64;
        Problem p = make_problem(name, Task::rating, size);
        p.settings.optimizer = optimizer;
        CAPTURE(name);
        CAPTURE(users);
        const TrainedRun whole = trained(p, present_engines().front(), {800});
        CHECK(whole.state.step == 800);
        CHECK(!(whole.read == p.start));
        for (const PresentEngine& present : present_engines()) {
          CAPTURE(present.name);
          CHECK(trained(p, present, {800}) == whole);
          CHECK(trained(p, present, {1, 300, 625, 640, 800}) == whole);
        }
      }
}
