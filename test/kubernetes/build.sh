#!/bin/sh
# Builds what a test cluster is made of: kube-apiserver, kube-controller-manager, KWOK and the Gateway API's CRDs, where
# the tests look for them: in $SLUICE_KUBERNETES_DIR, by default ~/.cache/sluice/kubernetes. etcd is Debian's.
# Needs Go; takes some minutes on two cores, and changes nothing when all was built from these sources already.
set -eu
kubernetes=1.35.4
kwok=v0.8.0
gateway_api=v1.6.3
here=$(cd "$(dirname "$0")" && pwd)
target=${SLUICE_KUBERNETES_DIR:-$HOME/.cache/sluice/kubernetes}

fail() { echo "no test cluster: $*" >&2; exit 1; }

if ! command -v etcd >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "etcd is needed: apt-get install etcd-server"
  apt-get update -qq && apt-get install -qq -y --no-install-recommends etcd-server >/dev/null ||
    fail "etcd-server could not be installed by apt-get"
  # The package may start a service of its own; the tests start theirs.
  if [ -d /run/systemd/system ]; then systemctl disable --quiet --now etcd || true; fi
fi
command -v openssl >/dev/null || fail "openssl is needed for the cluster's certificates: apt-get install openssl"
mkdir -p "$target/bin"

# One build at a time: who comes second finds it done.
exec 9>"$target/lock"
if command -v flock >/dev/null; then flock 9; fi

sources="$kubernetes $kwok $gateway_api $(cat "$here/cluster/go.mod" "$here/cluster/go.sum" "$here"/cluster/*/main.go | cksum)"
if [ "$(cat "$target/built-from" 2>/dev/null)" = "$sources" ] && [ -d "$target/gateway-api-experimental" ]; then
  echo "$target is built from these sources already"
  exit 0
fi
command -v go >/dev/null || fail "Go is needed to build kube-apiserver: https://go.dev/dl/"

version=k8s.io/component-base/version
flags="-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=35 -X $version.gitTreeState=clean"
for program in kube-apiserver kube-controller-manager; do
  go build -C "$here/cluster" -ldflags "$flags" -o "$target/bin/$program" "./$program" || fail "$program does not build"
done
GOBIN="$target/bin" go install "sigs.k8s.io/kwok/cmd/kwok@$kwok" || fail "kwok $kwok does not build"

# The folder of a module's sources, downloaded.
sources_of() {
  found=$(go mod download -json "$1" | sed -n 's/^\s*"Dir": "\(.*\)",$/\1/p')
  [ -n "$found" ] || fail "$1 could not be downloaded"
  echo "$found"
}
module=$(sources_of "sigs.k8s.io/gateway-api@$gateway_api")
rm -rf "$target/gateway-api" "$target/gateway-api-experimental"
mkdir "$target/gateway-api" "$target/gateway-api-experimental"
cp "$module"/config/crd/standard/*.yaml "$target/gateway-api/"
cp "$module"/config/crd/experimental/gateway.networking.k8s.io_*.yaml "$target/gateway-api-experimental/"
chmod -R u+w "$target/gateway-api" "$target/gateway-api-experimental"
# What KWOK lets nodes and pods go through.
stages=$(sources_of "sigs.k8s.io/kwok@$kwok")/kustomize/stage
for stage in "$stages"/node/fast/node-*.yaml "$stages"/node/heartbeat-with-lease/node-*.yaml "$stages"/pod/fast/pod-*.yaml; do
  echo "---"
  cat "$stage"
done > "$target/kwok-stages.yaml"

echo "$sources" > "$target/built-from"
echo "built $target"
