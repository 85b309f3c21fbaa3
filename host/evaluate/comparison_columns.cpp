#include "evaluate/comparison_columns.h"

#include <algorithm>
#include <iterator>

namespace anirec {
namespace {

constexpr Column columns[] = {
    {"loss", "loss", "loss", full_decimals},
    {"rmse", "RMSE", "RMSE", full_decimals},
    {"mae", "MAE", "MAE", full_decimals},
    {"bce", "BCE", "BCE", full_decimals},
    {"accuracy", "acc", "accuracy", 3},
    {"precision", "prec", "precision", 3},
    {"recall", "recall", "recall", 3},
    {"specificity", "spec", "specificity", 3},
    {"auc", "AUC", "AUC", full_decimals},
    {"hr@", "HR@", "HR@", full_decimals},
    {"recall@", "recall@", "recall@", full_decimals},
    {"ndcg@", "NDCG@", "NDCG@", full_decimals},
    {"mrr", "MRR", "MRR", full_decimals},
    {"coverage", "coverage", "coverage", full_decimals},
};

}  // namespace

const Column& column_of(std::string_view key) {
  const std::string_view stem = key.substr(0, std::min(key.find('@'), key.size() - 1) + 1);
  return *std::find_if(std::begin(columns), std::end(columns),
                       [&](const Column& column) { return column.key == stem; });
}

std::string column_name(std::string_view key, TableStyle style) {
  const Column& column = column_of(key);
  const std::size_t at = key.find('@');
  return std::string(style == TableStyle::plain ? column.plain : column.markdown) +
         (at == std::string_view::npos ? "" : std::string(key.substr(at + 1)));
}

const char* kind_name(SectionKind kind) {
  switch (kind) {
    case SectionKind::ratings: return "Ratings";
    case SectionKind::interactions: return "Interactions";
    case SectionKind::ranking: return "Ranking";
  }
  return "";
}

}  // namespace anirec
