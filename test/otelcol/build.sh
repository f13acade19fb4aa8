#!/bin/sh
# Builds otelcol where the tests of pipelines look for it: in $SLUICE_OTELCOL_DIR, by default ~/.cache/sluice/otelcol.
# Needs Go; takes some minutes and changes nothing when the collector of this manifest is there already.
set -eu
version=v0.160.0
here=$(cd "$(dirname "$0")" && pwd)
target=${SLUICE_OTELCOL_DIR:-$HOME/.cache/sluice/otelcol}
command -v go >/dev/null || { echo "go is needed to build otelcol: https://go.dev/dl/" >&2; exit 1; }
mkdir -p "$target"
if [ -x "$target/otelcol" ] && cmp -s "$here/manifest.yaml" "$target/manifest.yaml"; then
  echo "$target/otelcol is built from this manifest already"
  exit 0
fi
GOBIN="$target/bin" go install "go.opentelemetry.io/collector/cmd/builder@$version"
cd "$target"
sed "s|output_path: .*|output_path: $target/build|" "$here/manifest.yaml" > building.yaml
"$target/bin/builder" --config building.yaml
mv build/otelcol otelcol
rm -rf build building.yaml
cp "$here/manifest.yaml" manifest.yaml
echo "built $target/otelcol"
