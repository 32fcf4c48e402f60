# The bot in an image of next to nothing: the program, the certificates of the
# authorities that it trusts, the reference configuration, and /data.
#
#	docker build -t weizhangbot .
#
# For a release the three arguments that .ci/build takes; the program is then the
# same, byte for byte:
#
#	docker build -t weizhangbot:v1.2.3 --build-arg VERSION=v1.2.3 --build-arg COMMIT=55c8… --build-arg DATE=2026-11-26T04:11:09Z .
ARG GO=1.26.8

FROM --platform=$BUILDPLATFORM golang:${GO}-alpine AS build
WORKDIR /src
# Where modules come from, if not from Go's own place.
ARG GOPROXY
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
ARG VERSION COMMIT DATE
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
	go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.release=$VERSION -X main.commit=$COMMIT -X main.date=$DATE" -o /out/ ./cmd/weizhangbot
RUN mkdir /out/data

FROM scratch
ARG VERSION COMMIT DATE
LABEL org.opencontainers.image.title="weizhangbot" \
	org.opencontainers.image.description="A traffic-violation bot for drivers in China, on WeChat and Telegram" \
	org.opencontainers.image.source="https://github.com/weizhangbot/weizhangbot" \
	org.opencontainers.image.documentation="https://github.com/weizhangbot/weizhangbot#docker" \
	org.opencontainers.image.licenses="MIT" \
	org.opencontainers.image.version="$VERSION" \
	org.opencontainers.image.revision="$COMMIT" \
	org.opencontainers.image.created="$DATE"

COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/weizhangbot /usr/local/bin/
COPY --chmod=644 config.yaml /etc/weizhangbot/
# A new volume takes its owner from here.
COPY --from=build --chown=65532:65532 /out/data /data

# These win over the file: whatever configuration is mounted, the bot is found and
# writes nowhere but in the volume.
ENV WEIZHANG_SERVER_LISTEN=:8080 \
	WEIZHANG_STORAGE_PATH=/data/weizhangbot.db \
	TMPDIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=1m \
	CMD ["/usr/local/bin/weizhangbot", "health", "--config", "/etc/weizhangbot/config.yaml"]
ENTRYPOINT ["/usr/local/bin/weizhangbot"]
CMD ["serve", "--config", "/etc/weizhangbot/config.yaml"]
