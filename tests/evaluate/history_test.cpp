#include "evaluate/history.h"

#include <doctest/doctest.h>

using namespace anirec;

namespace {

const std::string lines =
    R"({"epoch":1,"step":5,"split":"train","loss":2.0,"seconds":0.5,"samples_per_second":10})"
    "\n"
    R"({"epoch":1,"step":5,"split":"validation","loss":1.5,"auc":0.6,"seconds":0.1,"samples_per_second":10})"
    "\n"
    R"({"epoch":2,"step":10,"split":"train","loss":1.0,"seconds":0.25,"samples_per_second":10})"
    "\n"
    R"({"epoch":2,"step":10,"split":"validation","loss":1.5,"auc":0.7,"seconds":0.1,"samples_per_second":10})"
    "\n";

}  // namespace

TEST_CASE("figures are read back by epoch and split") {
  const auto history = parse_history(lines);
  REQUIRE(history.size() == 2);
  CHECK(history[0].epoch == 1);
  CHECK(history[0].seconds == 0.5);
  CHECK(history[0].train == std::map<std::string, double>{{"loss", 2.0}});
  CHECK(history[1].validation == std::map<std::string, double>{{"loss", 1.5}, {"auc", 0.7}});
}

TEST_CASE("damaged lines and figures that were not finite are passed over") {
  const auto history =
      parse_history("no json\n[1]\n{\"epoch\":\"x\",\"split\":\"train\"}\n{\"epoch\":3,\"split\":7}\n" + lines +
                    R"({"epoch":3,"split":"train","loss":null)" + "}\n" + R"({"epoch":4,"sp)");
  REQUIRE(history.size() == 3);
  CHECK(history[2].epoch == 3);
  CHECK(history[2].train.empty());
  CHECK(parse_history("").empty());
}

TEST_CASE("the best epoch is the first that is strictly better, by the figure that was watched") {
  const auto history = parse_history(lines);
  CHECK(best_epoch(history, "loss") == 1);  // of validation: equal is no better
  CHECK(best_epoch(history, "auc") == 2);
  CHECK(best_epoch(history, "train_loss") == 2);
  CHECK(best_epoch(history, "rmse") == 0);
  const auto without_validation = parse_history(lines.substr(0, lines.find('\n')));
  CHECK(best_epoch(without_validation, "loss") == 1);
}
