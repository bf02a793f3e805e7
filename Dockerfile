# Debian and not Alpine: the ONNX Runtime binary needs glibc.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/build-pages.mjs scripts/run.mjs scripts/
COPY src src
RUN npm run build

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# ONNX Runtime brings the binaries of six platforms, 290 MB; this one needs its own.
RUN npm ci --omit=dev --ignore-scripts \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
    ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM node:24.21.0-bookworm-slim AS service
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY package.json openapi.yaml LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist/src dist/src
COPY models models
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]

# For `docker build --target gpu` (docs/gpu.md): ONNX Runtime's CUDA provider, of the same version as onnxruntime-node, and what it loads.
FROM node:24.21.0-bookworm-slim AS cuda
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip \
  && python3 -m pip install --no-cache-dir --no-deps --target /cuda onnxruntime-gpu==1.30.0 \
    nvidia-cublas==13.10.0.20 nvidia-cuda-runtime==13.5.37 nvidia-curand==10.4.5.25 nvidia-cudnn-cu13==9.28.1.4

FROM service AS gpu
# The first two libraries are looked for beside libonnxruntime.so.1 and nowhere else, the others where the loader looks.
COPY --from=cuda /cuda/onnxruntime/capi/libonnxruntime_providers_shared.so /cuda/onnxruntime/capi/libonnxruntime_providers_cuda.so \
  node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
COPY --from=cuda /cuda/nvidia/cu13/lib /cuda/nvidia/cudnn/lib /opt/cuda/
ENV LD_LIBRARY_PATH=/opt/cuda NVIDIA_DRIVER_CAPABILITIES=compute,utility ARDM_PROVIDER=cuda

# What `docker build` makes where no target is named.
FROM service
