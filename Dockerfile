# The command alone, on a slim Debian, as a user of its own. /var/lib/sealift is where the configuration table lives: mount a volume there.
# A restore that should set owners runs with --user 0 and the capabilities that it needs.
FROM docker.io/library/debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        cmake gcc libc6-dev libcurl4-openssl-dev libsqlite3-dev libssl-dev libxml2-dev libyajl-dev libzstd-dev ninja-build pkgconf \
    && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json /src/
COPY cmake /src/cmake
COPY docs /src/docs
COPY include /src/include
COPY kms /src/kms
COPY s3 /src/s3
COPY src /src/src
RUN cd /src && cmake --preset release -DSEALIFT_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local && cmake --build build/release \
    && DESTDIR=/out cmake --install build/release --strip \
    && rm -rf /out/usr/local/include /out/usr/local/lib

FROM docker.io/library/debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libsqlite3-0 libssl3 libxml2 libyajl2 libzstd1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 990 --home-dir /var/lib/sealift --create-home --shell /usr/sbin/nologin sealift \
    && chmod 0700 /var/lib/sealift
COPY --from=build /out/ /
ENV SEALIFT_HOME=/var/lib/sealift
USER sealift
VOLUME /var/lib/sealift
ENTRYPOINT ["/usr/local/bin/sealift"]
CMD ["help"]
