#include "device/matrix_product.h"

#include <cublasLt.h>
#include <dlfcn.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "device/runtime.h"

namespace anirec::device {
namespace {

constexpr std::size_t most_workspace = 32 << 20;  // what cuBLASLt's documentation advises for Hopper
constexpr int algorithms_to_look_at = 32;

// cuBLASLt, opened when the first product is prepared: a program that needs none runs where there is none.
struct CublasLt {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtGetStatusString) status_text;
  decltype(&cublasLtMatmul) multiply;
  decltype(&cublasLtMatmulAlgoConfigGetAttribute) algorithm_attribute;
  decltype(&cublasLtMatmulAlgoGetHeuristic) suggest;
  decltype(&cublasLtMatmulDescCreate) create_description;
  decltype(&cublasLtMatmulDescDestroy) destroy_description;
  decltype(&cublasLtMatmulDescSetAttribute) set_description;
  decltype(&cublasLtMatmulPreferenceCreate) create_preference;
  decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference;
  decltype(&cublasLtMatrixLayoutCreate) create_layout;
  decltype(&cublasLtMatrixLayoutDestroy) destroy_layout;
  decltype(&cublasLtMatrixLayoutSetAttribute) set_layout;
};

[[noreturn]] void no_cublas(const std::string& problem, std::source_location where) {
  fail(Failure::no_cublas, "opening cuBLASLt", problem, where);
}

void* open_library(std::source_location where) {
  // The toolkit's own first: a newer one may want a newer driver than this program does.
  const std::string own = "libcublasLt.so." + std::to_string(CUDART_VERSION / 1000);
  for (const std::string& name : {own, std::string("libcublasLt.so.13"), std::string("libcublasLt.so.12")})
    if (void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  const char* const problem = dlerror();
  no_cublas(problem == nullptr ? "not found" : problem, where);
}

CublasLt open_cublas(std::source_location where) {
  void* const library = open_library(where);
  const auto find = [&]<class Function>(Function& to, const char* name) {
    void* const symbol = dlsym(library, name);
    if (symbol == nullptr) no_cublas(std::string("there is no ") + name + " in it", where);
    to = reinterpret_cast<Function>(symbol);
  };
  CublasLt lt = {};
  find(lt.create, "cublasLtCreate");
  find(lt.status_text, "cublasLtGetStatusString");
  find(lt.multiply, "cublasLtMatmul");
  find(lt.algorithm_attribute, "cublasLtMatmulAlgoConfigGetAttribute");
  find(lt.suggest, "cublasLtMatmulAlgoGetHeuristic");
  find(lt.create_description, "cublasLtMatmulDescCreate");
  find(lt.destroy_description, "cublasLtMatmulDescDestroy");
  find(lt.set_description, "cublasLtMatmulDescSetAttribute");
  find(lt.create_preference, "cublasLtMatmulPreferenceCreate");
  find(lt.destroy_preference, "cublasLtMatmulPreferenceDestroy");
  find(lt.set_preference, "cublasLtMatmulPreferenceSetAttribute");
  find(lt.create_layout, "cublasLtMatrixLayoutCreate");
  find(lt.destroy_layout, "cublasLtMatrixLayoutDestroy");
  find(lt.set_layout, "cublasLtMatrixLayoutSetAttribute");
  return lt;
}

const CublasLt& cublas(std::source_location where) {
  static const CublasLt lt = open_cublas(where);
  return lt;
}

void check_cublas(cublasStatus_t status, const char* call, std::source_location where) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(Failure::other, call, cublas(where).status_text(status), where);
}

// One a device, for as long as the process lives: at its end the driver may be gone before us.
cublasLtHandle_t handle(std::source_location where) {
  static std::map<int, cublasLtHandle_t> handles;
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice", where);
  cublasLtHandle_t& of_device = handles[device];
  if (of_device == nullptr) check_cublas(cublas(where).create(&of_device), "cublasLtCreate", where);
  return of_device;
}

cublasComputeType_t compute_type(GemmMath math) {
  switch (math) {
    case GemmMath::tf32:
      return CUBLAS_COMPUTE_32F_FAST_TF32;
    case GemmMath::bf16:
      return CUBLAS_COMPUTE_32F_FAST_16BF;
    case GemmMath::fp32:
      break;
  }
  return CUBLAS_COMPUTE_32F;
}

cublasLtEpilogue_t epilogue_of(GemmEpilogue epilogue) {
  switch (epilogue) {
    case GemmEpilogue::bias_relu:
      return CUBLASLT_EPILOGUE_RELU_BIAS;
    case GemmEpilogue::row_sums:
      return CUBLASLT_EPILOGUE_BGRADB;  // our A is cuBLAS' B, see Prepared
    case GemmEpilogue::none:
      break;
  }
  return CUBLASLT_EPILOGUE_DEFAULT;
}

template <class Handle, class Destroy>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Destroy>;

}  // namespace

// cuBLAS thinks in columns, and our row-major matrix is its transposed one: it computes Cᵀ = op(B)ᵀ · op(A)ᵀ, with
// our B as its A and our A as its B.
struct MatrixProduct::Prepared {
  using Layout = Owned<cublasLtMatrixLayout_t, decltype(&cublasLtMatrixLayoutDestroy)>;

  Prepared(const ProductShape& shape, GemmEpilogue with, std::source_location where)
      : lt(cublas(where)),
        epilogue(with),
        description(nullptr, lt.destroy_description),
        first(layout(shape.transpose_b ? shape.depth : shape.columns,
                     shape.transpose_b ? shape.columns : shape.depth, shape.b_stride, shape.batches, shape.b_step,
                     where)),
        second(layout(shape.transpose_a ? shape.rows : shape.depth, shape.transpose_a ? shape.depth : shape.rows,
                      shape.a_stride, shape.batches, shape.a_step, where)),
        result(layout(shape.columns, shape.rows, shape.c_stride, shape.batches, shape.c_step, where)) {
    cublasLtMatmulDesc_t created = nullptr;
    check_cublas(lt.create_description(&created, compute_type(shape.math), CUDA_R_32F), "cublasLtMatmulDescCreate",
                 where);
    description.reset(created);
    set(CUBLASLT_MATMUL_DESC_TRANSA, static_cast<std::int32_t>(shape.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N),
        where);
    set(CUBLASLT_MATMUL_DESC_TRANSB, static_cast<std::int32_t>(shape.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N),
        where);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, static_cast<std::uint32_t>(epilogue_of(epilogue)), where);
    if (epilogue == GemmEpilogue::none) return;
    if (shape.batches > 1) set(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, shape.rows, where);
    // An address as aligned as the real ones: more of it is not looked at before the product runs.
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, reinterpret_cast<const void*>(std::uintptr_t{shape.alignment}), where);
  }

  template <class Value>
  void set(cublasLtMatmulDescAttributes_t attribute, const Value& value, std::source_location where) {
    check_cublas(lt.set_description(description.get(), attribute, &value, sizeof value),
                 "cublasLtMatmulDescSetAttribute", where);
  }

  Layout layout(std::int64_t rows, std::int64_t columns, std::int64_t stride, std::int64_t batches,
                std::int64_t step, std::source_location where) const {
    cublasLtMatrixLayout_t created = nullptr;
    check_cublas(lt.create_layout(&created, CUDA_R_32F, static_cast<std::uint64_t>(rows),
                                  static_cast<std::uint64_t>(columns), stride),
                 "cublasLtMatrixLayoutCreate", where);
    Layout made(created, lt.destroy_layout);
    if (batches == 1) return made;
    const auto count = static_cast<std::int32_t>(batches);
    check_cublas(lt.set_layout(created, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                 "cublasLtMatrixLayoutSetAttribute", where);
    check_cublas(lt.set_layout(created, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &step, sizeof step),
                 "cublasLtMatrixLayoutSetAttribute", where);
    return made;
  }

  // Of cuBLAS' suggestions, which are the same for the same shape and device, the first that keeps the depth
  // whole.
  bool choose(std::uint32_t alignment, std::source_location where) {
    cublasLtMatmulPreference_t created = nullptr;
    check_cublas(lt.create_preference(&created), "cublasLtMatmulPreferenceCreate", where);
    const Owned<cublasLtMatmulPreference_t, decltype(&cublasLtMatmulPreferenceDestroy)> preference(
        created, lt.destroy_preference);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
      check_cublas(lt.set_preference(created, attribute, &value, sizeof value),
                   "cublasLtMatmulPreferenceSetAttribute", where);
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{most_workspace});
    prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE));
    for (const auto which :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      prefer(which, alignment);
    std::array<cublasLtMatmulHeuristicResult_t, algorithms_to_look_at> suggestions = {};
    int count = 0;
    const cublasStatus_t status =
        lt.suggest(handle(where), description.get(), first.get(), second.get(), result.get(), result.get(),
                   created, algorithms_to_look_at, suggestions.data(), &count);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE) return false;
    check_cublas(status, "cublasLtMatmulAlgoGetHeuristic", where);
    for (int i = 0; i < count; ++i) {
      const cublasLtMatmulHeuristicResult_t& suggestion = suggestions[static_cast<std::size_t>(i)];
      if (suggestion.state != CUBLAS_STATUS_SUCCESS || !keeps_depth_whole(suggestion.algo)) continue;
      algorithm = suggestion.algo;
      workspace = Buffer<std::byte>(suggestion.workspaceSize, where);
      return true;
    }
    return false;
  }

  bool keeps_depth_whole(const cublasLtMatmulAlgo_t& of) const {
    std::int32_t parts = 1;
    std::size_t written = 0;
    return lt.algorithm_attribute(&of, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &parts, sizeof parts, &written) ==
               CUBLAS_STATUS_SUCCESS &&
           parts <= 1;
  }

  const CublasLt& lt;
  GemmEpilogue epilogue;
  Owned<cublasLtMatmulDesc_t, decltype(&cublasLtMatmulDescDestroy)> description;
  Layout first, second, result;
  cublasLtMatmulAlgo_t algorithm = {};
  Buffer<std::byte> workspace;
};

MatrixProduct::MatrixProduct(const ProductShape& shape, std::source_location where) {
  for (const GemmEpilogue epilogue : {shape.epilogue, GemmEpilogue::none}) {
    prepared_ = std::make_unique<Prepared>(shape, epilogue, where);
    if (prepared_->choose(shape.alignment, where)) return;
  }
  check_cublas(CUBLAS_STATUS_NOT_SUPPORTED, "cublasLtMatmulAlgoGetHeuristic", where);
}

MatrixProduct::~MatrixProduct() = default;
MatrixProduct::MatrixProduct(MatrixProduct&&) noexcept = default;

bool MatrixProduct::has_epilogue() const { return prepared_->epilogue != GemmEpilogue::none; }

void MatrixProduct::run(const float* a, const float* b, float* c, float* vector, const Stream& stream,
                        std::source_location where) const {
  Prepared& by = *prepared_;
  if (has_epilogue()) by.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(vector), where);
  const float one = 1, zero = 0;
  check_cublas(by.lt.multiply(handle(where), by.description.get(), &one, b, by.first.get(), a, by.second.get(),
                              &zero, c, by.result.get(), c, by.result.get(), &by.algorithm, by.workspace.data(),
                              by.workspace.size(), raw(stream)),
               "cublasLtMatmul", where);
}

}  // namespace anirec::device
