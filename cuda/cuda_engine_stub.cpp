#include "cuda_engine.h"
#include "error.h"

namespace anirec {

CudaDevices list_cuda_devices(int) { return {{}, "this build has no CUDA engine"}; }

std::unique_ptr<Engine> make_cuda_engine(const ModelConfig&, const TrainSettings&, int, std::uint64_t) {
  throw DeviceError("this build has no CUDA engine; build where nvcc is, or use --device cpu");
}

}  // namespace anirec
