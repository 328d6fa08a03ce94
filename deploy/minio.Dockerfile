# syntax=docker/dockerfile:1
# The last MinIO server there is, built from its module: the project was archived in February 2026 and
# publishes no images. Keep it on a private network (doc/operating.md).
FROM golang:1.26-bookworm AS build
RUN CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c \
 && mkdir -p /runtime/data /runtime/tmp && chmod 1777 /runtime/tmp && chown 65532:65532 /runtime/data

FROM scratch
COPY --from=build --chown=65532:65532 /runtime/ /
COPY --from=build /go/bin/minio /minio
USER 65532:65532
ENV MINIO_BROWSER=off MINIO_UPDATE=off
VOLUME /data
EXPOSE 9000
ENTRYPOINT ["/minio", "server", "--quiet", "--address", ":9000", "/data"]
