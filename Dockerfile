# A static binary, nobody's privileges, one writable volume.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /leadgate ./cmd/leadgate && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /leadgate /leadgate
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV LEADGATE_LISTEN=0.0.0.0:8080 LEADGATE_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["/leadgate", "health"]
ENTRYPOINT ["/leadgate"]
