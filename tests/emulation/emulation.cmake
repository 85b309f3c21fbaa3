# The CUDA engine's own sources, compiled for a CPU against device/ here: see docs/design.md, "The emulation ring".
file(GLOB engine_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*.cu)
set(shared_device_sources ${PROJECT_SOURCE_DIR}/cuda/device/gemm.cu ${PROJECT_SOURCE_DIR}/cuda/device/failure.cpp)
file(GLOB emulator_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/emulation/device/*.cpp)

# In this folder .cu is C++.
set_source_files_properties(${engine_sources} ${PROJECT_SOURCE_DIR}/cuda/device/gemm.cu
  ${CMAKE_CURRENT_SOURCE_DIR}/emulation/sample_kernels.cu PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-x;c++")

add_library(anirec_emulated STATIC ${engine_sources} ${shared_device_sources} ${emulator_sources})
target_include_directories(anirec_emulated PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/emulation ${PROJECT_SOURCE_DIR}/cuda)
target_compile_options(anirec_emulated PUBLIC -fno-strict-aliasing)  # float4 is read where floats were written
target_link_libraries(anirec_emulated PUBLIC anirec_options anirec_dependencies)

# The engines' tests once more, with the emulated engine beside the CPU's. The host library is linked behind it: its
# own anirec_cuda is never reached.
file(GLOB engine_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/engines/*_test.cpp)
foreach(test IN LISTS engine_tests)
  get_filename_component(name ${test} NAME_WE)
  string(REPLACE _test "" name ${name})
  add_executable(emulation_${name} ${test})
  target_compile_definitions(emulation_${name} PRIVATE ANIREC_WITH_CUDA)
  target_include_directories(emulation_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR})
  target_link_libraries(emulation_${name} PRIVATE anirec_test_main anirec_emulated anirec_host)
  add_test(NAME emulation_${name} COMMAND emulation_${name})
  set_tests_properties(emulation_${name} PROPERTIES TIMEOUT 900)
endforeach()
