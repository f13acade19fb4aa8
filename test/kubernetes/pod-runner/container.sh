#!/bin/sh
# Runs a program as a container would: in a file system of its own over this machine's, with volumes mounted into it.
# Arguments: folder rw|ro project [source target rw|ro]... -- program...
# Runs as root in a mount namespace of its own (unshare --mount), so everything here goes when the program ends.
set -eu
folder=$1 mode=$2 project=$3
shift 3
mkdir -p "$folder"
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root
for shared in /proc /sys; do mount --rbind "$shared" "$root$shared"; done
# Files are made in /dev for the program: it is not this machine's.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
while [ "$1" != -- ]; do
  # Links on the way, such as /var/run, mean places in the program's file system, not in this machine's.
  if [ -d "$1" ]; then
    chroot "$root" mkdir -p "$2"
  else
    chroot "$root" mkdir -p "$(dirname "$2")"
    chroot "$root" touch "$2"
  fi
  target=$root$(chroot "$root" readlink -f "$2")
  mount --bind "$1" "$target"
  [ "$3" = rw ] || mount -o remount,bind,ro "$target"
  shift 3
done
# The project may lie on a file system of its own, below a volume, as in /tmp, or where only root may look.
mkdir -p "$root$project"
mount --bind "$project" "$root$project"
mount -o remount,bind,ro "$root$project"
above=$(dirname "$project")
while [ "$above" != / ]; do
  chmod a+x "$root$above"
  above=$(dirname "$above")
done
shift
[ "$mode" = rw ] || mount -o remount,ro "$root"
exec chroot "$root" "$@"
