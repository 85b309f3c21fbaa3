# anirec with its CUDA engine, for the GPUs named in CUDA_ARCHITECTURES; without a GPU it trains on the CPU.
#
#   docker build -t anirec .
#   docker run --rm --gpus all --user "$(id -u):$(id -g)" -v "$PWD/data:/data:ro" -v "$PWD/runs:/runs" \
#     anirec train /data/animelist.csv --model mf --task rating --out mf
#
# Ratings are read from /data, runs are written to /runs, the working folder. tools/docker_check proves the image.
ARG BUILD_IMAGE=nvidia/cuda:13.0.1-devel-ubuntu24.04
ARG RUN_IMAGE=nvidia/cuda:13.0.1-base-ubuntu24.04

FROM ${BUILD_IMAGE} AS build
ENV PATH=/usr/local/cuda/bin:${PATH}
WORKDIR /src
# Alone, so that a change of the sources does not install the packages again.
COPY tools/install_packages tools/
RUN tools/install_packages && rm -rf /var/lib/apt/lists/*
COPY . .
# The last one also as PTX: what is newer compiles it when the program starts. tools/release_check reads this list.
ARG CUDA_ARCHITECTURES="75-real;80-real;86-real;89-real;90-real;100-real;120"
RUN tools/build -DANIREC_TESTS=OFF -DANIREC_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES}"
# Of cuBLAS only what the engine opens, under the name it opens.
RUN install -D -s build/anirec /image/bin/anirec \
  && install -D -m 644 LICENSE /image/share/doc/anirec/LICENSE \
  && mkdir -p /image/lib \
  && cp -L /usr/local/cuda/lib64/libcublasLt.so.[0-9][0-9] /image/lib/

FROM ${RUN_IMAGE}
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libdeflate0 libexpat1 libopenblas0-pthread libstdc++6 libzstd1 zlib1g \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --user-group --home-dir /runs --no-create-home --shell /usr/sbin/nologin anirec \
  && mkdir /data /runs \
  && chown anirec:anirec /data /runs
COPY --from=build /image/ /usr/local/
RUN ldconfig
# What NVIDIA's container runtime looks at, also where RUN_IMAGE does not say it.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="anirec" \
  org.opencontainers.image.description="Trains recommenders on NVIDIA GPUs, from the ratings file to a ranked list of titles" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
USER anirec
VOLUME ["/data", "/runs"]
WORKDIR /runs
ENTRYPOINT ["anirec"]
CMD ["help"]
